"""How a request to Xiaohongshu is signed: MD5 over the method and three parameters of the system, then the secret.

Unverified: the platform's guide gives an example with its values starred out. Business parameters and token are not signed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping

from shopkeeper.ingest.platforms.declaration import Credentials, Json, Request

_VERSION = "2.0"


def signed(method: str, params: Mapping[str, Json], credentials: Credentials, at: dt.datetime) -> Request:
    """One JSON body of everything; the moment is in Unix seconds."""
    timestamp = str(int(at.timestamp()))
    joined = f"{method}?appId={credentials.app_key}&timestamp={timestamp}&version={_VERSION}{credentials.secret}"
    body = {
        **params, "accessToken": credentials.token, "appId": credentials.app_key, "method": method,
        "sign": hashlib.md5(joined.encode(), usedforsecurity=False).hexdigest(), "timestamp": timestamp, "version": _VERSION,
    }  # fmt: skip
    return Request("POST", body=json.dumps(body, ensure_ascii=False, separators=(",", ":")))

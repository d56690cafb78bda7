"""How a request to Kuaishou is signed: MD5 over name=value pairs and the signSecret.

Unverified: no vector is published. The rules are those of the platform's guide; its signSecret, which is not the secret of
the authorisation, is the source's app_secret.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping

from shopkeeper.ingest.platforms.declaration import Credentials, Json, Request


def signed(method: str, params: Mapping[str, Json], credentials: Credentials, at: dt.datetime) -> Request:
    """All parameters in the address, business ones as one JSON; the moment is in Unix milliseconds."""
    query = {
        "access_token": credentials.token, "appkey": credentials.app_key, "method": method,
        "param": json.dumps(dict(params), ensure_ascii=False, separators=(",", ":")), "signMethod": "MD5",
        "timestamp": str(int(at.timestamp() * 1000)), "version": "1",
    }  # fmt: skip
    joined = "&".join(f"{name}={query[name]}" for name in sorted(query)) + f"&signSecret={credentials.secret}"
    sign = hashlib.md5(joined.encode(), usedforsecurity=False).hexdigest()
    return Request("GET", "/" + method.replace(".", "/"), query=query | {"sign": sign})

"""How a request to 抖店 is signed: HMAC-SHA256 over five parameters between two copies of the secret.

Unverified: no vector is published, only a form on the platform's site that computes one. The rules are those of its guide:
`param_json` has its names sorted at every depth, no blanks, and no characters escaped.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Mapping

from shopkeeper.ingest.platforms.declaration import Credentials, Json, Request


def signed(method: str, params: Mapping[str, Json], credentials: Credentials, at: dt.datetime) -> Request:
    """The parameters as the body, the system's in the address; the moment is in Unix seconds."""
    body = json.dumps(dict(params), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    stamped = {
        "app_key": credentials.app_key, "method": method, "param_json": body, "timestamp": str(int(at.timestamp())), "v": "2",
    }  # fmt: skip
    joined = credentials.secret + "".join(f"{name}{stamped[name]}" for name in sorted(stamped)) + credentials.secret
    sign = hmac.new(credentials.secret.encode(), joined.encode(), hashlib.sha256).hexdigest()
    del stamped["param_json"]
    query = stamped | {"access_token": credentials.token, "sign": sign, "sign_method": "hmac-sha256"}
    return Request("POST", "/" + method.replace(".", "/"), query=query, body=body)

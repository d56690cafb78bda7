"""How a request to JOS is signed: its parameters, business ones as one JSON, by MD5. Held by a published vector."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping

from shopkeeper.ingest.platforms.declaration import CHINA, Credentials, Json, Request
from shopkeeper.ingest.platforms.wrapped_md5 import wrapped_md5


def signed(method: str, params: Mapping[str, Json], credentials: Credentials, at: dt.datetime) -> Request:
    """A form of the system's parameters and `360buy_param_json`; the moment is in China Standard Time, to the millisecond."""
    form = {
        "360buy_param_json": json.dumps(dict(params), ensure_ascii=False, separators=(",", ":")),
        "access_token": credentials.token, "app_key": credentials.app_key, "method": method,
        "timestamp": at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "+0800", "v": "2.0",
    }  # fmt: skip
    return Request("POST", form=form | {"sign": wrapped_md5(form, credentials.secret)})

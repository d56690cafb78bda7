"""How a request to Pinduoduo is signed: every parameter, by MD5 between two copies of the secret. Held by a published vector."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from shopkeeper.ingest.platforms.declaration import Credentials, Json, Request, as_text
from shopkeeper.ingest.platforms.wrapped_md5 import wrapped_md5


def signed(method: str, params: Mapping[str, Json], credentials: Credentials, at: dt.datetime) -> Request:
    """A form of all parameters; the moment is in Unix seconds."""
    form = {
        "access_token": credentials.token, "client_id": credentials.app_key, "data_type": "JSON",
        "timestamp": str(int(at.timestamp())), "type": method,
        **{name: as_text(value) or "" for name, value in params.items()},
    }  # fmt: skip
    return Request("POST", form=form | {"sign": wrapped_md5(form, credentials.secret)})

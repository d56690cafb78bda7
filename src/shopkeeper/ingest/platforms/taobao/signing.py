"""How a request to TOP is signed: every parameter, by MD5 between two copies of the secret. Held by a published vector."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from shopkeeper.ingest.platforms.declaration import Credentials, Json, Request, as_text, local_text
from shopkeeper.ingest.platforms.wrapped_md5 import wrapped_md5


def signed(method: str, params: Mapping[str, Json], credentials: Credentials, at: dt.datetime) -> Request:
    """A form of all parameters; the moment is in China Standard Time."""
    form = {
        "app_key": credentials.app_key, "format": "json", "method": method, "session": credentials.token,
        "sign_method": "md5", "timestamp": local_text(at), "v": "2.0",
        **{name: as_text(value) or "" for name, value in params.items()},
    }  # fmt: skip
    return Request("POST", form=form | {"sign": wrapped_md5(form, credentials.secret)})

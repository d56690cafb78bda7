"""View models as plain JSON values, the same for every page."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from shopkeeper.core.period import Period


def as_plain(value: object) -> object:
    """Dataclasses become objects; money a decimal string; days and moments ISO 8601; periods their label.

    >>> as_plain({"paid": Decimal("1.50"), "on": dt.date(2017, 1, 31)})
    {'paid': '1.50', 'on': '2017-01-31'}
    """
    if isinstance(value, Period):
        return value.label
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): as_plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_plain(v) for v in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    return value

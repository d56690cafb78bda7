"""Values and words of a model's answer, in one language."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

from shopkeeper.core.wording import word
from shopkeeper.insight.models.said import Amount, Said
from shopkeeper.render.formats import NOTHING, Formats


def said(what: Said, formats: Formats) -> str:
    """A sentence with its placeholders filled as this reader writes numbers."""
    return word(what.key, formats.lang, **{name: _filled(value, formats) for name, value in what.values})


def _filled(value: object, formats: Formats) -> str:
    if isinstance(value, Said):
        return said(value, formats)
    if isinstance(value, Amount):
        return cell_text(value.value, value.unit, formats)
    return cell_text(value, "count" if isinstance(value, int) else "number", formats)


def cell_text(value: object, unit: str, formats: Formats) -> str:
    """A value of a unit as it is read; "–" where it is unknown.

    >>> cell_text(0.24312, "number", Formats("en", "CNY")), cell_text(None, "share", Formats("en", "CNY"))
    ('0.2431', '–')
    """
    if isinstance(value, Said):
        return said(value, formats)
    if isinstance(value, dt.date):
        return formats.day(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return NOTHING if value is None else str(value)
    if not math.isfinite(value):
        return NOTHING
    return _digits(float(value)) if unit in ("number", "text") else formats.value(value, unit)


def _digits(value: float) -> str:
    """Four digits that count, and whole numbers whole."""
    size = abs(value)
    if size >= 1000 or value == int(value):
        text = f"{size:,.0f}"
    elif size < 1e-4:
        text = f"{size:.2e}"
    else:
        places = min(8, 3 - math.floor(math.log10(size)))
        text = f"{size:,.{places}f}".rstrip("0").rstrip(".")
    return f"−{text}" if value < 0 and text.strip("0.,") else text

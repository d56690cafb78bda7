"""The Jinja environment: every template escapes, and draws its small pictures by these filters."""

from __future__ import annotations

import functools
from decimal import Decimal
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from shopkeeper.core.period import Period
from shopkeeper.render.bars import Step, attainment_bar, bar, fall
from shopkeeper.render.sparkline import sparkline
from shopkeeper.views.lens import SLICE_PARAMETERS

if TYPE_CHECKING:
    from shopkeeper.web.assets import Assets


@functools.lru_cache(maxsize=4)
def environment(assets: Assets) -> Environment:
    """The templates of the package; an undefined name in one is an error, never an empty place."""
    made = Environment(
        loader=PackageLoader("shopkeeper.web"),
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters["sparkline"] = _sparkline
    made.filters["bar"] = _bar
    made.filters["period"] = Period.parse
    made.filters["slice"] = SLICE_PARAMETERS.__getitem__
    made.filters["decimal"] = Decimal
    made.globals["attainment_bar"] = _attainment_bar
    made.globals["fall"] = _fall
    made.globals["asset"] = assets.url
    return made


def _sparkline(values: tuple[float | None, ...]) -> Markup:
    return Markup(sparkline(values))


def _bar(share: float, tone: str = "") -> Markup:
    return Markup(bar(share, tone))


def _attainment_bar(attainment: float, status: str) -> Markup:
    return Markup(attainment_bar(attainment, status))


def _fall(step: Step, last: bool) -> Markup:
    return Markup(fall(step, last=last))

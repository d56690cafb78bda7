"""What is pulled by itself: how each stream of a database or a platform stands, for the Jobs page and its API."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from shopkeeper.core.settings import read_settings
from shopkeeper.core.wording import Language, word
from shopkeeper.errors import ShopkeeperError
from shopkeeper.ingest.pull.state import PullState, pull_states
from shopkeeper.warehouse.shop import Shop


@dataclass(frozen=True)
class PullShown:
    """One stream. `state` is never, well or failed; `place` and `failed` are whole only for readers who may see them."""

    source: str
    stream: str
    kind: str
    place: str
    state: str
    state_word: str
    looked_at: dt.datetime | None
    went_well_at: dt.datetime | None
    failed: str
    changed_at: dt.datetime | None
    cursor: str
    rows: int
    withdrawn: int
    keys_compared_at: dt.datetime | None
    snapshot: int | None
    drift: str
    drift_at: dt.datetime | None


@dataclass(frozen=True)
class Pulls:
    """Every stream that is declared. `wrong` says why the declarations cannot be read; then `rows` is empty."""

    rows: tuple[PullShown, ...]
    wrong: str = ""


def pulls(shop: Shop, lang: Language, *, whole: bool) -> Pulls:
    """How everything that is pulled stands, in the order of shopkeeper.toml as it is now."""
    try:
        declared = replace(shop, settings=read_settings(shop.folder))
        return Pulls(tuple(_shown(one, lang, whole) for one in pull_states(declared)))
    except ShopkeeperError as error:
        return Pulls((), error.message() if whole else error.what)


def _shown(one: PullState, lang: Language, whole: bool) -> PullShown:
    state = "failed" if one.failed else "well" if one.looked_at else "never"
    return PullShown(
        one.source, one.stream, one.kind, one.place if whole else "", state, word(f"pulls.{state}", lang), one.looked_at,
        one.went_well_at, one.failed if whole else one.failed.split(" · ")[0], one.changed_at, one.cursor if whole else "",
        one.rows, one.withdrawn, one.keys_compared_at, one.snapshot, one.drift if whole else "", one.drift_at,
    )  # fmt: skip

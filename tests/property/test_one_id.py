"""Whatever comes, goes, is merged and is split: a run over what changed ends where a whole run would, and ids hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shopkeeper.customers.oneid.decisions import decide
from tests.one_id_shop import AT, OneIdShop

STEPS = 4


@pytest.mark.parametrize("seed", [1, 2])
def test_runs_over_changes_equal_a_whole_run(tmp_path: Path, seed: int) -> None:
    draw = np.random.default_rng(seed)
    shop = OneIdShop(tmp_path, most_holders=4, most_customers=6, compare=False)
    given: set[str] = set()
    for step in range(STEPS):
        _happen(shop, draw, step)
        shop.link()
        there, persons = shop.tables()[1:], _standing(shop)
        run = shop.link(whole=True)
        assert run.moved == 0
        assert (shop.tables()[1:], _standing(shop)) == (there, persons)
        ever = {person for (person,) in shop.rows("SELECT person_id FROM persons")}
        assert given <= ever  # no id is forgotten
        assert {row[1] for row in there[0]} <= ever
        given = ever
    assert shop.groups()
    shop.close()


def _happen(shop: OneIdShop, draw: np.random.Generator, step: int) -> None:
    """Some customers come or change, one goes, and sometimes somebody decides."""
    names = [f"c{n:02d}" for n in draw.choice(30, size=12, replace=False)]
    shop.customers(
        *((n, {"phone_hash": _maybe(draw, "p", 9), "email_hash": _maybe(draw, "e", 14)}) for n in names)
    )  # fmt: skip
    if step:
        shop.forget(names[0])
        known = sorted(shop.ids())
        one, other = (str(name) for name in draw.choice(known, size=2, replace=False))
        kind = "apart" if step % 2 else "together"
        decide(shop.state, "mugs", kind, [one], [other], by="alice", reason="so it is", at=AT, target="?")  # type: ignore[arg-type]


def _maybe(draw: np.random.Generator, letter: str, values: int) -> str | None:
    return f"{letter}{draw.integers(values)}" if draw.uniform() < 0.6 else None


def _standing(shop: OneIdShop) -> list[tuple[object, ...]]:
    return shop.rows("SELECT person_id, merged_into, customers, confidence FROM persons ORDER BY ALL")

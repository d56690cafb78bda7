"""While events flow into the lake, readers see the last pages at once; what somebody else writes is never held back for long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.requests import Request

from shopkeeper.views.lens import Lens
from shopkeeper.warehouse.shop import Shop, open_shop, open_shop_state
from shopkeeper.web.shown import Desk
from shopkeeper.web.visitor import Premises
from tests.tiny_shop import SETTINGS, insert, make_opened_folder

made: list[int] = []


def view(shop: Shop, lens: Lens, snapshot: int) -> str:
    made.append(snapshot)
    return f"as of {snapshot}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    shop = open_shop(make_opened_folder(tmp_path / "shop", SETTINGS.replace("[shop]", "[shop]\ndemo = true")))
    with open_shop_state(shop) as state:
        yield Desk(Premises([shop], state, loopback=True, shared=False))
    shop.close()


def look(desk: Desk) -> str:
    request = Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []})
    return desk.view(view, desk.ask(request))


def write(shop: Shop) -> int:
    with shop.lake.writing("tests", "write"):
        insert(shop, "platforms", [{"platform_id": f"platform {shop.lake.snapshot()}"}])
    return shop.lake.snapshot()


def test_readers_see_the_last_pages_until_the_new_ones_are_made(desk: Desk) -> None:
    made.clear()
    shop = desk.premises.shops[0]
    before = shop.lake.snapshot()
    assert look(desk) == f"as of {before}"
    with desk.catching_up(shop):
        after = write(shop)
        assert look(desk) == f"as of {before}"
        assert made == [before]
    assert made == [before, after], "what was looked at is made before anybody is shown the new snapshot"
    assert look(desk) == f"as of {after}"
    assert made == [before, after]


def test_what_is_written_after_the_flow_is_seen_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    made.clear()
    shop = desk.premises.shops[0]
    look(desk)
    seen: list[str] = []

    def making(of: Shop, snapshot: int) -> None:
        newest = write(of)
        seen.append(look(desk))
        assert seen == [f"as of {newest}"]

    monkeypatch.setattr(desk, "_make_anew", making)
    with desk.catching_up(shop):
        write(shop)
    assert len(seen) == 1


def test_a_flow_that_fails_holds_nothing_back(desk: Desk) -> None:
    shop = desk.premises.shops[0]
    flow = desk.catching_up(shop)
    flow.__enter__()
    after = write(shop)
    assert desk.snapshot(shop) < after
    cut = ValueError("cut off")
    assert not flow.__exit__(ValueError, cut, None)
    assert desk.snapshot(shop) == after

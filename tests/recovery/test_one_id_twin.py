"""One-ID finds the twin's people again from what a brand is told of them; the product never reads the truth."""

from __future__ import annotations

from pathlib import Path

from benchmarks.twin_identities import accounts, recovered, shop_folder, tell
from shopkeeper.customers.oneid.linking import link
from shopkeeper.warehouse.shop import open_shop, open_shop_state


def test_people_are_found_again_where_they_share_a_key(tmp_path: Path) -> None:
    told = accounts(seed=7, scale=0.05, days=240)
    shop = open_shop(shop_folder(tmp_path / "twin"))
    with open_shop_state(shop) as state:
        early = told.slice(0, told.num_rows - 300)
        tell(shop.lake, early)
        link(shop, state, by="alice")
        tell(shop.lake, told)
        later = link(shop, state, by="alice")
        found = recovered(shop.lake, told)
        again = link(shop, state, by="alice", whole=True)
    shop.close()
    assert found.observable > 150
    assert found.precision >= 0.99
    assert found.recall >= 0.95
    assert 0.2 < found.hidden_share < 0.9  # most share nothing that anybody was told: said, not guessed
    assert not later.whole
    assert later.touched < later.customers / 10
    assert again.moved == 0

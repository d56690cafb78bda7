"""Tags that a segment gives: exactly its members have them after a refresh, and what a person said stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopkeeper.access.audit import verify_audit
from shopkeeper.customers.profiles import find, people_of
from shopkeeper.customers.segments import let_go, refresh, save
from shopkeeper.customers.tags import all_tags, tag, tags_of, untag
from shopkeeper.errors import UsageError
from shopkeeper.state import State
from shopkeeper.warehouse.shop import open_shop_state
from tests.tiny_shop import TinyShop, line, make_tiny

AT = dt.datetime(2024, 4, 1, tzinfo=dt.UTC)
TWICE, ONCE = (f'{{"all": [{{"orders": ">= {n}"}}]}}' for n in (2, 1))


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TinyShop]:
    """Li bought twice, Wu and Xu once."""
    made = make_tiny(tmp_path / "shop")
    made.put(order_lines=[line("1", "2018-03-01", "Li"), line("2", "2018-03-02", "Li"), line("3", "2018-03-01", "Wu"),
                          line("4", "2018-03-01", "Xu")])  # fmt: skip
    yield made
    made.shop.close()


@pytest.fixture
def state(tiny: TinyShop) -> Iterator[State]:
    with open_shop_state(tiny.shop) as opened:
        yield opened


def who(tiny: TinyShop, state: State, name: str = "loyal") -> set[str]:
    """Buyers who have a tag."""
    people = people_of(tiny.shop)
    refs = {find(tiny.shop, people, buyer): buyer for buyer in ("Li", "Wu", "Xu")}
    return {refs[ref] for ref in all_tags(state, tiny.shop).get(name, ())}


def test_a_refresh_gives_the_tag_to_members_and_takes_it_from_who_is_none(tiny: TinyShop, state: State) -> None:
    save(state, tiny.shop, "regulars", TWICE, tag="loyal", by="alice", at=AT)
    assert who(tiny, state) == set(), "saving asks nobody"
    done = refresh(state, tiny.shop, "regulars", by="alice", at=AT)
    assert (done.tagged, done.untagged, who(tiny, state)) == (1, 0, {"Li"})
    tiny.add(order_lines=[line("5", "2018-03-05", "Wu")])
    with tiny.shop.lake.writing("tests", "delete"):
        tiny.shop.lake.connection.execute("DELETE FROM order_lines WHERE order_id = '2'")
    done = refresh(state, tiny.shop, "regulars", by="alice", at=AT)
    assert (done.tagged, done.untagged, who(tiny, state)) == (1, 1, {"Wu"})
    again = refresh(state, tiny.shop, "regulars", by="alice", at=AT)
    assert (again.tagged, again.untagged) == (0, 0)
    assert verify_audit(state).ok


def test_what_a_person_said_no_rule_takes_away(tiny: TinyShop, state: State) -> None:
    """Alice tags Xu, whom the rule never takes, and Li, whom it took: both stay when the segment is let go."""
    people = people_of(tiny.shop)
    li, xu = (find(tiny.shop, people, buyer) for buyer in ("Li", "Xu"))
    tag(state, tiny.shop, [xu], "loyal", by="alice", at=AT)
    save(state, tiny.shop, "everybody", ONCE, tag="loyal", by="alice", at=AT)
    assert refresh(state, tiny.shop, "everybody", by="alice", at=AT).tagged == 2
    assert tag(state, tiny.shop, [li], "loyal", by="alice", at=AT) == 0
    let_go(state, tiny.shop, "everybody", by="alice", at=AT)
    assert who(tiny, state) == {"Li", "Xu"}
    assert untag(state, tiny.shop, [xu], "loyal", by="alice", at=AT) == 1
    assert tags_of(state, tiny.shop, li) == ("loyal",)


def test_another_tag_takes_the_place_of_the_one_before(tiny: TinyShop, state: State) -> None:
    for name in ("loyal", "gold", ""):
        save(state, tiny.shop, "regulars", TWICE, tag=name, by="alice", at=AT)
        refresh(state, tiny.shop, "regulars", by="alice", at=AT)
        assert all_tags(state, tiny.shop).keys() == ({name} if name else set())


def test_two_segments_that_give_one_tag_do_not_take_what_the_other_gave_first(tiny: TinyShop, state: State) -> None:
    """Whoever gave it may take it: Li has it of the first, and keeps it while the second is let go."""
    save(state, tiny.shop, "regulars", TWICE, tag="loyal", by="alice", at=AT)
    save(state, tiny.shop, "everybody", ONCE, tag="loyal", by="alice", at=AT)
    refresh(state, tiny.shop, "regulars", by="alice", at=AT)
    refresh(state, tiny.shop, "everybody", by="alice", at=AT)
    assert who(tiny, state) == {"Li", "Wu", "Xu"}
    let_go(state, tiny.shop, "everybody", by="alice", at=AT)
    assert who(tiny, state) == {"Li"}


def test_a_rule_about_its_own_tag_and_a_tag_that_names_somebody_are_refused(tiny: TinyShop, state: State) -> None:
    with pytest.raises(UsageError, match="tag that it gives"):
        save(state, tiny.shop, "loop", '{"all": [{"tags": "has not loyal"}]}', tag="loyal", by="alice", at=AT)
    with pytest.raises(UsageError, match="no tag"):
        save(state, tiny.shop, "phones", TWICE, tag="13800000000", by="alice", at=AT)

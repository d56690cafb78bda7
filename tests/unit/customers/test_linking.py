"""Keys link, weak ones do not, decisions win and last, ids stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shopkeeper.customers.oneid.decisions import decide
from shopkeeper.customers.oneid.persons import current_id, person, person_of
from shopkeeper.errors import NotFound, UsageError
from tests.one_id_shop import AT, OneIdShop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[OneIdShop]:
    made = OneIdShop(tmp_path, most_holders=3, most_customers=4, compare=False)
    yield made
    made.close()


def say(shop: OneIdShop, kind: str, left: list[str], right: list[str]) -> int:
    return decide(shop.state, "mugs", kind, left, right, by="alice", reason="I know them", at=AT, target="P1")  # type: ignore[arg-type]


def test_one_key_of_each_kind_links_across_platforms(shop: OneIdShop) -> None:
    shop.customers(
        ("a", {"phone_hash": "p1"}), ("b", {"phone_hash": "p1", "email_hash": "e1"}), ("c", {"email_hash": "e1"}),
        ("d", {}), ("e", {}), ("nick", {}), ("crm", {}), ("f", {}), ("g", {}),
    )  # fmt: skip
    shop.identities(
        ("jd", "o1", "open_id", "d"), ("store", "o1", "open_id", "e"),
        ("tmall", "nick", "buyer_id", "crm"),  # orders name the nick, the brand's own list says who that is
        ("jd", "p9", "phone_hash", "f"), ("tmall", "p9", "phone_hash", "g"),
    )  # fmt: skip
    run = shop.link()
    assert shop.groups() == {frozenset("abc"), frozenset("de"), frozenset({"nick", "crm"}), frozenset("fg")}
    assert (run.whole, run.customers, run.persons) == (True, 9, 4)
    found = person(shop.lake, person_of(shop.lake, "a") or "")
    assert found.customers == ("a", "b", "c")
    assert found.confidence == pytest.approx(0.97)
    assert [(one.kind, one.evidence) for one in found.links] == [("email", {"holders": 2}), ("phone", {"holders": 2})]


def test_a_key_of_too_many_is_nobodys_and_said(shop: OneIdShop) -> None:
    shop.customers(*((name, {"phone_hash": "office"}) for name in "abcd"))
    run = shop.link()
    assert shop.groups() == set()
    assert [(weak.kind, weak.keys, weak.holders) for weak in run.weak_keys] == [("phone", 1, 4)]
    assert run.linkable == 0
    shop.forget("d")  # now few enough hold it
    assert not shop.link().whole
    assert shop.groups() == {frozenset("abc")}
    shop.customers(("e", {"phone_hash": "office"}))
    shop.link()
    assert shop.groups() == set()


def test_a_device_is_a_key_only_where_declared(tmp_path: Path) -> None:
    for declared in (False, True):
        shop = OneIdShop(tmp_path / str(declared), device_is_key=declared)
        shop.customers(("a", {}), ("b", {}))
        shop.identities(("site", "d1", "device", "a"), ("app", "d1", "device", "b"))
        shop.link()
        assert bool(shop.groups()) is declared
        shop.close()


def test_two_whole_names_on_one_phone_are_put_before_a_person(shop: OneIdShop) -> None:
    shop.customers(
        ("a", {"phone_hash": "p", "name": "王小明"}), ("b", {"phone_hash": "p", "name": "李静怡"}),
        ("c", {"phone_hash": "q", "name": "王*"}), ("d", {"phone_hash": "q", "name": "李*"}),
    )  # fmt: skip
    shop.link()
    assert shop.groups() == {frozenset("cd")}  # a masked name contradicts nothing
    assert shop.links()["a", "b", "phone"] == "review"
    say(shop, "together", ["a"], ["b"])
    shop.link()
    assert frozenset("ab") in shop.groups()
    assert shop.links()["a", "b", "phone"] == "linked"


def test_a_person_of_too_many_is_taken_apart_at_the_weakest_links(shop: OneIdShop) -> None:
    shop.customers(
        *((name, {"phone_hash": phone, "email_hash": mail}) for name, phone, mail in (
            ("a", "p1", "m1"), ("b", "p1", "m2"), ("c", "p2", "m2"), ("d", "p2", "m3"), ("e", "p3", "m3"),
        ))
    )  # fmt: skip
    shop.link()
    assert shop.groups() == {frozenset("bc"), frozenset("de")}  # mailboxes hold, phones do not
    assert shop.links()["a", "b", "phone"] == "guarded"


def test_a_split_holds_against_keys_that_come_later(shop: OneIdShop) -> None:
    shop.customers(("a", {"phone_hash": "p"}), ("b", {"phone_hash": "p"}))
    shop.link()
    one = shop.ids()["a"]
    say(shop, "apart", ["a"], ["b"])
    assert not shop.link().whole
    assert shop.groups() == set()
    assert shop.ids()["a"] == one  # of equal halves the first customer's keeps the id
    assert shop.links()["a", "b", "phone"] == "apart"
    shop.customers(("c", {"phone_hash": "p", "email_hash": "e"}), ("d", {"email_hash": "e"}))
    shop.link()
    assert not any({"a", "b"} <= group for group in shop.groups())
    assert {"a", "c", "d"} in shop.groups()
    assert shop.link(whole=True).moved == 0


def test_a_merge_survives_and_a_later_split_takes_part_of_it_back(shop: OneIdShop) -> None:
    shop.customers(*((name, {}) for name in "abc"))
    shop.link()
    was = shop.ids()
    say(shop, "together", ["a"], ["b", "c"])
    shop.link()
    assert shop.groups() == {frozenset("abc")}
    assert shop.ids()["c"] == was["a"]
    assert {current_id(shop.lake, was[name]) for name in "abc"} == {was["a"]}  # the others lead there
    say(shop, "apart", ["b"], ["a", "c"])
    shop.link()
    assert shop.groups() == {frozenset("ac")}
    assert shop.ids()["b"] not in was.values()  # an id is never given twice
    assert shop.link(whole=True).moved == 0


def test_the_larger_part_keeps_the_id(shop: OneIdShop) -> None:
    shop.customers(
        ("a", {"phone_hash": "p"}), ("b", {"phone_hash": "p", "email_hash": "e"}), ("c", {"email_hash": "e"})
    )
    shop.link()
    one = shop.ids()["c"]
    shop.customers(("a", {"phone_hash": "other"}))
    shop.link()
    assert shop.ids()["b"] == shop.ids()["c"] == one
    assert shop.ids()["a"] != one


def test_nothing_new_writes_nothing_but_the_run(shop: OneIdShop) -> None:
    shop.customers(("a", {"phone_hash": "p"}), ("b", {"phone_hash": "p"}))
    shop.link()
    before = shop.tables()
    run = shop.link()
    assert (run.whole, run.touched, run.moved) == (False, 0, 0)
    shop.customers(("b", {"phone_hash": "p", "member_tier": "gold"}))  # says nothing about who it is
    assert shop.link().touched == 0
    assert shop.tables() == before


def test_someone_who_is_gone_leaves_a_person_of_nobody(shop: OneIdShop) -> None:
    shop.customers(("a", {}), ("b", {"phone_hash": "p"}), ("c", {"phone_hash": "p"}))
    shop.link()
    gone = shop.ids()["a"]
    shop.forget("a")
    shop.link()
    assert "a" not in shop.ids()
    assert person(shop.lake, gone).customers == ()
    with pytest.raises(NotFound):
        person(shop.lake, "P99999999")


def test_other_settings_look_at_everyone(shop: OneIdShop) -> None:
    shop.customers(*((name, {"phone_hash": "office"}) for name in "abcd"))
    shop.link()
    shop.settings = shop.settings.model_copy(update={"most_holders": 4})
    assert shop.link().whole
    assert shop.groups() == {frozenset("abcd")}


def test_a_decision_needs_a_reason_and_two_sides(shop: OneIdShop) -> None:
    with pytest.raises(UsageError, match="reason"):
        decide(shop.state, "mugs", "apart", ["a"], ["b"], by="alice", reason=" ", at=AT, target="P1")
    with pytest.raises(UsageError, match="two sides"):
        say(shop, "apart", ["a"], ["a", "b"])

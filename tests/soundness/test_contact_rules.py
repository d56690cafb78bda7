"""Whom one may write to: consent withdrawn later, quiet hours across midnight and a change of clocks, caps at their limit."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from pathlib import Path

import pytest

from shopkeeper.core.settings import ContactSection, parse_settings
from shopkeeper.customers.contact import Contactable, Why, may_contact, quiet
from shopkeeper.customers.holdouts import declare, draw, end, held_out, holdouts_at
from shopkeeper.customers.profiles import find, people_of
from shopkeeper.errors import ConfigError, NotFound, UsageError
from shopkeeper.warehouse.shop import open_shop_state
from tests.tiny_shop import TinyShop, line, make_tiny

SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")
NOON = dt.datetime(2017, 3, 10, 12, 0, tzinfo=SHANGHAI)


@pytest.fixture
def tiny(tmp_path: Path) -> TinyShop:
    return make_tiny(tmp_path / "shop")


def may(
    tiny: TinyShop, refs: list[str], purpose: str = "sms", channel: str = "sms", at: dt.datetime = NOON
) -> Contactable:
    with open_shop_state(tiny.shop) as state:
        return may_contact(tiny.shop, state, refs, purpose, channel, at)


def consent(buyer: str, day: str, granted: bool, purpose: str = "sms") -> dict[str, object]:
    return {"customer_id": buyer, "purpose": purpose, "given_at": f"{day} 04:00:00+00", "granted": granted}


def sent(number: int, day: str, channel: str = "sms", status: str = "delivered") -> dict[str, object]:
    return {"contact_id": f"m{number}", "customer_id": "Li", "sent_at": f"{day} 04:00:00+00",
            "sent_day": day, "channel_id": channel,
            "status": status}  # fmt: skip


def why(tiny: TinyShop, buyer: str, at: dt.datetime = NOON, purpose: str = "sms", channel: str = "sms") -> Why | None:
    ref = find(tiny.shop, people_of(tiny.shop), buyer)
    found = may(tiny, [ref, ref], purpose, channel, at)
    assert len(found.allowed) + len(found.refused) == 1
    return found.refused.get(ref)


def test_the_newest_answer_by_then_counts(tiny: TinyShop) -> None:
    tiny.put(
        order_lines=[line("o1", "2017-03-01", "Li"), line("o2", "2017-03-01", "Wang"), line("o3", "2017-03-01", "Zhao")],
        consents=[consent("Li", "2017-01-01", True), consent("Li", "2017-03-20", False), consent("Wang", "2017-01-01", True),
                  consent("Wang", "2017-02-01", False)],
    )  # fmt: skip
    assert [why(tiny, buyer) for buyer in ("Li", "Wang", "Zhao")] == [None, "withdrawn", "no_consent"]
    assert why(tiny, "Li", NOON + dt.timedelta(days=20)) == "withdrawn"
    assert why(tiny, "Zhao", purpose="service") is None


def test_of_two_answers_at_one_moment_the_withdrawal_counts_whatever_key_gave_it(tiny: TinyShop) -> None:
    tiny.put(
        order_lines=[line("o1", "2017-03-01", "Li")],
        consents=[consent("Li", "2017-01-01", True), consent("Li", "2017-01-01", False)],
    )
    assert why(tiny, "Li") == "withdrawn"


def test_nobody_unknown_is_written_to_and_reasons_are_counted(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("o1", "2017-03-01", "Li")], consents=[consent("Li", "2017-01-01", True)])
    ref = find(tiny.shop, people_of(tiny.shop), "Li")
    found = may(tiny, [ref, "c000000000000000"])
    assert (found.allowed, found.counts) == ((ref,), {"unknown": 1})


@pytest.mark.parametrize(("messages", "reason"), [
    ([], None),
    ([sent(1, "2017-03-10")], "cap_day"),
    ([sent(1, "2017-03-10", status="failed"), sent(2, "2017-03-10", status="suppressed")], None),
    ([sent(1, "2017-03-10", "email")], None),
    ([sent(1, "2017-03-10", "email"), sent(2, "2017-03-10", "wechat")], "cap_day"),
    ([sent(n, f"2017-03-0{n}") for n in (4, 5)], None),
    ([sent(n, f"2017-03-0{n}") for n in (4, 5, 6)], "cap_week"),
    ([sent(n, f"2017-03-0{n}") for n in (3, 5, 6)], None),
])  # fmt: skip
def test_caps_hold_at_their_exact_limit(tiny: TinyShop, messages: list[dict[str, object]], reason: str | None) -> None:
    tiny.put(
        order_lines=[line("o1", "2017-03-01", "Li")], consents=[consent("Li", "2017-01-01", True)], contacts=messages
    )
    assert why(tiny, "Li") == reason


@pytest.mark.parametrize(
    ("hour", "minute", "reason"),
    [(20, 59, None), (21, 0, "quiet_hours"), (0, 0, "quiet_hours"), (8, 59, "quiet_hours"), (9, 0, None)],
)
def test_quiet_hours_go_across_midnight(tiny: TinyShop, hour: int, minute: int, reason: str | None) -> None:
    tiny.put(order_lines=[line("o1", "2017-03-01", "Li")], consents=[consent("Li", "2017-01-01", True)])
    assert why(tiny, "Li", NOON.replace(hour=hour, minute=minute)) == reason


def test_quiet_hours_follow_the_shops_clock_through_a_change_of_time(tmp_path: Path) -> None:
    settings = '[shop]\nid = "tiny"\nname = "Tiny"\ntimezone = "America/New_York"\n'
    tiny = make_tiny(tmp_path / "shop", settings)
    tiny.put(order_lines=[line("o1", "2017-03-01", "Li")], consents=[consent("Li", "2017-01-01", True)])
    # clocks go forward on 12 March 2017: nine in the morning is 14:00 UTC before and 13:00 UTC after
    before, after = dt.datetime(2017, 3, 11, 13, 30, tzinfo=dt.UTC), dt.datetime(2017, 3, 12, 13, 30, tzinfo=dt.UTC)
    assert [why(tiny, "Li", at) for at in (before, after)] == ["quiet_hours", None]


def test_a_day_of_caps_is_the_shops_day(tiny: TinyShop) -> None:
    tiny.put(
        order_lines=[line("o1", "2017-03-01", "Li")],
        consents=[consent("Li", "2017-01-01", True)],
        contacts=[sent(1, "2017-03-10")],
    )
    midnight_utc = dt.datetime(2017, 3, 11, 1, 0, tzinfo=SHANGHAI).replace(hour=10)
    assert why(tiny, "Li", midnight_utc.astimezone(dt.UTC)) is None


def test_what_cannot_be_asked_is_refused(tiny: TinyShop) -> None:
    with pytest.raises(UsageError, match="time zone"):
        may(tiny, ["c000000000000000"], at=dt.datetime(2017, 3, 10, 12))
    with pytest.raises(UsageError):
        may(tiny, ["c000000000000000"], purpose="")
    assert may(tiny, []).allowed == ()


def test_equal_ends_mean_no_quiet_hours_and_wrong_settings_are_told() -> None:
    assert not quiet(ContactSection(quiet_from="00:00", quiet_until="00:00"), dt.time(0, 0))
    head = '[shop]\nid = "tiny"\nname = "Tiny"\n[contact]\n'
    for wrong in ('quiet_from = "25:00"\n', "per_day = { sms = -1 }\n", 'quiet_form = "21:00"\n'):
        with pytest.raises(ConfigError):
            parse_settings(head + wrong, Path("shopkeeper.toml"))


# --- holdouts --------------------------------------------------------------------------------------------------------


def test_a_share_of_customers_is_held_out_and_always_the_same_ones(tiny: TinyShop) -> None:
    """400 customers, a quarter held out: about 100, those whose number is below the share, and nobody after the end."""
    buyers = [f"b{n}" for n in range(400)]
    tiny.put(
        order_lines=[line(f"o{n}", "2017-03-01", buyer) for n, buyer in enumerate(buyers)],
        consents=[consent(buyer, "2017-01-01", True) for buyer in buyers],
    )
    refs = [ref for (ref,) in tiny.shop.lake.query(f"SELECT ref FROM {people_of(tiny.shop).profiles}").fetchall()]
    with open_shop_state(tiny.shop) as state:
        one = declare(state, "tiny", "spring", 0.25, purpose="sms", salt="5d1", by="alice", at=NOON)
        found = may(tiny, refs)
        expected = {ref for ref in refs if draw("5d1", ref) < 0.25}
        assert set(found.held_out) == expected == {ref for ref, why in found.refused.items() if why == "holdout"}
        assert 70 <= len(expected) <= 130
        assert set(found.held_out.values()) == {"spring"}
        assert may(tiny, refs[::-1]).held_out == {ref: "spring" for ref in expected}
        assert may(tiny, refs, purpose="service").held_out == {}, "another purpose"
        assert may(tiny, refs, at=NOON - dt.timedelta(hours=1)).held_out == {}, "before it begins"
        end(state, "tiny", "spring", by="alice", at=NOON + dt.timedelta(hours=1))
        assert may(tiny, refs, at=NOON + dt.timedelta(hours=2)).held_out == {}
        assert set(may(tiny, refs, at=NOON).held_out) == expected, "as it was then"
        with pytest.raises(NotFound):
            end(state, "tiny", "spring", by="alice", at=NOON + dt.timedelta(hours=3))
        with pytest.raises(UsageError, match="is there"):
            declare(state, "tiny", "spring", 0.5, by="alice", at=NOON)
        assert holdouts_at(state, "tiny", "sms", "sms", NOON)[0].salt == one.salt


def test_whoever_may_not_be_written_to_anyway_is_not_told_as_held_out(tiny: TinyShop) -> None:
    """An experiment compares people who would have got the message: those without consent are in neither group."""
    tiny.put(
        order_lines=[line("o1", "2017-03-01", "Li"), line("o2", "2017-03-01", "Wu")],
        consents=[consent("Li", "2017-01-01", True)],
    )
    with open_shop_state(tiny.shop) as state:
        declare(state, "tiny", "nearly-all", 0.999999, by="alice", at=NOON)
    assert [why(tiny, buyer) for buyer in ("Li", "Wu")] == ["holdout", "no_consent"]


def test_the_engine_draws_what_python_draws(tiny: TinyShop) -> None:
    refs = [f"c{n:015x}" for n in range(0, 10**12, 10**10)]
    with open_shop_state(tiny.shop) as state:
        held = declare(state, "tiny", "half", 0.5, salt="s'alt", by="alice", at=NOON)
    assert set(held_out(tiny.shop.lake, [held], refs)) == {ref for ref in refs if draw("s'alt", ref) < 0.5}


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_that_is_none_is_refused(tiny: TinyShop, share: float) -> None:
    with open_shop_state(tiny.shop) as state, pytest.raises(UsageError, match="part of the customers"):
        declare(state, "tiny", "odd", share, by="alice", at=NOON)

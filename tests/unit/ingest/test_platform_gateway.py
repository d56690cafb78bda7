"""Asking a platform over HTTP: limits, waits, what is not followed, what is never said again."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import cast

import pytest

from shopkeeper.errors import ConfigError, SourceError
from shopkeeper.ingest.platforms import gateway as gateways
from shopkeeper.ingest.platforms import platform_named
from shopkeeper.ingest.platforms.address import checked_address
from shopkeeper.ingest.platforms.declaration import Credentials, Page, Span
from shopkeeper.ingest.platforms.gateway import Gateway
from shopkeeper.ingest.platforms.pace import Bucket, Limiter, Pace
from shopkeeper.ingest.platforms.records import rows_of
from tests.platform_doors import DOORS
from tests.platform_server import KEY, NOW, SECRET, TOKEN, Door, Incoming, Outgoing, answer, served
from tests.platform_shops import fixture_of


@contextlib.contextmanager
def opened(
    platform: str, reply: Callable[[Incoming], Outgoing | None] | None = None, credentials: Credentials | None = None
) -> Iterator[tuple[Gateway, Door, list[float]]]:
    """A gateway to a platform's door, or to one that answers as told, and what it sleeps."""
    door, slept = cast(Door, DOORS[platform](fixture_of(platform))), list[float]()
    if reply is not None:
        door.handle = reply  # type: ignore[method-assign]
    pace = Pace(lambda: NOW, lambda: 0.0, slept.append, random.Random(1))
    with served(door) as address:
        known = credentials or Credentials(KEY, SECRET, TOKEN)
        gateway = Gateway(platform_named(platform), known, address, "api", pace, 5.0)
        try:
            yield gateway, door, slept
        finally:
            gateway.close()


def ask(gateway: Gateway) -> object:
    """One page of orders."""
    call = gateway.platform.call("orders")
    return gateway.ask(call.method, call.ask(Span(NOW - call.longest, NOW - call.lag), Page(0, 10)))


def test_a_redirect_is_not_followed() -> None:
    seen = []

    def away(request: Incoming) -> Outgoing:
        seen.append(request.path)
        return Outgoing(b"{}", 302, {"Location": "http://127.0.0.1:9/elsewhere"})

    with opened("taobao", away) as (gateway, _, _), pytest.raises(SourceError, match="not what the platform documents"):
        ask(gateway)
    assert len(seen) == 1


def test_what_the_platform_repeats_of_our_secrets_is_not_repeated() -> None:
    def echoing(request: Incoming) -> Outgoing:
        return answer({"error_response": {"code": 27, "msg": f"Invalid session {TOKEN} for {SECRET}"}})

    with opened("taobao", echoing) as (gateway, _, _), pytest.raises(SourceError) as caught:
        ask(gateway)
    assert "Invalid session … for …" in str(caught.value)
    assert SECRET not in repr(gateway)
    assert TOKEN not in repr(gateway)


def test_a_ban_is_waited_for_as_long_as_it_lasts_and_not_for_hours() -> None:
    with opened("taobao") as (gateway, door, slept):
        door.next_faults = ["throttle"]
        ask(gateway)
        assert 2.0 <= slept[0] <= 3.0

    def banned(request: Incoming) -> Outgoing:
        ban = {"code": 7, "msg": "App Call Limited", "sub_msg": "This ban will last for 31062 more seconds"}
        return answer({"error_response": ban})

    with opened("taobao", banned) as (gateway, _, slept), pytest.raises(SourceError) as caught:
        ask(gateway)
    assert slept == []
    assert caught.value.retryable
    assert "in 31,062 s" in caught.value.next_command


@pytest.mark.parametrize("told", ["1", "Mon, 06 Jul 2026 16:00:01 GMT"])
def test_retry_after_is_heeded(told: str) -> None:
    answers = [answer({"hello": 1}, 429, Retry_After=told), None]

    with opened("jd") as (gateway, door, slept):
        right = door.handle

        def once(request: Incoming) -> Outgoing | None:
            return answers.pop(0) if len(answers) > 1 else right(request)

        door.handle = once  # type: ignore[method-assign]
        ask(gateway)
    assert 1.0 <= slept[0] <= 2.0


def test_waits_grow_and_end() -> None:
    with (
        opened("jd", lambda request: None) as (gateway, _, slept),
        pytest.raises(SourceError, match="cannot be reached"),
    ):
        ask(gateway)
    waits = [seconds for seconds in slept if seconds > 0.2]
    assert len(waits) == gateways.ATTEMPTS - 1
    assert all(0.5 <= wait / longest <= 1.0 for wait, longest in zip(waits, (0.5, 1, 2, 4, 8), strict=True))


def test_an_answer_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateways, "MAX_ANSWER_BYTES", 1_000)

    def endless(request: Incoming) -> Outgoing:
        return Outgoing(b" " * 200_000)

    with opened("jd", endless) as (gateway, _, _), pytest.raises(SourceError, match="does not end"):
        ask(gateway)


def test_a_platform_is_asked_over_https_alone() -> None:
    checked_address("https://eco.taobao.com/router/rest", "source x")
    checked_address("http://localhost:8080", "source x")
    for address in ("http://eco.taobao.com/router/rest", "ftp://x", "eco.taobao.com", "https://"):
        with pytest.raises(ConfigError, match="over https alone"):
            checked_address(address, "source x")


def test_shopify_gives_a_token_of_a_day_for_the_applications_own_credentials() -> None:
    with opened("shopify", credentials=Credentials(KEY, SECRET, "")) as (gateway, door, _):
        ask(gateway)
        ask(gateway)
        assert [method for method, _ in door.asked] == ["grant", "orders", "orders"]
    with (
        opened("shopify", credentials=Credentials(KEY, "wrong", "")) as (gateway, _, _),
        pytest.raises(SourceError) as caught,
    ):
        ask(gateway)
    assert "authorise the shop again" in caught.value.next_command


def test_each_interface_has_a_bucket_of_its_own() -> None:
    slept: list[float] = []
    limiter = Limiter(2.0, Pace(passed=lambda: 10.0, sleep=slept.append))
    for method in ("orders", "orders", "refunds", "orders", "orders"):
        limiter.take(method)
    assert slept == [0.5, 1.0]
    bucket = Bucket(per_second=1.0, burst=1.0)
    assert [bucket.wait(at) for at in (0.0, 0.2, 5.0)] == [0.0, 0.8, 0.0]


def test_only_declared_fields_become_cells_and_addresses_are_hashed() -> None:
    call = platform_named("shopify").call("orders")
    order = fixture_of("shopify").records["orders"][0]
    cells = [dict(zip(call.kept, row, strict=True)) for row in rows_of(call, [order])]
    assert len(cells) == 2
    assert all(len(row["email"] or "") == 64 and len(row["phone"] or "") == 64 for row in cells)
    masked = [{**order, "email": "l***@example.com", "phone": "138****8001"}]
    assert {(row[-2], row[-1]) for row in rows_of(call, masked)} == {(None, None)}
    assert [row for row in rows_of(replace(call, only=lambda cells: False), [order])] == []

"""A [[source]] of kind api: what of it is refused, how far back it begins, and what a fault in the middle leaves loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopkeeper.core.settings import parse_settings
from shopkeeper.errors import ConfigError, SourceError
from shopkeeper.ingest.pull.declared import read_pulls
from tests.platform_server import Door
from tests.platform_shops import api_shop, entry_of
from tests.tiny_shop import SETTINGS


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"platform": '"taobo"'}, "did you mean taobao"), ({"calls": '["order"]'}, "did you mean orders"),
        ({"access_token": ""}, "app_key, app_secret, access_token"), ({"address": '"http://gateway.example"'}, "https"),
        ({"app_secret": '"plain"'}, "env:NAME"), ({"per_second": "0"}, "greater than 0"),
        ({"acces_token": '"x"'}, "did you mean access_token"),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_used_names_its_key(changed: dict[str, str], said: str) -> None:
    settings = parse_settings(
        SETTINGS + entry_of("taobao", "https://gateway.example", **changed), Path("shopkeeper.toml")
    )
    with pytest.raises(ConfigError) as caught:
        read_pulls(settings, Path("shop"))
    assert said in str(caught.value)
    assert "source api" in caught.value.where


def test_days_that_a_platform_does_not_reach_are_named(tmp_path: Path) -> None:
    with api_shop(tmp_path, "taobao", since="2026-01-01", calls='["orders"]') as api:
        notes = [note for note in api.pull().notes if note.topic == "platform.beyond_reach"]
    assert [note.detail for note in notes] == ["taobao orders, 2025-12-31 – 2026-04-07"]


def test_what_was_read_before_a_fault_is_loaded_and_not_asked_again(tmp_path: Path) -> None:
    def cut(door: Door, method: str, number: int) -> None:
        if len(door.asked) > 26:  # half-hours: the first order is in the fifth, the second in the seventh
            door.always = "permission"

    with api_shop(tmp_path, "pinduoduo", calls='["orders"]') as api:
        api.door.between = cut
        with pytest.raises(SourceError, match="may not call"):
            api.pull()
        assert api.one("SELECT count(*) FROM orders") == 2
        reached = api.one("SELECT max(cursor) FROM pulls")
        api.door.between, api.door.always = (lambda door, method, number: None), ""
        before = len(api.door.asked)
        api.pull()
        assert api.one("SELECT max(cursor) FROM pulls") > reached
        starts = [int(params["start_updated_at"]) for _, params in api.door.asked[before:]]
        assert len(starts) < 48
        assert starts == sorted(starts)

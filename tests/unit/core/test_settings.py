"""Settings: what is told about a wrong one, and what is filled in for an absent one."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopkeeper.core.settings import SETTINGS, parse_settings, read_settings, resolved
from shopkeeper.errors import ConfigError

GOOD = '[shop]\nid = "tea"\nname = "Tea"\n'
FILE = Path("shopkeeper.toml")


def test_the_least_that_a_shop_must_say() -> None:
    settings = parse_settings(GOOD, FILE)
    assert (settings.shop.currency, settings.shop.timezone, settings.serve.host) == (
        "CNY",
        "Asia/Shanghai",
        "127.0.0.1",
    )
    assert settings.targets == {}


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(GOOD, encoding="utf-8-sig")
    assert read_settings(tmp_path).shop.id == "tea"


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes('[shop]\nid = "tea"\nname = "茶"\n'.encode("gb18030"))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_settings(tmp_path)


@pytest.mark.parametrize(
    ("more", "line", "key", "told"),
    [
        ("[warehouse]\nmemory = 1\n", 5, "warehouse.memory", "memory_limit_mb"),
        ("[warehous]\nthreads = 1\n", 4, "warehous", "warehouse"),
        ("[warehouse]\n# a remark\nthreads = 'all'\n", 6, "warehouse.threads", "integer"),
        ("[targets.C4]\nweight = -1\n", 5, "targets.C4.weight", "greater than or equal to 0"),
        ("[serve]\nport = 0\n", 5, "serve.port", "greater than or equal to 1"),
    ],
)
def test_a_wrong_setting_is_told_by_line_key_and_what_is_allowed(more: str, line: int, key: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_settings(GOOD + more, FILE)
    assert f"line {line}, key {key}" in refused.value.where
    assert told in refused.value.allowed


def test_a_secret_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPKEEPER_TEST_URL", "postgresql://here/shop")
    assert resolved("env:SHOPKEEPER_TEST_URL", where="x") == "postgresql://here/shop"
    assert resolved("plain", where="x") == "plain"
    with pytest.raises(ConfigError, match="SHOPKEEPER_NO_SUCH"):
        resolved("env:SHOPKEEPER_NO_SUCH", where="x")


def test_every_setting_is_described() -> None:
    assert [row.name for row in SETTINGS if not row.help.endswith(".")] == []

"""checks.toml keeps what was dismissed, and says on which line each own rule stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopkeeper.errors import ConfigError
from shopkeeper.quality.rules_file import active_rules, dismiss, dismissed_rules, source_of

OWN = """# ours
off = ["ad_spend.volume"]

[[rule]]
table = "orders"
kind = "range"
id = "big_orders"
column = "payable_amount"
max = 10
"""


def test_dismissed_ids_are_added_once_and_the_rest_of_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "checks.toml"
    path.write_text(OWN, encoding="utf-8")
    before = len(active_rules(tmp_path))
    dismiss(tmp_path, ["orders.a.set", "orders.a.set", 'odd "id"'], "by li")
    dismiss(tmp_path, ["orders.a.set"], "by li")
    assert dismissed_rules(tmp_path) == {"orders.a.set", 'odd "id"'}
    text = path.read_text(encoding="utf-8")
    assert text.startswith(OWN)
    assert text.count("[[dismissed]]") == 2
    assert len(active_rules(tmp_path)) == before


def test_own_rules_have_their_line_and_a_shop_without_a_file_has_none(tmp_path: Path) -> None:
    assert (source_of(tmp_path), dismissed_rules(tmp_path)) == ({}, frozenset())
    (tmp_path / "checks.toml").write_text(OWN, encoding="utf-8")
    assert source_of(tmp_path) == {"big_orders": 7}


@pytest.mark.parametrize(
    "text", ["dismissed = 3", "[[dismissed]]\nrule = 3", "[[dismissed]]\nid = 'x'", "[dismissed]\nrule = 'x'"]
)
def test_a_dismissal_that_cannot_be_read_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    (tmp_path / "checks.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"checks\.toml"):
        dismissed_rules(tmp_path)

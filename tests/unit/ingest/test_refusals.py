"""A file that stopped a load is remembered until a load takes it, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shopkeeper.errors import ShopkeeperError, SourceError
from shopkeeper.ingest.refusals import refusals, remember_refusal
from tests.shop_folders import GOOD, LINES, ShopFolder


def test_a_refused_file_is_remembered_with_its_error_until_a_load_takes_it(tmp_path: Path) -> None:
    shop = ShopFolder(tmp_path, mapping="")
    shop.drop("prices.csv", "a,b\n1,2\n")
    before = shop.state()
    with pytest.raises(SourceError):
        shop.load()
    assert shop.state() == before
    (one,) = refusals(shop.folder / "data")
    assert (one.file_name, one.by, one.part("received")) == ("prices.csv", "alice", "a, b")
    assert "no mapping" in one.part("failed")
    shop.drop("prices.csv", GOOD)
    shop.map(LINES)
    shop.load()
    assert refusals(shop.folder / "data") == ()


def test_a_file_that_is_gone_is_no_refusal_and_another_files_load_changes_nothing(tmp_path: Path) -> None:
    shop = ShopFolder(tmp_path)
    bad = shop.drop("prices.csv", "a,b\n1,2\n")
    with pytest.raises(ShopkeeperError):
        shop.load()
    shop.load(shop.drop("good.csv", GOOD))
    assert [one.file_name for one in refusals(shop.folder / "data")] == ["prices.csv"]
    bad.unlink()
    assert refusals(shop.folder / "data") == ()


def test_an_error_that_is_about_no_file_is_not_kept_and_a_broken_list_is_empty(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.touch()
    remember_refusal(tmp_path, [file], SourceError("the disk is odd", where="elsewhere"), by="li")
    assert refusals(tmp_path) == ()
    for text in ("not JSON", "[]", json.dumps({str(file): {"at": "soon"}})):
        (tmp_path / "refused.json").write_text(text, encoding="utf-8")
        assert refusals(tmp_path) == ()

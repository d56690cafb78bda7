"""Pulling a source: what is refused before anything is read, what may not be lost, and what no text may hold."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.core.credentials import hidden, revealed
from shopkeeper.errors import ConfigError, DataQualityError, NotFound, SourceError, WarehouseBusy
from shopkeeper.ingest.databases.cursor import Reading, moved, reading_of
from shopkeeper.ingest.pull import run as running
from shopkeeper.ingest.pull.declared import read_pulls
from shopkeeper.ingest.pull.looks import looks
from shopkeeper.ingest.pull.run import pull
from tests.shop_folders import ShopFolder
from tests.source_databases import MAPPING, SourceDatabase, made_database

NOON = "2024-03-01 12:00:00"


@pytest.fixture
def erp(request: pytest.FixtureRequest, tmp_path: Path) -> SourceDatabase:
    """A SQLite database."""
    return made_database("sqlite", request, tmp_path)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('connection = "postgresql://me:hunter22@host/db"', "key connection"),
        ('password = "hunter22"', "a password may not stand here"),
        ('kind = "oracle"', "key kind"),
        ('query = "DELETE FROM sold"', "one statement that reads"),
        ('cursor = "changed"\nlook_back = "soon"', "not a span of time"),
        ('cursor = "changed"\nwindow = "5 minutes"', "more than look_back"),
        ('deletions = "1 day"', "deletions need key"),
        ('tabel = "sold"', "did you mean table"),
        ('timezone = "Mars"', "key timezone"),
    ],
)
def test_an_entry_that_cannot_be_used_is_told_without_its_password(tmp_path: Path, line: str, told: str) -> None:
    said = {"name": '"erp"', "kind": '"postgres"', "connection": '"postgresql://me@host/db"', "table": '"sold"'}
    for one in line.split("\n"):
        key, _, value = one.partition(" = ")
        said[key] = value
    if "query" in said:
        del said["table"]
    mugs = ShopFolder(tmp_path / "mugs", "[[source]]\n" + "\n".join(f"{k} = {v}" for k, v in said.items()) + MAPPING)
    with pytest.raises(ConfigError) as refused:
        read_pulls(mugs.shop.settings, mugs.folder)
    assert told in str(refused.value)
    assert "source erp" in str(refused.value)
    assert "hunter22" not in str(refused.value)


def test_numbers_counted_over_a_window_are_refused(tmp_path: Path, erp: SourceDatabase) -> None:
    mugs = ShopFolder(
        tmp_path / "mugs", erp.entry('cursor = "changed"', mapping=MAPPING.replace('line_no = "line"\n', ""))
    )
    with pytest.raises(ConfigError, match="order_lines.line_no"):
        read_pulls(mugs.shop.settings, mugs.folder)


def test_a_source_of_another_name_is_not_found(tmp_path: Path, erp: SourceDatabase) -> None:
    mugs = ShopFolder(tmp_path / "mugs", erp.entry())
    with pytest.raises(NotFound, match="did you mean erp"):
        pull(mugs.shop, "erb", by="alice")


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_a_file_of_secrets_is_closed_to_others(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter22\n")
    secret.chmod(0o640)
    with pytest.raises(ConfigError, match=r"chmod 600"):
        revealed("file:secret", where="here", folder=tmp_path)
    secret.chmod(0o600)
    assert revealed("file:secret", where="here", folder=tmp_path) == "hunter22"
    with pytest.raises(ConfigError, match="may not stand in the settings") as refused:
        revealed("hunter22", where="here", folder=tmp_path)
    assert "hunter22" not in str(refused.value)


def test_no_secret_is_told_when_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERP_URL", "postgresql://me:hunter22@127.0.0.1:1/erp?sslmode=disable")
    entry = '[[source]]\nname = "erp"\nkind = "postgres"\nconnection = "env:ERP_URL"\ntable = "sold"\n' + MAPPING
    mugs = ShopFolder(tmp_path / "mugs", entry)
    before = mugs.state()
    with pytest.raises(SourceError, match="does not answer") as refused:
        pull(mugs.shop, "erp", by="alice")
    assert refused.value.retryable
    assert refused.value.__cause__ is None
    assert mugs.state() == before
    assert looks(mugs.folder / "data")["erp"].failed
    for path in (mugs.folder / "data").rglob("*"):
        assert not path.is_file() or b"hunter22" not in path.read_bytes()
    assert "hunter22" not in str(refused.value)


def test_a_text_loses_its_secrets_in_every_form() -> None:
    assert hidden("a p@ss/w and p%40ss%2Fw and it''s", ["p@ss/w", "it's"]) == "a … and … and …"


def test_two_pulls_at_once_do_not_meet(tmp_path: Path, erp: SourceDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    erp.add(1, "o1", 1, "5", NOON)
    mugs = ShopFolder(tmp_path / "mugs", erp.entry('cursor = "changed"', 'key = "id"'))
    inner = running._load

    def meanwhile(*args: Any) -> Any:
        with pytest.raises(WarehouseBusy, match="pulls this source"):
            pull(mugs.shop, "erp", by="bob")
        return inner(*args)

    monkeypatch.setattr(running, "_load", meanwhile)
    assert pull(mugs.shop, "erp", by="alice").loaded


def test_an_emptied_source_is_taken_for_a_mistake(tmp_path: Path, erp: SourceDatabase) -> None:
    for number in range(30):
        erp.add(number, f"o{number}", 1, "5", NOON)
    mugs = ShopFolder(tmp_path / "mugs", erp.entry('key = "id"'))
    pull(mugs.shop, "erp", by="alice")
    erp.run("DELETE FROM sold")
    before = mugs.state()
    with pytest.raises(DataQualityError, match="30 of 30 rows would be taken out"):
        pull(mugs.shop, "erp", by="alice")
    assert mugs.state() == before
    mugs.map(erp.entry('key = "id"', "withdraw_at_most = 1.0"))
    pull(mugs.shop, "erp", by="alice")
    assert mugs.rows("SELECT count(*) FROM order_lines") == mugs.rows("SELECT count(*) FROM orders") == [(0,)]


def test_a_row_of_the_future_does_not_hide_those_before_it(tmp_path: Path, erp: SourceDatabase) -> None:
    erp.add(1, "o1", 1, "5", "2199-01-01 00:00:00")
    mugs = ShopFolder(tmp_path / "mugs", erp.entry('cursor = "changed"', 'key = "id"'))
    assert [note.topic for note in pull(mugs.shop, "erp", by="alice").notes] == ["pull.future"]
    erp.add(2, "o2", 1, "5", f"{dt.datetime.now(dt.UTC) + dt.timedelta(hours=9):%Y-%m-%d %H:%M:%S}")
    pull(mugs.shop, "erp", by="alice")
    assert mugs.rows("SELECT count(*) FROM order_lines") == [(2,)]


def test_a_row_that_cannot_be_read_keeps_its_last_good_version(tmp_path: Path, erp: SourceDatabase) -> None:
    for number in (1, 2):
        erp.add(number, f"o{number}", 1, "5", NOON)
    mugs = ShopFolder(tmp_path / "mugs", erp.entry('key = "id"'))
    pull(mugs.shop, "erp", by="alice")
    erp.run("UPDATE sold SET paid = 'much' WHERE id = 1")
    assert pull(mugs.shop, "erp", by="alice").quarantined == 1
    assert mugs.rows("SELECT count(*) FROM order_lines") == [(2,)]
    erp.run("UPDATE sold SET paid = '6' WHERE id = 1")
    pull(mugs.shop, "erp", by="alice")
    assert mugs.rows("SELECT payable_amount FROM order_lines ORDER BY 1") == [(5,), (6,)]
    assert mugs.rows("SELECT DISTINCT resolved FROM quarantine") == [("read again",)]


def test_cursors_survive_as_text_and_move_by_their_own_measure() -> None:
    points = (7, dt.date(2024, 3, 1), dt.datetime(2024, 3, 1, 12, 0, 0, 5, tzinfo=dt.UTC), "2024-03-01 12:00:00")
    for point in points:
        assert reading_of(Reading(point, midway=True).told()) == Reading(point, midway=True)
    assert moved(5000, "", -1, where="") == 4000
    assert moved("2024-03-01T12:00:00Z", "1 hour", -1, where="") == "2024-03-01T11:00:00Z"
    assert moved(dt.date(2024, 3, 1), "10 minutes", -1, where="") == dt.date(2024, 2, 29)
    with pytest.raises(DataQualityError, match="does not fit"):
        moved(7, "1 day", -1, where="")
    with pytest.raises(DataQualityError, match="no moment"):
        moved("A-17", "", -1, where="")

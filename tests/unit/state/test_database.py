from __future__ import annotations

import importlib
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from shopkeeper.errors import ConfigError, WarehouseBusy
from shopkeeper.state import default_state_url, open_state
from shopkeeper.state import engines as engines_room
from shopkeeper.state.revisions import HEAD, REVISIONS


def test_importing_the_room_brings_no_database_library() -> None:
    code = "import sys, shopkeeper.state; print([m for m in ('sqlalchemy', 'alembic') if m in sys.modules])"
    assert _output(code) == "[]"


def test_opening_an_up_to_date_database_does_not_load_alembic(tmp_path: Path) -> None:
    url = default_state_url(tmp_path)
    open_state(url).close()
    code = f"import sys; from shopkeeper.state import open_state; open_state({url!r}); print('alembic' in sys.modules)"
    assert _output(code) == "False"


def test_the_list_of_revisions_is_that_of_the_scripts() -> None:
    folder = Path(engines_room.__file__).parent / "migrations"
    scripts = ScriptDirectory(str(folder))
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS
    assert scripts.get_current_head() == HEAD


@pytest.mark.parametrize("folder", ["plain", "my tea", "掌柜", "a%20b", "what?", "nr #1", "deep/er"])
def test_a_shop_may_live_in_a_folder_of_any_name(tmp_path: Path, folder: str) -> None:
    with open_state(default_state_url(tmp_path / folder)):
        assert (tmp_path / folder / "state.sqlite").stat().st_size > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [folder.split("/")[0]]


def test_the_file_is_for_its_owner_alone_and_in_wal_mode(tmp_path: Path) -> None:
    open_state(default_state_url(tmp_path)).close()
    path = tmp_path / "state.sqlite"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://root@localhost/x",
        "oracle://x",
        "postgresql+asyncpg://h/d",
    ],
)
def test_another_engine_is_refused_with_what_is_allowed(url: str) -> None:
    with pytest.raises(ConfigError, match="postgresql://"):
        open_state(url)


def test_a_missing_driver_is_named_with_the_command_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'shopkeeper\[postgres\]'") as caught:
        open_state("postgresql://alice:s3cret@db/shop")
    assert "s3cret" not in str(caught.value)


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(Exception, match="does not answer") as caught:
        open_state("postgresql://alice:s3cret@127.0.0.1:1/shop")
    assert "s3cret" not in str(caught.value)


def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    path.write_bytes(b"order_id,amount\n1,2\n" * 300)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="cannot be used"):
        open_state(default_state_url(tmp_path))
    assert path.read_bytes() == before


def test_a_sqlite_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE sessions (mine TEXT)")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="another program.*sessions"):
        open_state(default_state_url(tmp_path))
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="cannot be created"):
        open_state(default_state_url(tmp_path / "data"))


def test_a_writer_that_never_lets_go_is_reported_as_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_state(default_state_url(tmp_path)).close()
    monkeypatch.setattr(engines_room, "BUSY_TIMEOUT_SECONDS", 0.05)
    holder = sqlite3.connect(tmp_path / "state.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with open_state(default_state_url(tmp_path)) as state:
            with state.reading():
                pass  # readers go on
            with pytest.raises(WarehouseBusy, match="nothing was changed"), state.writing():
                pass
    finally:
        holder.close()


def _output(code: str) -> str:
    # the parent's PYTHONPATH finds the package; nothing else of its environment matters
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout.strip()

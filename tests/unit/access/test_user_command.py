from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from shopkeeper.access import audit
from shopkeeper.access.grants import grants_of
from shopkeeper.access.roles import Grant
from shopkeeper.access.users import find_user
from shopkeeper.cli import user as user_command
from shopkeeper.core.wording import has_word
from shopkeeper.errors import UsageError
from shopkeeper.state import State, default_state_url, open_state
from tests.unit.access.conftest import GOOD

Run = Callable[..., Result]


@dataclass
class Printed:
    rows: list[dict[str, object]]
    columns: list[tuple[str, str]]
    fmt: str
    meta: dict[str, object]


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[Printed]:
    seen: list[Printed] = []

    def emit(
        rows: list[dict[str, object]], *, columns: list[tuple[str, str]], fmt: str, meta: dict[str, object]
    ) -> None:
        json.dumps([rows, meta])  # whatever is printed must be plain data
        assert all(set(row) == {key for key, _ in columns} for row in rows)
        seen.append(Printed(rows, columns, fmt, meta))

    monkeypatch.setattr(user_command, "emit", emit)
    return seen


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: list[Printed]) -> Run:
    shop: Any = SimpleNamespace(
        settings=SimpleNamespace(shop=SimpleNamespace(id="tea", currency="CNY", timezone="Asia/Shanghai")),
        folder=tmp_path,
        state=lambda: open_state(default_state_url(tmp_path)),
        lang="en",
        actor="root",
    )
    monkeypatch.setattr(user_command, "current_shop", lambda ctx: shop)

    def invoke(*arguments: str, input: str | None = None, lang: str = "en") -> Result:
        shop.lang = lang
        return CliRunner().invoke(user_command.user_app, list(arguments), input=input)

    return invoke


def test_the_first_user_is_owner_and_the_next_viewer(run: Run, state: State) -> None:
    first = run("add", "Alice", "--password-stdin", input=f"{GOOD}\n")
    assert (first.exit_code, first.stdout) == (0, "alice may now sign in, as owner of tea.\n")
    assert run("add", "bob", input=f"{GOOD}\n{GOOD}\n").exit_code == 0
    assert grants_of(state, find_user(state, "alice").id) == (Grant("tea", "owner"),)
    assert grants_of(state, find_user(state, "bob").id) == (Grant("tea", "viewer"),)


def test_the_prompt_hides_the_password_and_wants_it_twice(run: Run, state: State) -> None:
    outcome = run("add", "alice", input=f"{GOOD}\nsomething else here\n{GOOD}\n{GOOD}\n", lang="zh")
    assert outcome.exit_code == 0
    assert GOOD not in outcome.output
    assert "alice 的密码" in outcome.output


@pytest.mark.parametrize(
    ("limit", "amount", "currency"),
    [("5000", "5000", "CNY"), ("12,500.50", "12500.5", "CNY"), ("300 usd", "300", "USD")],
)
def test_an_approver_gets_a_limit_in_a_currency(run: Run, state: State, limit: str, amount: str, currency: str) -> None:
    run("add", "alice", "--password-stdin", input=GOOD)
    run("add", "bob", "--role", "approver", "--limit", limit, "--password-stdin", input=GOOD)
    (held,) = grants_of(state, find_user(state, "bob").id)
    assert (f"{held.limit.normalize():f}" if held.limit else None, held.currency) == (amount, currency)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--role", "approver"),
        ("--role", "approver", "--limit", "much"),
        ("--role", "viewer", "--limit", "5"),
        ("--role", "approver", "--limit", "-5"),
    ],
)
def test_a_wrong_limit_is_refused_before_the_password_is_asked(
    run: Run, state: State, arguments: tuple[str, ...]
) -> None:
    outcome = run("add", "alice", *arguments)
    assert isinstance(outcome.exception, UsageError)
    assert "Password" not in outcome.output


def test_an_empty_standard_input_makes_no_user(run: Run, state: State, printed: list[Printed]) -> None:
    assert isinstance(run("add", "alice", "--password-stdin", input="").exception, UsageError)
    run("list")
    assert printed[-1].rows == []


def test_the_list_names_roles_in_the_reader_s_language_and_codes_in_json(run: Run, printed: list[Printed]) -> None:
    run("add", "alice", "--display-name", "王芳", "--password-stdin", input=GOOD)
    run("list", lang="zh")
    run("list", "--format", "json", lang="zh")
    table, data = printed
    assert (table.columns[0], table.rows[0]["role"], table.rows[0]["status"]) == (("name", "登录名"), "店主", "启用")
    assert (data.rows[0]["role"], data.rows[0]["status"], data.rows[0]["limit"]) == ("owner", "enabled", None)
    assert data.meta["shop"] == "tea"


def test_roles_change_and_are_taken_away(run: Run, state: State) -> None:
    run("add", "alice", "--password-stdin", input=GOOD)
    run("add", "bob", "--password-stdin", input=GOOD)
    assert run("role", "bob", "operator").exit_code == 0
    assert run("role", "bob", "analyst", "--shop", "silk").exit_code == 0
    bob = find_user(state, "bob")
    assert [(g.shop_id, g.role) for g in grants_of(state, bob.id)] == [("silk", "analyst"), ("tea", "operator")]
    assert "no longer" in run("role", "bob", "none").stdout
    assert "nothing was changed" in run("role", "bob", "none").stdout
    assert run("role", "bob", "king").exit_code == 2


def test_a_person_is_shut_out_and_let_in_again(run: Run, state: State) -> None:
    run("add", "alice", "--password-stdin", input=GOOD)
    run("add", "bob", "--password-stdin", input=GOOD)
    assert run("disable", "bob").exit_code == 0
    assert not find_user(state, "bob").enabled
    assert run("enable", "bob").exit_code == 0
    assert run("password", "bob", "--password-stdin", input="another four random words").exit_code == 0
    assert find_user(state, "bob").enabled
    assert isinstance(run("disable", "alice").exception, UsageError), "the last owner stays"


def test_a_token_is_printed_once_alone_on_standard_output(run: Run, printed: list[Printed]) -> None:
    run("add", "alice", "--password-stdin", input=GOOD)
    made = run("token", "create", "alice", "--for", "nightly export", "--days", "30")
    assert made.stdout.startswith("shk_")
    assert made.stdout.count("\n") == 1
    run("token", "list", "--format", "json")
    row = printed[-1].rows[0]
    assert (row["user"], row["purpose"], row["status"], row["used"]) == ("alice", "nightly export", "valid", None)
    assert run("token", "revoke", str(row["token"])).exit_code == 0
    run("token", "list", "alice", "--format", "json")
    assert printed[-1].rows[0]["status"] == "revoked"


def test_the_audit_command_shows_who_did_what_and_fails_on_a_broken_trail(
    run: Run, printed: list[Printed], tmp_path: Path
) -> None:
    run("add", "alice", "--password-stdin", input=GOOD)
    whole = run("audit")
    assert whole.exit_code == 0
    assert "2 rows is whole" in whole.stdout
    assert [(r["seq"], r["actor"], r["action"]) for r in printed[-1].rows] == [
        (2, "os:root", "gave a role"),
        (1, "os:root", "made the user"),
    ]
    run("audit", "--format", "csv", "--rows", "1", lang="zh")
    assert [r["action"] for r in printed[-1].rows] == ["role.granted"]
    anchor = str(printed[-1].meta["anchor"])
    assert run("audit", "--anchor", anchor, "--rows", "0").exit_code == 0
    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as connection:
        connection.executescript(
            "DROP TRIGGER audit_events_no_update; UPDATE audit_events SET actor = 'x' WHERE seq = 1"
        )
    broken = run("audit", "--format", "json", lang="zh")
    assert broken.exit_code == 1
    assert broken.stdout == ""
    assert "第 1 行断裂" in broken.stderr
    assert (printed[-1].meta["whole"], printed[-1].meta["broken_row"]) == (False, 1)


def test_people_read_the_shop_s_clock_and_programs_utc(
    run: Run, printed: list[Printed], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_command, "utc_now", lambda: dt.datetime(2017, 11, 10, 16, 30, tzinfo=dt.UTC))
    run("add", "alice", "--password-stdin", input=GOOD)
    run("list")
    run("list", "--format", "json")
    assert [p.rows[0]["created"] for p in printed] == ["2017-11-11 00:30", "2017-11-10T16:30:00+00:00"]


def test_every_action_of_the_room_has_a_word() -> None:
    folder = Path(audit.__file__).parent
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    actions = set(re.findall(r'append\(\s*connection,\s*"([a-z_.]+)"', source))
    assert len(actions) == 12
    assert [a for a in sorted(actions) if not has_word(f"access_action.{a.replace('.', '_')}")] == []


def test_the_command_loads_no_database_or_hashing_library_until_it_runs() -> None:
    code = (
        "import sys, shopkeeper.cli.user;"
        "print([m for m in ('sqlalchemy', 'alembic', 'argon2', 'duckdb') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"

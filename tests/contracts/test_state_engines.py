"""What the state database promises on every engine. Adding an engine adds one branch to the fixture `state_url`."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from argon2 import profiles
from sqlalchemy import Connection, Executable, delete, func, insert, inspect, select, text, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from shopkeeper.access import passwords, throttle
from shopkeeper.access.audit import recent_events, record, verify_audit
from shopkeeper.access.grants import grant, grant_in, withdraw
from shopkeeper.access.roles import Grant
from shopkeeper.access.sessions import session_user, sign_in, sign_out
from shopkeeper.access.tokens import create_token, token_user
from shopkeeper.access.users import create_user, disable_user, list_users
from shopkeeper.errors import ConfigError, NotSignedIn, UsageError
from shopkeeper.state import State, default_state_url, open_state, upgrade
from shopkeeper.state.engines import make_engine, parsed_url
from shopkeeper.state.tables import METADATA
from shopkeeper.state.tables.access import AUDIT_EVENTS, AUDIT_HEAD, GRANTS, SIGN_IN_THROTTLE, USERS

NOON = dt.datetime(2017, 10, 2, 12, tzinfo=dt.UTC)
GOOD = "four random words do"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return default_state_url(tmp_path)
    make: str = request.getfixturevalue("new_postgres_database")()
    return make


@pytest.fixture
def state(state_url: str) -> Iterator[State]:
    with open_state(state_url) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "PROFILE", profiles.CHEAPEST)


def test_migrations_lead_to_exactly_the_declared_tables(state: State) -> None:
    with state.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


def test_a_second_opening_finds_what_the_first_wrote(state: State, state_url: str) -> None:
    create_user(state, "alice", GOOD, actor="os:root", at=NOON)
    with open_state(state_url) as again:
        assert [(user.name, user.created_at) for user in list_users(again)] == [("alice", NOON)]


def test_many_processes_may_open_a_new_database_at_once(state_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_open_and_record, args=(state_url, n)) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 3
    with open_state(state_url) as state:
        assert verify_audit(state).rows == 3
        assert verify_audit(state).ok


def _open_and_record(url: str, number: int) -> None:
    with open_state(url) as state:
        record(state, "test.opened", str(number), actor="os:root", at=NOON)


def test_an_upgrade_that_stops_half_way_leaves_nothing(state_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        command.upgrade(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(upgrade, "command", SimpleNamespace(upgrade=interrupted))
    with pytest.raises(KeyboardInterrupt):
        open_state(state_url)
    engine = make_engine(parsed_url(state_url))
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    monkeypatch.undo()
    with open_state(state_url) as state:
        assert list_users(state) == []


def test_a_database_newer_than_the_code_is_refused_untouched(state: State, state_url: str) -> None:
    with state.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="nothing was changed.*pip install --upgrade") as caught:
        open_state(state_url)
    assert "9999" in str(caught.value)


def test_a_transaction_that_fails_leaves_no_trace(state: State) -> None:
    def stumble(connection: Connection) -> None:
        connection.execute(insert(USERS).values(_user_row("alice")))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), state.writing() as connection:
        stumble(connection)
    assert list_users(state) == []


def test_a_reader_cannot_write(state: State) -> None:
    with pytest.raises(Exception, match=r"(?i)read.?only"), state.reading() as connection:
        connection.execute(insert(USERS).values(_user_row("alice")))
    create_user(state, "alice", GOOD, actor="os:root", at=NOON)


def test_a_reader_sees_one_snapshot_while_others_write(state: State) -> None:
    with state.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(USERS)) == 0
        create_user(state, "alice", GOOD, actor="os:root", at=NOON)
        assert connection.scalar(select(func.count()).select_from(USERS)) == 0
    assert len(list_users(state)) == 1


def test_references_and_choices_are_kept_by_the_database(state: State) -> None:
    row = {"user_id": "nobody", "shop_id": "tea", "role": "viewer", "granted_at": NOON}
    with pytest.raises(IntegrityError), state.writing() as connection:
        connection.execute(insert(GRANTS).values(row))
    alice = create_user(state, "alice", GOOD, actor="os:root", at=NOON)
    for wrong in ({"role": "king"}, {"role": "approver"}, {"role": "viewer", "approver_limit": Decimal(1)}):
        with pytest.raises(IntegrityError), state.writing() as connection:
            connection.execute(insert(GRANTS).values({**row, "user_id": alice.id, **wrong}))


def test_moments_and_money_come_back_as_they_went_in(state: State) -> None:
    shanghai = dt.timezone(dt.timedelta(hours=8))
    at = dt.datetime(2017, 11, 11, 0, 0, 0, 123456, tzinfo=shanghai)
    limit = Decimal("123456789012345.6789")
    given = Grant("tea", "approver", limit, "CNY")
    alice = create_user(state, "alice", GOOD, grants=[given], actor="os:root", at=at)
    assert list_users(state)[0].created_at == at
    assert list_users(state)[0].created_at.utcoffset() == dt.timedelta(0)
    assert grant_in(state, alice.id, "tea") == given


def test_the_trail_refuses_change_in_the_database_itself(state: State) -> None:
    for n in range(3):
        record(state, "test.done", str(n), actor="alice", at=NOON)
    attempts: list[Executable] = [
        update(AUDIT_EVENTS).values(actor="charlie"),
        delete(AUDIT_EVENTS).where(AUDIT_EVENTS.c.seq == 3),
        delete(AUDIT_HEAD),
        update(AUDIT_HEAD).values(last_seq=2),
        text("TRUNCATE audit_events") if state.dialect == "postgresql" else text("DELETE FROM audit_events"),
    ]
    if state.dialect == "sqlite":
        attempts += [
            text("INSERT OR REPLACE INTO audit_events SELECT seq, at, 'charlie', shop, action, target, details,"
                 " prev_hash, hash FROM audit_events WHERE seq = 2"),
            text("INSERT OR REPLACE INTO audit_head VALUES (1, 1, 'x')"),
        ]  # fmt: skip
    for attempt in attempts:
        with pytest.raises(DatabaseError, match="append-only"), state.writing() as connection:
            connection.execute(attempt)
    assert verify_audit(state).ok
    assert [event.actor for event in recent_events(state)] == ["alice"] * 3


def test_concurrent_writers_make_one_chain(state: State) -> None:
    def write(worker: int) -> None:
        for n in range(20):
            record(state, "test.done", f"{worker}/{n}", actor="alice", at=NOON)

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = verify_audit(state)
    assert (verdict.ok, verdict.rows) == (True, 80)


def test_parallel_guesses_are_charged_one_by_one(state: State) -> None:
    create_user(state, "alice", GOOD, actor="os:root", at=NOON)
    refused: list[str] = []

    def guess(number: int) -> None:
        try:
            sign_in(state, "alice", f"guess number {number}", address="10.0.0.9", at=NOON)
        except NotSignedIn as error:
            refused.append(error.what)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    looked_at = [what for what in refused if "not right" in what]
    assert (len(refused), len(looked_at)) == (12, throttle.FREE_TRIES["person"] + 1)
    with state.reading() as connection:
        counted = connection.scalars(select(SIGN_IN_THROTTLE.c.failures)).all()
    assert list(counted) == [6, 6, 6]


def test_two_owners_cannot_both_leave(state: State) -> None:
    people = [
        create_user(state, n, GOOD, grants=[Grant("tea", "owner")], actor="os:root", at=NOON) for n in ("alice", "bob")
    ]
    outcomes: list[bool] = []

    def leave(user_id: str) -> None:
        try:
            outcomes.append(withdraw(state, user_id, "tea", actor="os:root", at=NOON))
        except UsageError:
            outcomes.append(False)

    threads = [threading.Thread(target=leave, args=(person.id,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False, True]


def test_the_whole_way_in_and_out(state: State) -> None:
    create_user(state, "alice", GOOD, grants=[Grant("tea", "owner")], actor="os:root", at=NOON)
    bob = create_user(state, "bob", GOOD, actor="alice", at=NOON)
    grant(state, bob.id, "tea", "approver", limit=Decimal("5000"), currency="CNY", actor="alice", at=NOON)
    session = sign_in(state, "bob", GOOD, address="::1", at=NOON)
    token = create_token(state, "bob", "export", expires_at=NOON + dt.timedelta(days=9), actor="bob", at=NOON)
    later = NOON + dt.timedelta(minutes=5)
    by_session, by_token = session_user(state, session.token, at=later), token_user(state, token.secret, at=later)
    assert by_session is not None
    assert by_token is not None
    assert by_session.user == by_token.user == bob
    assert sign_out(state, session.token, at=later)
    disable_user(state, "bob", actor="alice", at=later)
    assert token_user(state, token.secret, at=later) is None
    assert verify_audit(state).ok


def _user_row(name: str) -> dict[str, object]:
    return {
        "id": name, "name": name, "display_name": name, "password_hash": "x",
        "password_changed_at": NOON, "created_at": NOON,
    }  # fmt: skip

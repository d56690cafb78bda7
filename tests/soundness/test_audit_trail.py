"""The audit trail may never say that all is well when it is not. These tests tamper behind its back."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection

from shopkeeper.access.audit import Problem, append, recent_events, record, row_hash, verify_audit
from shopkeeper.errors import InternalError, UsageError
from shopkeeper.state import State, default_state_url, open_state

NOON = dt.datetime(2017, 10, 2, 12, tzinfo=dt.UTC)
ROWS = 10


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with open_state(default_state_url(tmp_path)) as opened:
        for n in range(1, ROWS + 1):
            record(opened, "price.approved", f"sku-{n}", actor="alice", at=NOON, shop="tea", amount=f"{n}.50")
        yield opened


@pytest.fixture
def tamper(state: State, tmp_path: Path) -> Callable[[str], None]:
    """Run SQL on the file as a person with full rights would: guards dropped first."""

    def run(sql: str) -> None:
        with closing(sqlite3.connect(tmp_path / "state.sqlite")) as connection:
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            connection.executescript(";".join(f"DROP TRIGGER {name}" for (name,) in triggers) + ";" + sql)

    return run


def test_an_untouched_trail_is_whole(state: State) -> None:
    verdict = verify_audit(state)
    assert (verdict.ok, verdict.rows, verdict.broken_seq) == (True, ROWS, None)
    assert verify_audit(state, anchor=verdict.anchor).ok


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'charlie'",
        "at = '2017-10-03T12:00:00.000000+00:00'",
        "shop = NULL",
        "action = 'price.refused'",
        "target = 'sku-99'",
        "details = replace(details, '4.50', '9.50')",
        "details = details || ' '",
        "hash = replace(hash, substr(hash, 1, 1), 'g')",
    ],
)
def test_any_changed_field_is_found_at_its_row(state: State, tamper: Callable[[str], None], change: str) -> None:
    tamper(f"UPDATE audit_events SET {change} WHERE seq = 4")
    verdict = verify_audit(state)
    assert (verdict.ok, verdict.broken_seq, verdict.problem) == (False, 4, "changed")


@pytest.mark.parametrize(
    ("sql", "seq", "problem"),
    [
        ("DELETE FROM audit_events WHERE seq = 4", 4, "missing"),
        ("DELETE FROM audit_events WHERE seq = 1", 1, "missing"),
        ("DELETE FROM audit_events WHERE seq = 4; UPDATE audit_events SET seq = seq - 1 WHERE seq > 4", 4, "unlinked"),
        ("UPDATE audit_events SET prev_hash = 'x' WHERE seq = 4", 4, "unlinked"),
        ("DELETE FROM audit_events WHERE seq > 7", 8, "tail_missing"),
        ("DELETE FROM audit_events WHERE seq = 10", 10, "tail_missing"),
        ("DELETE FROM audit_events", 1, "tail_missing"),
        ("UPDATE audit_head SET last_seq = 7", 8, "beyond_head"),
        ("UPDATE audit_head SET hash = 'x'", 10, "beyond_head"),
        ("DELETE FROM audit_head", 11, "head_missing"),
    ],
)
def test_removed_rows_and_a_changed_head_are_found(
    state: State, tamper: Callable[[str], None], sql: str, seq: int, problem: Problem
) -> None:
    tamper(sql)
    verdict = verify_audit(state)
    assert (verdict.ok, verdict.broken_seq, verdict.problem) == (False, seq, problem)


def test_two_rows_that_change_places_are_found(state: State, tamper: Callable[[str], None]) -> None:
    tamper(
        "UPDATE audit_events SET seq = -4 WHERE seq = 4; UPDATE audit_events SET seq = 4 WHERE seq = 5;"
        "UPDATE audit_events SET seq = 5 WHERE seq = -4"
    )
    assert verify_audit(state).broken_seq == 4


def test_a_row_recomputed_with_its_own_hash_breaks_the_next(state: State, tamper: Callable[[str], None]) -> None:
    event = next(e for e in recent_events(state) if e.seq == 4)
    forged = row_hash(_row(event.seq, "charlie", event.prev_hash))
    tamper(f"UPDATE audit_events SET actor = 'charlie', details = '{{}}', hash = '{forged}' WHERE seq = 4")
    verdict = verify_audit(state)
    assert (verdict.broken_seq, verdict.problem) == (5, "unlinked")


def test_a_past_rewritten_to_the_end_is_found_by_a_noted_anchor_alone(
    state: State, tamper: Callable[[str], None]
) -> None:
    anchor = verify_audit(state).anchor
    previous, sql = "0" * 64, []
    for seq in range(1, ROWS + 1):
        new = row_hash(_row(seq, "charlie", previous))
        sql.append(
            f"UPDATE audit_events SET actor = 'charlie', target = 'sku-{seq}', details = '{{}}',"
            f" prev_hash = '{previous}', hash = '{new}' WHERE seq = {seq}"
        )
        previous = new
    tamper(";".join([*sql, f"UPDATE audit_head SET hash = '{previous}'"]))
    assert verify_audit(state).ok, "a chain rewritten whole is a valid chain"
    verdict = verify_audit(state, anchor=anchor)
    assert (verdict.broken_seq, verdict.problem) == (ROWS, "anchor_differs")


def test_a_tail_cut_together_with_the_head_is_found_by_a_noted_anchor(
    state: State, tamper: Callable[[str], None]
) -> None:
    anchor = verify_audit(state).anchor
    tamper(
        "DELETE FROM audit_events WHERE seq > 7;"
        "UPDATE audit_head SET last_seq = 7, hash = (SELECT hash FROM audit_events WHERE seq = 7)"
    )
    assert verify_audit(state).ok
    assert verify_audit(state, anchor=anchor).problem == "tail_missing"


@pytest.mark.parametrize("anchor", ["", "10", "ten:abc", "10:abc", ":" + "a" * 64])
def test_an_anchor_that_cannot_be_read_is_not_taken_for_none(state: State, anchor: str) -> None:
    with pytest.raises(UsageError):
        verify_audit(state, anchor=anchor)


def test_nothing_is_appended_to_a_trail_without_its_head(state: State, tamper: Callable[[str], None]) -> None:
    tamper("DELETE FROM audit_head")
    with pytest.raises(InternalError, match="head row"):
        record(state, "price.approved", "sku-11", actor="alice", at=NOON)


def test_a_float_is_refused_before_it_can_round_an_amount(state: State) -> None:
    for details in ({"amount": 0.1}, {"lines": [{"amount": 0.1}]}):
        with pytest.raises(ValueError, match="float"):
            record(state, "price.approved", "sku-11", actor="alice", at=NOON, **details)
    assert verify_audit(state).rows == ROWS


def test_a_change_that_fails_leaves_no_row_that_says_it_happened(state: State) -> None:
    def stumble(connection: Connection) -> None:
        append(connection, "price.approved", "sku-11", actor="alice", at=NOON)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), state.writing() as connection:
        stumble(connection)
    verdict = verify_audit(state)
    assert (verdict.ok, verdict.rows) == (True, ROWS)


@pytest.mark.parametrize("text", ["", "掌柜", "a\nb", '"quoted"', "\u2028", "x" * 5000, "a\u0301"])
def test_any_text_survives_the_round_trip(state: State, text: str) -> None:
    record(state, "note.written", text, actor=text, at=NOON, note=text)
    assert verify_audit(state).ok
    assert recent_events(state, limit=1)[0].details == {"note": text}


def test_two_processes_of_200_rows_each_keep_one_chain(tmp_path: Path) -> None:
    url = default_state_url(tmp_path)
    open_state(url).close()
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_append_many, args=(url, name, 200)) for name in ("alice", "bob")]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0]
    with open_state(url) as state:
        verdict = verify_audit(state)
        targets = [event.target for event in recent_events(state, limit=1000)]
    assert (verdict.ok, verdict.rows) == (True, 400)
    assert sorted(targets) == sorted(f"{name} {n}" for name in ("alice", "bob") for n in range(200))


def _append_many(url: str, name: str, rows: int) -> None:
    with open_state(url) as state:
        for n in range(rows):
            record(state, "test.done", f"{name} {n}", actor=name, at=NOON, n=n)


def _row(seq: int, actor: str, prev_hash: str) -> dict[str, object]:
    return {
        "seq": seq, "at": NOON, "actor": actor, "shop": "tea", "action": "price.approved", "target": f"sku-{seq}",
        "details": "{}", "prev_hash": prev_hash,
    }  # fmt: skip

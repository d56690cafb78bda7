"""`shopkeeper events`: send, status, flush, as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.tiny_shop import make_opened_folder

EVENT = {"event_id": "e1", "happened_at": "2026-03-01T10:00:00+08:00", "name": "view", "visitor_id": "Li"}


def test_a_file_is_sent_flushed_and_sent_again_without_effect(tmp_path: Path, run: Run) -> None:
    folder, file = make_opened_folder(tmp_path / "shop"), tmp_path / "events.jsonl"
    file.write_text("\n".join(json.dumps({**EVENT, "event_id": f"e{n}"}) for n in range(1200)))
    done = run("-C", folder, "events", "send", file)
    assert (done.code, done.out) == (0, "1,200 events sent: 1,200 accepted, 0 set aside.\n")
    rows = run("-C", folder, "events", "status", "--format", "json").json["data"]
    assert rows[0]["journal"] == "events"
    assert rows[0]["waiting_bytes"] > 0
    assert "1,200 read: 1,200 new, 0 known, 0 set aside; 1 sessions" in run("-C", folder, "events", "flush").out
    run("-C", folder, "events", "send", file)
    assert "1,200 read: 0 new, 1,200 known, 0 set aside; 0 sessions" in run("-C", folder, "events", "flush").out
    assert run("-C", folder, "events", "status", "--format", "json").json["data"][0]["segments"] == 0


def test_bad_events_are_told_and_end_up_set_aside(tmp_path: Path, run: Run) -> None:
    folder, file = make_opened_folder(tmp_path / "shop"), tmp_path / "events.json"
    file.write_text(json.dumps([EVENT, {**EVENT, "shop_id": "nowhere"}]))
    done = run("-C", folder, "events", "send", file)
    assert done.code == 1
    assert "event 1, shop_id: no shop has this name; received nowhere" in done.err
    assert run("-C", folder, "events", "flush").code == 1


def test_sending_to_a_server_needs_a_token(tmp_path: Path, run: Run) -> None:
    folder, file = make_opened_folder(tmp_path / "shop"), tmp_path / "events.json"
    file.write_text(json.dumps(EVENT))
    done = run("-C", folder, "events", "send", file, "--to", "http://127.0.0.1:9")
    assert done.code == 2
    assert "SHOPKEEPER_TOKEN" in done.err

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


def test_a_day_of_the_simulated_brands_event_log_replayed_changes_nothing(tmp_path: Path, run: Run) -> None:
    folder, day = tmp_path / "twin", tmp_path / "day.jsonl"
    assert run("twin", "write", folder, "--scale", "0.004", "--until", "2024-01-12", "--format", "json").code == 0
    (log,) = (folder / "inbox" / "events").glob("*.jsonl")
    lines = log.read_text(encoding="utf-8").splitlines()
    day.write_text("\n".join(line for line in lines if '"happened_at":"2024-01-10' in line), encoding="utf-8")
    settings = folder / "shopkeeper.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + '\n[live]\nshops = ["site"]\n', encoding="utf-8")
    held = []
    for _ in range(2):
        assert run("-C", folder, "events", "send", day).code == 0
        assert run("-C", folder, "events", "flush").code == 0
        sql = "SELECT (SELECT count(*) FROM events), (SELECT sum(hash(event_id, happened_at, name, visitor_id)) FROM events), "
        sql += "(SELECT count(*) FROM visits), (SELECT sum(hash(visit_id, started_at, added_to_cart, load_id)) FROM visits)"
        held.append(run("-C", folder, "sql", sql, "--format", "csv").out)
    assert held[0] == held[1]
    sent = {json.loads(line)["event_id"] for line in day.read_text(encoding="utf-8").splitlines()}
    assert held[0].splitlines()[1].split(",")[0] == str(len(sent))
    assert sent

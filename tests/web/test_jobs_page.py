"""The Jobs page and its API: what stands on it, who may act, and that errors show a viewer no more than they should."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import random
import sqlite3
from html import unescape

import pytest

from shopkeeper.access.audit import recent_events, verify_audit
from shopkeeper.core.clock import utc_now
from shopkeeper.errors import DataQualityError, SourceError
from shopkeeper.ingest.pull.run import pull
from shopkeeper.jobs import listing, queue
from shopkeeper.jobs.job import Job
from shopkeeper.jobs.outbox import put
from shopkeeper.jobs.schedule import schedules_of
from shopkeeper.jobs.ticking import tick
from shopkeeper.state import State
from tests.web.acting_shop import ActingShop, acting, send

__all__ = ["acting"]
LEASE = dt.timedelta(minutes=5)
REFUSED = DataQualityError(
    "the header is of no known layout", where="inbox/a.csv", received="13800138000", next_command="shopkeeper template"
)


def begun(state: State, *, schedule: str | None = None, exclusive: str | None = None) -> Job:
    """A job that a worker has taken."""
    with state.writing() as connection:
        queue.enqueue(connection, "mugs", "load", at=utc_now(), by="worker", schedule=schedule, exclusive=exclusive)
    job = queue.claim(state, "mugs", worker="till/1/a", kinds=("load",), at=utc_now(), lease=LEASE)
    assert job is not None
    return job


@pytest.fixture
def busy(acting: ActingShop) -> ActingShop:
    """A dead letter, a job under way, one done, one that waits for its next attempt, and a message."""
    state = acting.state
    queue.fail(state, begun(state, schedule="nightly"), REFUSED, at=utc_now(), dice=random.Random(1))
    queue.finish(state, begun(state, schedule="load"), at=utc_now(), result={"files": 3, "loaded": 1200})
    queue.fail(state, begun(state), SourceError("no answer", retryable=True), at=utc_now(), dice=random.Random(1))
    job = begun(state)
    queue.renew(state, job, at=utc_now(), lease=LEASE, progress={"step": "orders.csv", "done": 30, "total": 120})
    with state.writing() as connection:
        put(connection, "mugs", "owner_webhook", "k", {}, at=utc_now())
    tick(state, "mugs", schedules_of(acting.mugs.shop.settings), at=utc_now())
    return acting


def test_everything_stands_on_the_page_in_both_languages(busy: ActingShop) -> None:
    olive = busy.browser("olive")
    html = unescape(olive.get("/jobs").text)
    for told in (
        "the header is of no known layout", "inbox/a.csv", "13800138000", "orders.csv 30 of 120", "3 files, 1,200 loaded",
        "every 5 min", "daily at 03:30", "after load, pull", "owner_webhook", "No worker is running",
    ):  # fmt: skip
        assert told in html, told
    chinese = unescape(olive.get("/jobs", headers={"Accept-Language": "zh-CN"}).text)
    for told in ("任务", "死信", "每天 03:30", "orders.csv 30/120", "3 个文件, 载入 1,200", "没有正在运行的工作进程"):
        assert told in chinese, told
    dead = listing.jobs(busy.state, "mugs", statuses=("dead",))[0]
    one = unescape(olive.get(f"/jobs/{dead.id}").text)
    assert "till/1/a" in one
    assert "failed" in one


def test_a_viewer_sees_that_something_failed_and_not_what_the_file_held(busy: ActingShop) -> None:
    vera = busy.browser("vera")
    dead = listing.jobs(busy.state, "mugs", statuses=("dead",))[0]
    for text in (vera.get("/jobs").text, vera.get(f"/jobs/{dead.id}").text, vera.get("/api/v1/jobs").text,
                 vera.get(f"/api/v1/jobs/{dead.id}").text):  # fmt: skip
        assert "the header is of no known layout" in text
        assert "13800138000" not in text
        assert "inbox/a.csv" not in text
    html = vera.get("/jobs").text
    assert 'action="/jobs/' not in html


def test_how_pulled_sources_stand_is_shown_to_each_role_as_far_as_it_may_see(acting: ActingShop) -> None:
    """A till's database, pulled, then gone: everybody sees rows and that it failed; where it lies, those who may query."""
    folder, settings = acting.mugs.folder, acting.mugs.folder / "shopkeeper.toml"
    with contextlib.closing(sqlite3.connect(folder / "back_room.sqlite")) as till:
        till.execute("CREATE TABLE stock (sku TEXT, day TEXT, n INTEGER)")
        till.execute("INSERT INTO stock VALUES ('mug', '2024-03-01', 4), ('jug', '2024-03-01', 2)")
        till.commit()
    entry = '\n[[source]]\nname = "till"\nkind = "sqlite"\nconnection = "back_room.sqlite"\ntable = "stock"\n'
    entry += 'key = ["sku", "day"]\n[source.stock_levels]\nsku_id = "sku"\nstock_day = "day"\non_hand = "n"\n'
    entry += 'warehouse_id = { value = "shop" }\n'
    settings.write_text(settings.read_text(encoding="utf-8") + entry, encoding="utf-8")

    def seen(name: str) -> dict[str, object]:
        (row,) = acting.script(name).get("/api/v1/jobs").json()["data"]["pulls"]["rows"]
        return dict(row)

    assert seen("bob")["state"] == "never"
    pull(acting.mugs.shop, "till", by="alice")
    assert (seen("bob")["state"], seen("bob")["rows"], seen("vera")["rows"]) == ("well", 2, 2)
    (folder / "back_room.sqlite").unlink()
    with pytest.raises(SourceError):
        pull(acting.mugs.shop, "till", by="alice")
    assert (seen("bob")["state"], seen("vera")["state"]) == ("failed", "failed")
    assert "back_room" in json.dumps(seen("bob"))
    assert "back_room" not in json.dumps(seen("vera")) + acting.browser("vera").get("/jobs").text
    html = acting.browser("bob").get("/jobs").text
    assert 'id="pulls"' in html
    assert "back_room" in html
    assert "拉取的数据源" in acting.browser("vera").get("/jobs", headers={"Accept-Language": "zh-CN"}).text


@pytest.mark.parametrize("name", ["bob", "vera"])
def test_who_is_no_operator_is_refused(busy: ActingShop, name: str) -> None:
    browser, script = busy.browser(name), busy.script(name)
    dead = listing.jobs(busy.state, "mugs", statuses=("dead",))[0]
    before = listing.counts(busy.state, "mugs")
    for form in ({"kind": "check"}, {"id": dead.id}, {"id": dead.id}):
        address = {"kind": "run", "id": "retry"}[next(iter(form))]
        assert send(browser, "/jobs", f"/jobs/{address}", **form).status_code == 403
    for address in (f"/api/v1/jobs/{dead.id}/retry", f"/api/v1/jobs/{dead.id}/cancel"):
        assert script.post(address).status_code == 403
    assert script.post("/api/v1/jobs/run", json={"kind": "check"}).status_code == 403
    assert (
        busy.browser("olive").post("/jobs/cancel", data={"shop": "mugs", "id": dead.id, "csrf": "0.0"}).status_code
        == 403
    )
    assert busy.browser("olive").post(f"/api/v1/jobs/{dead.id}/cancel").status_code == 403, "a cookie is no token"
    assert busy.guarded.visitor().get("/jobs").status_code == 303
    assert busy.guarded.visitor().get("/api/v1/jobs").status_code == 401
    assert listing.counts(busy.state, "mugs") == before


def test_an_operator_tries_again_calls_off_and_asks_and_it_is_audited(busy: ActingShop) -> None:
    olive, script = busy.browser("olive"), busy.script("olive")
    dead = listing.jobs(busy.state, "mugs", statuses=("dead",))[0]
    running = listing.jobs(busy.state, "mugs", statuses=("running",))[0]
    message = listing.messages(busy.state, "mugs")[0]
    again = send(olive, "/jobs", "/jobs/retry", id=dead.id)
    assert (again.status_code, again.headers["location"]) == (303, f"/jobs?shop=mugs&done=retry&id={dead.id}")
    assert f"{dead.id} begins anew" in olive.get(again.headers["location"]).text
    assert send(olive, "/jobs", "/jobs/cancel", id=dead.id).headers["location"].endswith(f"done=cancel&id={dead.id}")
    assert (
        send(olive, "/jobs", "/jobs/cancel", id=running.id).headers["location"].endswith(f"done=stop&id={running.id}")
    )
    assert "being called off" in olive.get("/jobs").text
    assert send(olive, "/jobs", "/jobs/cancel", id=message.id).status_code == 303
    assert script.post(f"/api/v1/jobs/{message.id}/retry").json()["data"] == {"id": message.id}
    asked = script.post("/api/v1/jobs/run", json={"kind": "check"}).json()["data"]["id"]
    assert listing.job(busy.state, "mugs", asked)[0].created_by == "olive"
    assert script.post("/api/v1/jobs/run", json={"kind": "check"}).status_code == 400
    assert script.post("/api/v1/jobs/run", json={"kind": "chek"}).status_code == 404
    assert script.post("/api/v1/jobs/job_nothing/retry").status_code == 404
    assert script.get("/api/v1/jobs/job_nothing").status_code == 404
    acts = [(e.actor, e.action) for e in recent_events(busy.state, shop="mugs") if e.action.startswith("jobs.")]
    assert acts == [
        ("olive", f"jobs.{a}") for a in ("run", "retried", "cancelled", "cancelled", "cancelled", "retried")
    ]
    assert verify_audit(busy.state).ok


def test_the_api_says_what_the_page_shows(busy: ActingShop) -> None:
    document = busy.script("bob").get("/api/v1/jobs").json()
    data = document["data"]
    assert set(document["meta"]) == {"shop", "as_of", "snapshot", "warnings"}
    assert data["counts"] == {"dead": 1, "done": 1, "running": 1, "waiting": 2}
    assert [s["name"] for s in data["schedules"]] == ["load", "check", "rollup", "maintain"]
    assert data["dead"][0]["error"][0] == ["", "the header is of no known layout"]
    assert data["open"][0]["progress"] == {"text": "orders.csv 30 of 120", "share": 0.25}
    assert data["messages"][0]["status"] == "waiting"


def test_declared_jobs_that_cannot_be_read_are_said(acting: ActingShop) -> None:
    path = acting.mugs.folder / "shopkeeper.toml"
    path.write_text(path.read_text() + '\n[[job]]\nname = "a"\nkind = "lode"\nevery = "5m"\n')
    html = unescape(acting.browser("olive").get("/jobs").text)
    assert "did you mean load?" in html
    assert 'id="schedules"' not in html

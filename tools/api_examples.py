"""Write the answers that the API documents, from the demo shop and a small one: `python -m tools.api_examples`."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from shopkeeper.state import State

FOLDER = Path(__file__).resolve().parents[1] / "src" / "shopkeeper" / "web" / "examples"
ADDRESSES = {
    "health": "/api/v1/health",
    "indicators": "/api/v1/indicators",
    "overview": "/api/v1/overview",
    "kpis": "/api/v1/kpis?kpi=C4&kpi=K1&from=2017-11&to=2017-12",
    "scores": "/api/v1/scores?period=quarter",
    "kpi": "/api/v1/kpis/C4",
    "pack": "/api/v1/packs/stores",
    "explain": "/api/v1/explain/C4?at=2017-11",
    "lineage": "/api/v1/kpis/C4/lineage?at=2017-11",
    "forecast": "/api/v1/kpis/C4/forecast",
    "tables": "/api/v1/data/tables",
    "loads": "/api/v1/data/loads",
    "data": "/api/v1/data",
    "coverage": "/api/v1/data/coverage",
    "reconcile": "/api/v1/reconcile",
    "diagnose": "/api/v1/diagnose",
    "anomalies": "/api/v1/anomalies?from=2017-05&to=2017-12",
    "error": "/api/v1/kpis/C9",
}
LISTED = 2
"""How many entries of a list an example keeps."""


def shortened(value: Any) -> Any:
    """The same value with long lists and texts cut."""
    if isinstance(value, dict):
        return {key: shortened(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shortened(part) for part in value[:LISTED]]
    if isinstance(value, str) and len(value) > 200:
        return value[:200] + "…"
    return value


CORNER = """[shop]
id = "corner"
name = "Corner shop"
[[source]]
name = "till"
files = "*"
[source.order_lines]
order_id = "order"
sku_id = "article"
ordered_at = "day"
paid_at = "day"
quantity = "pieces"
payable_amount = "paid"
customer_id = "buyer"
[[webhooks]]
name = "till"
kind = "signed"
secret = "file:till.secret"
"""
SECRET = "an example"  # noqa: S105 - of a shop that is gone a moment later
BAD = ("two", "three")
OWN = """[[measure]]
id = "dear_amount"
fact = "order_lines"
day = "paid_day"
of = "payable_amount"
where = "payable_amount > 10"
name = { en = "paid amount of dear lines", zh = "高价行的支付金额" }

[[indicator]]
id = "dear_share"
unit = "share"
direction = "up"
numerator = ["dear_amount"]
denominator = ["ordered_amount"]
name = { en = "Share of dear lines", zh = "高价行占比" }
definition = { en = "Paid amount of dear lines ÷ ordered amount.", zh = "高价行的支付金额 ÷ 下单金额。" }

[[target]]
kpi = "dear_share"
from = 2026-03-01
floor = 0.1
baseline = 0.2
target = 0.3
"""


def acted(folder: Path) -> dict[str, Any]:
    """Answers about the checks and the quarantine of a small shop made in `folder`, by name; every change among them."""
    from fastapi.testclient import TestClient

    from shopkeeper.ingest.load import load_paths
    from shopkeeper.warehouse.shop import open_shop
    from shopkeeper.web.app import create_app

    (folder / "inbox").mkdir(parents=True)
    (folder / "shopkeeper.toml").write_text(CORNER, encoding="utf-8")
    (folder / "till.secret").write_text(SECRET, encoding="utf-8")
    (folder / "till.secret").chmod(0o600)
    rows = [f"{n},tea{n % 3},2026-03-{1 + n % 28:02d},1,{10 + n % 3},buyer_{n % 40}" for n in range(120)]
    rows += [f"{200 + n},cup,2026-03-30,{text},9,buyer_1" for n, text in enumerate(BAD)]
    (folder / "inbox" / "till.csv").write_text(
        "\n".join(["order,article,day,pieces,paid,buyer", *rows, ""]), encoding="utf-8"
    )
    shop = open_shop(folder)
    load_paths(shop, [shop.inbox], by="alice")
    with shop.lake.writing("alice", "customers"):
        shop.lake.connection.execute(
            "INSERT INTO customers BY NAME SELECT *, 'made' AS load_id, 'up' AS file_hash FROM (VALUES "
            "('c1', '王小明', 'a1', NULL), ('c2', '李静怡', 'a1', NULL), ('c3', NULL, NULL, 'b2'), "
            "('c4', NULL, NULL, 'b2'), ('c5', NULL, NULL, NULL)) "
            "t(customer_id, name, phone_hash, email_hash)"
        )
    shop.close()
    with _token_state(folder) as (state, secret):
        app = create_app([folder], state=state)
        with TestClient(app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {secret}"}) as client:
            return _answers(client)


@contextlib.contextmanager
def _token_state(folder: Path) -> Iterator[tuple[State, str]]:
    """A state in which Alice owns the shop, and her token."""
    from shopkeeper.access.grants import grant
    from shopkeeper.access.tokens import create_token
    from shopkeeper.access.users import create_user
    from shopkeeper.core.clock import utc_now
    from shopkeeper.state import open_state

    now = utc_now()
    with open_state(f"sqlite:///{folder}/state.sqlite") as state:
        alice = create_user(state, "alice", "a long enough phrase 7", actor="tools", at=now)
        grant(state, alice.id, "corner", "owner", actor="tools", at=now)
        ends = now + dt.timedelta(days=1)
        yield state, create_token(state, "alice", "examples", expires_at=ends, actor="tools", at=now).secret


def _answers(client: TestClient) -> dict[str, Any]:
    def get(address: str) -> Any:
        return client.get(f"/api/v1/{address}").json()

    def post(address: str, body: Any = None) -> Any:
        return client.post(f"/api/v1/{address}", json=body).json()

    found = {"quarantine": get("quarantine"), "check_run": post("checks/run"), "checks": get("checks")}
    found["suggestions"] = get("checks/suggestions?table=order_lines")
    rule = found["suggestions"]["data"][0]["rule"]
    found["check_decision"] = post("checks/decide", {"rule": rule, "decision": "accept"})
    named = {"file": "own.toml", "text": OWN}
    found["definition_check"] = post("definitions/check", named)
    found["definition_accept"] = post("definitions", {**named, "reason": "Know how much is bought at once"})
    post("definitions", {**named, "text": OWN.replace("> 10", "> 11"), "reason": "Count the dear ones alone"})
    found["definition_diff"] = get("definitions/diff?kpi=dear_share")
    found["definitions"] = get("definitions")
    found["definitions"]["data"]["rows"] = [
        r for r in found["definitions"]["data"]["rows"] if r["origin"] != "built_in"
    ]
    found |= _of_customers(get, post)
    first, second = (row["id"] for row in found["quarantine"]["data"]["rows"])
    found["edit"] = post(f"quarantine/{first}/cells", {"cells": {"pieces": "2"}})
    found["release"] = post("quarantine/release", {"ids": [first]})
    found["held_row"] = get(f"quarantine/{first}")
    found["job_run"] = post("jobs/run", {"kind": "check"})
    asked = found["job_run"]["data"]["id"]
    found["jobs"], found["job"] = get("jobs"), get(f"jobs/{asked}")
    found["job_cancel"] = post(f"jobs/{asked}/cancel")
    found |= _persons(get, post)
    found["discard"] = post("quarantine/discard", {"ids": [second], "reason": "a test order"})
    found |= lived(client)
    return found


def lived(client: TestClient) -> dict[str, Any]:
    """Answers about events that were sent just now."""
    from shopkeeper.core.clock import utc_now
    from shopkeeper.ingest.events.webhooks.signature import own_signature

    def event(number: int, **more: object) -> dict[str, object]:
        told = {"event_id": f"e{number}", "happened_at": utc_now().isoformat(), "name": "view", "visitor_id": "v1"}
        return {**told, "sku_id": "tea1", **more}

    events = [event(1), event(2, name="pay", value=12.5), event(3, visiter_id="v1")]
    found = {"events": client.post("/api/v1/events", json=events).json()}
    body, moment = json.dumps([event(4)]).encode(), str(int(utc_now().timestamp()))
    headers = {"X-Shopkeeper-Timestamp": moment, "X-Shopkeeper-Signature": own_signature(SECRET, moment, body)}
    found["webhook"] = client.post("/api/v1/webhooks/till", content=body, headers=headers).json()
    found["live"] = client.get("/api/v1/live").json()
    return found


def _persons(get: Callable[[str], Any], post: Callable[..., Any]) -> dict[str, Any]:
    """Answers about who is one person, of five customers made up in `acted`, who come after the forty of its file."""
    found = {"link_run": post("customers/identities/link", {"whole": True})}
    found["merge"] = post("customers/identities/merge", {"persons": ["P00000041", "P00000043"], "reason": "Told me so"})
    found["split"] = post("customers/identities/P00000041/split", {"customers": ["c4"], "reason": "Told me otherwise"})
    found["judge"] = post(
        "customers/identities/judge",
        {"left": "c1", "right": "c2", "verdict": "accept", "reason": "One household account"},
    )
    found["person_identities"] = get("customers/identities/P00000041")
    post(
        "customers/identities/judge",
        {"left": "c1", "right": "c2", "verdict": "reject", "reason": "Two people after all"},
    )
    found["identities"] = get("customers/identities")
    return found


def _of_customers(get: Callable[[str], Any], post: Callable[..., Any]) -> dict[str, Any]:
    rule = {"all": [{"orders": ">= 3"}, {"recency_days": "<= 20"}]}
    found = {"customers": get("customers"), "segment_count": post("segments/count", {"rule": rule})}
    found["customer"] = get(f"customers/{found['customers']['data']['rows'][0]['ref']}")
    found["segment_save"] = post("segments", {"name": "regulars", "rule": rule, "note": "come again"})
    found["segment_refresh"] = post("segments/regulars/refresh")
    found["segments"] = get("segments")
    found |= {"models": get("models"), "model": get("models/rfm?follow_days=14")}
    return found


def write(folder: Path) -> None:
    """Ask a demo shop and keep what it answers."""
    from fastapi.testclient import TestClient

    from shopkeeper.web.app import create_app

    with TestClient(create_app([folder]), base_url="http://127.0.0.1") as client:
        for name, address in ADDRESSES.items():
            content = json.dumps(shortened(client.get(address).json()), ensure_ascii=False, indent=1)
            (FOLDER / f"{name}.json").write_text(content + "\n", encoding="utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        for name, answer in acted(Path(scratch) / "corner").items():
            content = json.dumps(shortened(answer), ensure_ascii=False, indent=1)
            (FOLDER / f"{name}.json").write_text(content + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "demo/journey"))

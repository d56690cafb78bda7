"""The Jobs page in a real browser: a dead letter tried again and called off, in both languages, on a desk and on a phone."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser

from shopkeeper.access.grants import grant
from shopkeeper.access.users import create_user
from shopkeeper.cli.serve import bound_socket
from shopkeeper.core.clock import utc_now
from shopkeeper.errors import DataQualityError, InternalError
from shopkeeper.jobs import queue
from shopkeeper.jobs.job import Job
from shopkeeper.jobs.outbox import put
from shopkeeper.jobs.schedule import schedules_of
from shopkeeper.jobs.ticking import tick
from shopkeeper.state import State, open_state
from shopkeeper.web.app import create_app
from tests.browser.test_data_pages import signed_in
from tests.browser.test_pages import unlabelled
from tests.shop_folders import GOOD, LINES, ShopFolder
from tests.web.conftest import PASSWORD

pytestmark = pytest.mark.needs("chromium", "chinese-fonts")
REFUSED = DataQualityError(
    "no mapping and no known layout takes this file", where="inbox/pos_2026-11.csv", received="Order No, Paid, Buyer, Till",
    allowed="a [[source]] in shopkeeper.toml", state="nothing was changed",
    next_command="shopkeeper ingest inbox/pos_2026-11.csv --dry-run",
)  # fmt: skip


def begun(state: State, kind: str, minute: int, **given: str) -> tuple[Job, dt.datetime]:
    """A job that a worker has taken some minutes ago."""
    at = utc_now() - dt.timedelta(minutes=minute)
    with state.writing() as connection:
        queue.enqueue(connection, "mugs", kind, at=at, by="worker", schedule=given.get("schedule", kind))
    job = queue.claim(state, "mugs", worker="till-2/4711/9f2c", kinds=(kind,), at=at, lease=dt.timedelta(hours=1))
    assert job is not None
    return job, at


def fill(state: State, shop: ShopFolder) -> None:
    """Jobs of every status, and a message."""
    tick(state, "mugs", schedules_of(shop.shop.settings), at=utc_now())
    load, at = begun(state, "check", 40)
    queue.finish(state, load, at=at + dt.timedelta(seconds=4.2), result={"rules": 232, "failed": 3})
    night, at = begun(state, "maintain", 30)
    queue.finish(
        state, night, at=at + dt.timedelta(seconds=95), result={"merge_adjacent_files": 12, "expire_snapshots": 4}
    )
    dead, at = begun(state, "load", 20, schedule="pos")
    queue.fail(state, dead, REFUSED, at=at + dt.timedelta(seconds=1), dice=random.Random(1))
    again, at = begun(state, "rollup", 6)
    queue.fail(state, again, InternalError("the disk is full", where="data/rollups"), at=at, dice=random.Random(1))
    runs, at = begun(state, "load", 1, schedule="nightly")
    queue.renew(
        state, runs, at=utc_now(), lease=dt.timedelta(hours=1),
        progress={"step": "orders_2026-11.csv", "done": 412_000, "total": 1_250_000},
    )  # fmt: skip
    with state.writing() as connection:
        put(connection, "mugs", "owner_webhook", "k", {"type": "job.dead"}, at=utc_now())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A shop with jobs, operated by Olive."""
    folder: Path = tmp_path_factory.mktemp("worked")
    mugs = ShopFolder(folder / "shop", LINES)
    mugs.load(mugs.drop("a.csv", GOOD))
    mugs.lake.close()
    with open_state(f"sqlite:///{folder / 'state.sqlite'}") as state:
        olive = create_user(state, "olive", PASSWORD, actor="tests", at=utc_now())
        grant(state, olive.id, "mugs", "operator", actor="tests", at=utc_now())
        fill(state, mugs)
        socket = bound_socket("127.0.0.1", 0)
        app = create_app([mugs.folder], state=state)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)
        socket.close()


@pytest.mark.parametrize(
    ("lang", "width", "scheme", "then", "gone"), [("zh", 390, "light", "retry", 1), ("en", 1440, "dark", "cancel", 0)]
)
def test_what_waits_for_a_person_is_seen_to(
    chrome: Browser, place: str, lang: str, width: int, scheme: str, then: str, gone: int
) -> None:
    page = signed_in(chrome, place, width, lang, scheme)
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))

    def fits() -> None:
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert unlabelled(page) == []

    page.goto(f"{place}/jobs")
    fits()
    assert page.locator("#now .far svg").is_visible()
    dead = page.locator("#dead form[action='/jobs/retry']").count()
    page.click(f"#{'dead' if then == 'retry' else 'now'} form[action='/jobs/{then}'] .btn >> nth=0")
    fits()
    assert page.locator("p.flash").is_visible()
    assert page.locator("#dead form[action='/jobs/retry']").count() == dead - gone
    page.click("#history th a >> nth=0")
    fits()
    assert page.locator("#attempts tbody tr").count() >= 1
    assert said == []
    page.context.close()

"""Every platform keeps one shape and passes one suite against a server that enforces its signature; its export tells the same."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.core.wording import LANGUAGES, has_word, word
from shopkeeper.errors import ConfigError, SourceError
from shopkeeper.ingest.load import load_paths
from shopkeeper.ingest.platforms import PLATFORMS, platform_named
from shopkeeper.ingest.platforms.fixture import PERSONAL
from shopkeeper.warehouse.model import COMMERCE_TABLES
from tests.platform_server import SECRET, TOKEN, Door
from tests.platform_shops import ApiShop, KilledError, api_shop, fixture_of

FOLDER = Path(importlib.import_module("shopkeeper.ingest.platforms").__file__ or "").parent
EXPORTS = tuple(name for name in PLATFORMS if fixture_of(name).export)
AMOUNTS = (
    "SELECT order_id, line_no, sku_id, quantity, list_amount, payable_amount, receivable_amount, paid_at "
    "FROM order_lines ORDER BY ALL"
)
REFUSALS = {
    "signature": "check app_key and app_secret", "token": "authorise the shop again",
    "permission": "apply for the API's permission",
    "clock": "set this machine's clock", "parameter": "import the platform's export files",
}  # fmt: skip


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=PLATFORMS)
def refusing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiShop]:
    """A shop whose platform never gives it anything: whatever the platform says, the lake stays as it was."""
    with api_shop(tmp_path_factory.mktemp("refusing"), str(request.param)) as api:
        before = api.tiny.shop.lake.snapshot()
        yield api
        assert api.tiny.shop.lake.snapshot() == before


def refused(api: ApiShop, fault: str) -> SourceError:
    """The error of a pull whose every request is answered so; it holds no secret and nothing personal."""
    api.door.always = fault
    with pytest.raises(SourceError) as caught:
        api.pull()
    told = f"{caught.value} {caught.value.as_json()}"
    assert not [text for text in (SECRET, TOKEN, *PERSONAL) if text in told]
    assert "nothing was changed" in caught.value.state
    return caught.value


def assert_told(api: ApiShop) -> None:
    """The warehouse holds what the fixture says, to the cent."""
    fixture = fixture_of(api.door.fixture.platform)
    found = {table: rows for table, rows in api.counts().items() if table in COMMERCE_TABLES}
    assert {table: rows for table, rows in found.items() if table in fixture.loaded} == dict(fixture.loaded)
    assert set(found) - set(fixture.loaded) <= {"products", "customers", "channels"}
    for name, total in fixture.totals.items():
        table, column = name.split(".")
        assert api.one(f"SELECT sum({column}) FROM {table}") == Decimal(total), name
    assert api.one("SELECT count(*) FROM quarantine") == 0


def test_every_platform_has_the_one_shape() -> None:
    found = {folder.name for folder in FOLDER.iterdir() if (folder / "__init__.py").exists()}
    assert found == set(PLATFORMS)
    for name in found:
        assert {"signing.py", "calls.py", "mapping.py", "fixture.py"} <= {
            file.name for file in (FOLDER / name).iterdir()
        }


def test_a_declaration_keeps_its_promises(platform: str) -> None:
    declared = platform_named(platform)
    assert declared.name == platform
    assert has_word(f"platform_permission.{platform}")
    assert all(has_word(f"platform.doubt_{doubt}") for doubt in declared.doubts)
    assert len({call.name for call in declared.calls}) == len(declared.calls)
    for call in declared.calls:
        assert call.counted != bool(call.cursor), "a list tells its count or hands out cursors"
        assert call.longest > dt.timedelta(minutes=5), "a span is longer than what spans overlap by"
        assert len(set(call.kept)) == len(call.kept)
        words = " ".join(call.layout.says.values())
        unread = [path for path in call.keep if f'"{path}"' not in words and path not in (call.key, call.modified)]
        assert [
            path for path in unread if any(part in path.lower() for part in ("name", "phone", "mobile", "address"))
        ] == []
        for part in call.layout.tables:
            assert set(part.columns) <= set(COMMERCE_TABLES[part.name].column_names)


def test_a_first_pull_survives_what_networks_and_limits_do(platform: str, tmp_path: Path) -> None:
    with api_shop(tmp_path, platform) as api:
        api.door.next_faults = ["drop", "throttle", "429", "passing", "", "drop"]
        report = api.pull()
        assert_told(api)
        assert report.quarantined == 0
        assert len(api.slept) >= 4, "every fault that passes is waited for"
        doubts = {f"platform.doubt_{doubt}" for doubt in platform_named(platform).doubts}
        assert doubts <= {note.topic for note in report.notes}, (
            "what is unverified is said at every pull that brings rows"
        )
        again = api.pull()
        assert again.already_loaded
        written = b"".join(path.read_bytes() for path in (tmp_path / "shop").rglob("*") if path.is_file())
        assert not [text for text in (SECRET, TOKEN, *PERSONAL) if text.encode() in written]
        before = len(api.door.asked)
        later = api.door.records["orders"].pop(0)
        _move(later, platform_named(platform).call("orders").modified)
        api.door.records["orders"].append(later)
        api.later(3.0)
        assert api.pull().loaded == 0, "an order that is the same in all that is kept changes nothing"
        assert_told(api)
        assert 0 < len(api.door.asked) - before <= 24, "three hours are asked for, not the whole day again"


def _move(record: Any, path: str) -> None:
    """Give a record a modification time two hours after the tests' moment, in the form that it has."""
    *parents, name = path.split(".")
    holder = record
    for parent in parents:
        holder = holder[parent]
    value, moment = holder[name], dt.datetime(2026, 7, 6, 18, 0, tzinfo=dt.UTC)
    if isinstance(value, int):
        holder[name] = int(moment.timestamp()) * (1000 if value > 10**11 else 1)
    elif value.endswith("Z"):
        holder[name] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    else:
        holder[name] = (moment + dt.timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")


def test_a_pull_that_is_killed_goes_on_where_it_was(platform: str, tmp_path: Path) -> None:
    with api_shop(tmp_path, platform, since="2026-07-05") as api:
        api.batch_records, kills = 1, 0
        for after in (1, 3, 60):
            api.asked, api.kill_after = 0, after
            try:
                api.pull()
            except KilledError:
                kills += 1
        assert kills >= 1
        api.kill_after = 0
        api.pull()
        assert_told(api)
        cursors = [
            row["cursor"]
            for row in api.tiny.shop.lake.rows("SELECT cursor FROM pulls WHERE stream = 'orders' ORDER BY snapshot")
        ]
        assert cursors == sorted(cursors)


def test_an_empty_window_moves_on_and_loads_nothing(platform: str, tmp_path: Path) -> None:
    def emptied(door: Door) -> None:
        door.records = {name: [] for name in door.records}

    with api_shop(tmp_path, platform, emptied) as api:
        report = api.pull()
        assert report.already_loaded
        assert api.one("SELECT count(*) FROM orders") == 0
        cursor = api.one("SELECT max(cursor) FROM pulls")
        assert cursor >= "2026-07-06T15:5"
        snapshot = api.tiny.shop.lake.snapshot()
        api.pull()
        assert api.tiny.shop.lake.snapshot() == snapshot, "nothing new writes nothing"


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_refusal_names_the_fix(refusing: ApiShop, kind: str) -> None:
    if refusing.door.fixture.platform == "shopify" and kind in ("signature", "clock"):
        kind = "token"  # nothing is signed there, and no moment is sent
    error = refused(refusing, kind)
    assert REFUSALS[kind] in error.next_command
    assert not error.retryable
    assert f"source api, {refusing.door.fixture.platform} " in error.where


@pytest.mark.parametrize("kind", ["throttle", "429", "passing", "drop"])
def test_what_does_not_pass_is_told_as_something_that_may(refusing: ApiShop, kind: str) -> None:
    assert refused(refusing, kind).retryable


@pytest.mark.parametrize("kind", ["garbage", "strange", "half"])
def test_an_answer_that_is_none_is_refused(refusing: ApiShop, kind: str) -> None:
    assert "not what the platform documents" in refused(refusing, kind).what


def test_a_wrong_secret_is_a_wrong_signature(platform: str, tmp_path: Path) -> None:
    def other(door: Door) -> None:
        door.secret = "another-secret-of-the-app"
        door.token = door.token if platform != "shopify" else "another-token"

    with api_shop(tmp_path, platform, other) as api, pytest.raises(SourceError) as caught:
        api.pull()
    wanted = "authorise the shop again" if platform == "shopify" else "check app_key and app_secret"
    assert wanted in caught.value.next_command


def test_a_clock_that_is_wrong_is_told_with_its_error(platform: str, tmp_path: Path) -> None:
    if platform == "shopify":
        return  # no moment is sent

    def ahead(door: Door) -> None:
        door.clock_ahead = 7200.0

    with api_shop(tmp_path, platform, ahead) as api:
        error = refused(api, "clock")
    assert "this machine's clock is 7,200 s behind the platform's" in (error.received or "")


@pytest.mark.parametrize("name", EXPORTS)
def test_an_order_read_by_file_and_by_interface_is_one(name: str, tmp_path: Path) -> None:
    fixture = fixture_of(name)
    assert fixture.export is not None
    table_keys = {table: ", ".join(COMMERCE_TABLES[table].key) for table in ("orders", "order_lines")}
    with api_shop(tmp_path, name) as api:
        lake = api.tiny.shop.lake
        load_paths(api.tiny.shop, [fixture.export.written(tmp_path)], by="alice")
        by_file = {
            table: lake.query(f"SELECT {keys} FROM {table} ORDER BY ALL").fetchall()
            for table, keys in table_keys.items()
        }
        amounts = lake.query(AMOUNTS).fetchall()
        api.pull()
        for table, keys in table_keys.items():
            assert lake.query(f"SELECT {keys} FROM {table} ORDER BY ALL").fetchall() == by_file[table], table
        assert lake.query(AMOUNTS).fetchall() == amounts


def test_secrets_stand_nowhere_but_in_the_environment_or_a_closed_file(platform: str, tmp_path: Path) -> None:
    with api_shop(tmp_path, platform, app_secret='"plain-secret"') as api, pytest.raises(ConfigError) as caught:
        api.pull()
    assert "plain-secret" not in str(caught.value)
    assert "env:NAME" in caught.value.allowed


def test_words_name_each_permission_in_both_languages() -> None:
    for name in PLATFORMS:
        assert len({word(f"platform_permission.{name}", lang) for lang in LANGUAGES}) == len(LANGUAGES)


def test_another_shop_keeps_its_orders_apart(tmp_path: Path) -> None:
    with api_shop(tmp_path, "taobao", shop_id='"second"') as api:
        api.pull()
        assert api.one("SELECT DISTINCT shop_id FROM orders") == "second"

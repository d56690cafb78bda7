"""`shopkeeper ingest NAME` of a platform, and what `sources` says of platforms: exit codes, warnings, both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from unittest import mock

from shopkeeper.ingest.pull import declared
from tests.cli.conftest import Run
from tests.platform_server import SECRET, TOKEN
from tests.platform_shops import api_shop


def test_a_pull_by_name_says_what_is_unverified(run: Run, tmp_path: Path) -> None:
    with api_shop(tmp_path, "kuaishou") as api:
        folder = api.tiny.shop.folder
        api.tiny.shop.close()
        with mock.patch.dict(cast(Any, declared.KINDS), {"api": api.made}):
            pulled = run("-C", folder, "ingest", "api", "--format", "json")
            again = run("-C", folder, "ingest", "api")
            listed = run("-C", folder, "sources", "--show", "platforms", "--format", "json")
            standing = run("-C", folder, "sources", "--show", "pulls", "--format", "json")
            api.door.always = "token"
            api.later(2.0)
            ended = run("-C", folder, "ingest", "api")
    assert pulled.code == 0
    assert {row["table"] for row in pulled.json["data"]} >= {"orders", "order_lines", "refunds"}
    assert [text for text in pulled.json["meta"]["warnings"] if "signature of kuaishou is unverified" in text]
    assert (again.code, "Nothing new" in again.out) == (0, True)
    rows = {row["platform"]: row for row in listed.json["data"]}
    assert (rows["kuaishou"]["signature"], rows["kuaishou"]["sources"]) == ("unverified", ["api"])
    assert (rows["taobao"]["signature"], rows["taobao"]["doubts"]) == ("verified", [])
    assert all(row["needs"] for row in rows.values())
    assert [row["kind"] for row in standing.json["data"]] == ["api", "api"]
    assert ended.code == 3
    assert "authorise the shop again" in ended.err
    for said in (pulled, again, listed, standing, ended):
        assert not [secret for secret in (SECRET, TOKEN) if secret in said.out + said.err]

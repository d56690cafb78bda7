"""Assets live a year under their hash; preferences come from cookies with safe values."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from shopkeeper.web.assets import Asset, Assets
from shopkeeper.web.preferences import accepted_language


def asset_paths(html: str) -> set[str]:
    """The assets that a page asks for."""
    return set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', html))


def test_assets_are_immutable_and_packed(client: TestClient) -> None:
    for path in asset_paths(client.get("/").text):
        answer = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["cache-control"]
        if not path.endswith(".woff2"):
            assert answer.headers["content-encoding"] == "gzip"
            assert answer.content == client.get(path, headers={"Accept-Encoding": "identity"}).content


def test_what_a_style_sheet_and_a_module_name_exists(client: TestClient) -> None:
    paths = asset_paths(client.get("/").text)
    for path in [p for p in paths if p.endswith((".css", "app.js"))]:
        folder = path.rsplit("/", 1)[0]
        for name in re.findall(r"""(?:url\("|import '\./|from '\./)([^"')]+)""", client.get(path).text):
            assert client.get(f"{folder}/{name}").status_code == 200, name


def test_an_older_version_is_gone_rather_than_wrong(client: TestClient) -> None:
    assert client.get("/assets/000000000000/app.css").status_code == 404


def test_the_version_changes_with_any_content() -> None:
    one = Assets({"a.js": Asset(b"1", None, "text/javascript"), "b.js": Asset(b"1", None, "text/javascript")})
    two = Assets({"a.js": Asset(b"1", None, "text/javascript"), "b.js": Asset(b"2", None, "text/javascript")})
    assert one.url("a.js") != two.url("a.js")


@pytest.mark.parametrize(
    ("cookie", "shown"),
    [
        ("", 'data-theme="auto" data-tone="intl"'),
        ("theme=dark; tone=cb", 'data-theme="dark" data-tone="cb"'),
        ("lang=zh", 'data-theme="auto" data-tone="cn"'),
        ("lang=zh; tone=intl", 'data-theme="auto" data-tone="intl"'),
        ('theme="><script>; tone=zz; lang=xx', 'data-theme="auto" data-tone="intl"'),
    ],
)
def test_preferences_come_from_cookies_with_safe_values(client: TestClient, cookie: str, shown: str) -> None:
    html = client.get("/", headers={"Cookie": cookie, "Accept-Language": "en"}).text
    assert shown in html


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("fr, de", "zh"),
        ("", "zh"),
        ("en;q=0", "zh"),
    ],
)
def test_the_browsers_language_decides_and_the_shops_language_helps_out(header: str, lang: str) -> None:
    assert accepted_language(header, "zh") == lang

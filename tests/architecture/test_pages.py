"""Markup carries no inline code and names no foreign server, so a strict Content-Security-Policy can hold."""

from __future__ import annotations

import pytest

from tests.architecture import rules
from tests.architecture.files import package_files, shown


def test_markup_has_no_inline_style_script_or_handler() -> None:
    files = package_files(".html", ".svg")
    assert [c for path in files for c in rules.inline_code(shown(path), path.read_text(encoding="utf-8"))] == []


OWN_POLICY = "src/shopkeeper/render/report.py"
"""Reports leave the house as one file, which no server sends: each brings its style, and a policy that lets nothing else in."""


def test_markup_made_by_python_has_no_inline_code_either() -> None:
    files = [path for path in package_files(".py") if shown(path) != OWN_POLICY]
    report = next(path for path in package_files(".py") if shown(path) == OWN_POLICY)
    found = rules.inline_code_in_python(OWN_POLICY, report.read_text(encoding="utf-8"))
    assert [c.split(": ")[1] for c in found] == ["inline '<style'"]
    assert [
        c for path in files for c in rules.inline_code_in_python(shown(path), path.read_text(encoding="utf-8"))
    ] == []


def test_pages_and_their_assets_name_no_foreign_server() -> None:
    files = package_files(".html", ".svg", ".css", ".js")
    assert [c for path in files for c in rules.external_addresses(shown(path), path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="color: red">',
        '<button onclick="go()">',
        '<a\nonmouseover = "x()">',
        '<div hx-on:click="x()">',
        "<style>p { color: red }</style>",
        "<script>go()</script>",
        '<a href="javascript:go()">',
    ],
)
def test_inline_code_is_found(markup: str) -> None:
    assert len(rules.inline_code("a.html", markup)) == 1


@pytest.mark.parametrize(
    "markup",
    [
        '<script src="{{ asset("app.js") }}" defer></script>',
        '<script type="application/json" id="chart">{}</script>',
        '{# never write style="…" here #}<p class="style" data-once="1">',
        '<style-guide></style-guide><p aria-description="one = 1">',
    ],
)
def test_markup_without_inline_code_passes(markup: str) -> None:
    assert rules.inline_code("a.html", markup) == []


@pytest.mark.parametrize("text", ['<img src="https://cdn.example.com/a.png">', "url(//fonts.example.com/a.woff2)"])
def test_a_foreign_server_is_found(text: str) -> None:
    assert len(rules.external_addresses("a.css", text)) == 1


@pytest.mark.parametrize(
    "text", ['<svg xmlns="http://www.w3.org/2000/svg">', "// a comment. Then more", 'href="/kpis"']
)
def test_namespaces_comments_and_own_paths_pass(text: str) -> None:
    assert rules.external_addresses("a.js", text) == []


def test_inline_code_in_a_python_string_is_found() -> None:
    assert len(rules.inline_code_in_python("a.py", """x = f'<g style="fill: {colour}"></g>'""")) == 1
    assert (
        rules.inline_code_in_python(
            "a.py", """x = f'<g class="{name}"></g>'; y = "where a = 'b' and online = 'yes'" """
        )
        == []
    )

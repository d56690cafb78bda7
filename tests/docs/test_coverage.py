"""Anything that can be typed or set is documented, and the generated pages are up to date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shopkeeper.core.settings import SETTINGS
from tests.docs.documents import all_documentation
from tools import reference_docs


def mentioned(name: str, text: str) -> bool:
    """Whether the exact words stand in the text, not as a part of longer ones."""
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) is not None


def test_every_command_is_documented() -> None:
    text = all_documentation()
    paths = [path for path, _ in reference_docs.commands(reference_docs.command_tree())]
    assert [path for path in paths if not mentioned(path, text)] == []


def test_every_command_has_help() -> None:
    tree = reference_docs.commands(reference_docs.command_tree())
    assert [path for path, command in tree if not (command.help or "").strip()] == []


def test_every_option_has_help() -> None:
    tree = reference_docs.commands(reference_docs.command_tree())
    unexplained = [
        f"{path} {parameter.opts[0]}"
        for path, command in tree
        for parameter in command.params
        if parameter.param_type_name == "option" and not parameter.hidden and not parameter.help
    ]
    assert unexplained == []


def test_every_setting_is_documented_and_explained() -> None:
    text = all_documentation()
    assert [row.name for row in SETTINGS if not mentioned(row.name, text)] == []
    assert [row.name for row in SETTINGS if not row.help.strip()] == []


@pytest.mark.parametrize("page", reference_docs.pages(), ids=lambda page: page.name)
def test_the_made_pages_are_what_the_code_says(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == reference_docs.pages()[page]


def test_a_part_of_a_longer_name_is_no_mention() -> None:
    assert mentioned("serve.port", "set `serve.port` to 80")
    assert not mentioned("serve.port", "set `serve.ports` to 80")
    assert not mentioned("shopkeeper user", "shopkeeper user-list")

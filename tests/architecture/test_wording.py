"""Every word that a person sees exists in both languages, is used, and is asked for under a key that exists."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from shopkeeper.core.wording import LANGUAGES, catalogue
from tests.architecture import rules
from tests.architecture.files import PACKAGE, package_files

PREFIXES: dict[str, str] = tomllib.loads(
    Path(__file__).with_name("dynamic_words.toml").read_text(encoding="utf-8")
)["prefixes"]  # fmt: skip


@cache
def used() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """All literals, all keys given to `word`, and all run-time prefixes, over code and templates."""
    found = [rules.words_in_python(path.read_text(encoding="utf-8")) for path in package_files(".py")]
    found += [
        rules.words_in_template(path.read_text(encoding="utf-8")) for path in package_files(".html", ".svg", ".js")
    ]
    literals, keys, prefixes = (frozenset[str]().union(*sets) for sets in zip(*found, strict=True))
    return literals, keys, prefixes


def test_every_word_has_both_languages_with_the_same_placeholders() -> None:
    assert rules.wrong_texts(catalogue(), LANGUAGES) == []  # type: ignore[arg-type]


def test_every_word_is_used() -> None:
    literals, _, _ = used()
    assert [key for key in catalogue() if key not in literals and not key.startswith(tuple(PREFIXES))] == []


def test_every_key_asked_for_exists() -> None:
    _, keys, _ = used()
    assert sorted(keys - set(catalogue())) == []


def test_every_key_made_at_run_time_begins_with_a_listed_prefix() -> None:
    _, _, prefixes = used()
    assert sorted(prefix for prefix in prefixes if not prefix or not prefix.startswith(tuple(PREFIXES))) == []


def test_every_listed_prefix_is_still_needed() -> None:
    literals, _, prefixes = used()
    in_code = prefixes | literals | _heads_of_strings()
    assert [p for p in PREFIXES if not any(text.startswith(p) for text in in_code)] == []
    assert [p for p in PREFIXES if not any(key.startswith(p) for key in catalogue())] == []


def _heads_of_strings() -> frozenset[str]:
    """Beginnings of f-strings kept in a variable before `word` sees them."""
    texts = [path.read_text(encoding="utf-8") for path in package_files(".py", ".html") if path.is_relative_to(PACKAGE)]
    return frozenset(p for p in PREFIXES if any(f'"{p}' in text or f"'{p}" in text for text in texts))


# --- each rule finds a bad example ------------------------------------------------------------------------------------


def test_a_missing_language_an_empty_text_and_differing_placeholders_are_found() -> None:
    bad = {
        "a.one": {"en": "One"},
        "a.two": {"en": "Two", "zh": " "},
        "a.three": {"en": "{n} rows", "zh": "行"},
        "a.good": {"en": "{n} rows", "zh": "{n} 行"},
    }
    assert [complaint.split(":")[0] for complaint in rules.wrong_texts(bad, ["en", "zh"])] == [
        "a.one",
        "a.two",
        "a.three",
    ]


def test_keys_and_prefixes_are_read_from_python() -> None:
    source = (
        'word("a.b", lang)\nwording.word("c.d" if x else "e.f", lang)\nword(f"kpi.{i}.name", lang)\nword(key, lang)'
    )
    literals, keys, prefixes = rules.words_in_python(source)
    assert keys == {"a.b", "c.d", "e.f"}
    assert prefixes == {"kpi."}
    assert keys <= literals


def test_a_key_made_without_a_constant_beginning_is_found() -> None:
    assert rules.words_in_python('word(f"{section}.name", lang)')[2] == {""}


def test_keys_and_prefixes_are_read_from_templates() -> None:
    literals, keys, prefixes = rules.words_in_template(
        """{{ word("a.b", n=1) }} {{ t('c.d') }} {{ word("kpi." ~ id) }}"""
    )
    assert keys == {"a.b", "c.d"}
    assert prefixes == {"kpi."}
    assert keys <= literals

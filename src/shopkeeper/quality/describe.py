"""Rules and results in words, in both languages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from shopkeeper.core.wording import Language, has_word, word
from shopkeeper.quality.result import CheckResult
from shopkeeper.quality.rule import Rule

_SHOWN = 6


def says(rule: Rule, lang: Language) -> str:
    """What a rule says, in one line.

    >>> from shopkeeper.quality.rule import NotNull
    >>> says(NotNull(id="a", table="orders", column="region"), "en")
    'region is filled'
    """
    values = {f.name: _shown(getattr(rule, f.name)) for f in dataclasses.fields(rule) if f.name != "key"}
    return word(f"check_says.{rule.kind}", lang, **{**values, "columns": ", ".join(rule.cells)})


def told(result: CheckResult, lang: Language) -> str:
    """What was measured, or why nothing was; empty when the counts say all."""
    facts = {name: value if value is not None else "–" for name, value in result.facts.items()}
    if result.status == "not_run":
        return word(f"check_why.{result.why}", lang, **facts)
    key = f"check_facts.{result.rule.kind}"
    return word(key, lang, **facts) if has_word(key) else ""


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Iterable) and not isinstance(value, str):
        parts = [str(part) for part in value]
        return ", ".join(parts[:_SHOWN]) + (" …" if len(parts) > _SHOWN else "")
    return str(value)

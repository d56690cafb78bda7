"""Rules and results in words, in both languages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

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
    return measured(result.rule.kind, result.why, result.facts, lang)


def measured(kind: str, why: str, facts: Mapping[str, str | None], lang: Language) -> str:
    """The same of a rule's kind, what kept it from running, and its facts."""
    known = {name: value if value is not None else "–" for name, value in facts.items()}
    if why:
        return word(f"check_why.{why}", lang, **known)
    key = f"check_facts.{kind}"
    return word(key, lang, **known) if known and has_word(key) else ""


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Iterable) and not isinstance(value, str):
        parts = [str(part) for part in value]
        return ", ".join(parts[:_SHOWN]) + (" …" if len(parts) > _SHOWN else "")
    return str(value)

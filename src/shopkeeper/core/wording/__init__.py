"""Every word a person sees, in English and 简体中文, from one catalogue.

The catalogue is the set of TOML files beside this module: `[section]` tables whose keys hold `{ en = "…", zh = "…" }`.
"""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from typing import Literal, get_args

from shopkeeper.errors import InternalError, nearest

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@functools.cache
def catalogue() -> dict[str, dict[Language, str]]:
    """All words: dotted key → language → text. Raises InternalError when a key is declared twice."""
    words: dict[str, dict[Language, str]] = {}
    for entry in sorted(resources.files(__package__).iterdir(), key=lambda e: e.name):
        if not entry.name.endswith(".toml"):
            continue
        for section, keys in tomllib.loads(entry.read_text(encoding="utf-8")).items():
            for key, texts in keys.items():
                dotted = f"{section}.{key}"
                if dotted in words:
                    raise InternalError("a word is declared twice", where=f"wording/{entry.name}", received=dotted)
                words[dotted] = texts
    return words


def word(key: str, lang: Language, **values: object) -> str:
    """The text of a key in one language, with its {placeholders} filled.

    >>> word("app.name", "zh")
    '掌柜'
    """
    try:
        text = catalogue()[key][lang]
    except KeyError:
        close = nearest(key, catalogue())
        raise InternalError("a word is missing from the catalogue", received=f"{key} ({lang})", allowed=close) from None
    return text.format(**values) if values else text


def has_word(key: str) -> bool:
    """Whether the catalogue knows this key."""
    return key in catalogue()

"""What a reader prefers: language, theme and tone, from cookies with safe values; what is usual otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request

from shopkeeper.core.wording import LANGUAGES, Language

Theme = Literal["auto", "light", "dark"]
Tone = Literal["intl", "cn", "cb"]
THEMES: tuple[Theme, ...] = ("auto", "light", "dark")
TONES: tuple[Tone, ...] = ("intl", "cn", "cb")
"""Green is good; red is good, as Chinese exchanges colour; blue and orange for the colour-blind."""


@dataclass(frozen=True)
class Preferences:
    """How pages are shown to one reader."""

    lang: Language
    theme: Theme
    tone: Tone


def preferences_of(request: Request, usual: Language = "en") -> Preferences:
    """The reader's preferences; `usual` is the shop's language, for a browser that names neither of ours."""
    lang = request.cookies.get("lang")
    language = lang if lang in LANGUAGES else accepted_language(request.headers.get("accept-language", ""), usual)
    theme = request.cookies.get("theme")
    tone = request.cookies.get("tone")
    return Preferences(
        language,
        theme if theme in THEMES else "auto",
        tone if tone in TONES else "cn" if language == "zh" else "intl",
    )


def accepted_language(header: str, usual: Language) -> Language:
    """The first of our languages that a browser's Accept-Language prefers.

    >>> accepted_language("fr;q=0.9, zh-CN;q=0.8, en;q=0.5", "en")
    'zh'
    """
    ranked: list[tuple[float, int, Language]] = []
    for index, part in enumerate(header.split(",")):
        tag, _, rest = part.strip().partition(";")
        for language in LANGUAGES:
            if tag.lower().split("-")[0] == language:
                ranked.append((-_quality(rest), index, language))
    wanted = [language for quality, _, language in sorted(ranked) if quality < 0]
    return wanted[0] if wanted else usual


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0

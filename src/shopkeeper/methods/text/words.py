"""Words of a text in Chinese or English."""

from __future__ import annotations

import logging
import re
import unicodedata
import warnings
from typing import Any

_HAN = re.compile(r"[\u4e00-\u9fff]+")
_LATIN = re.compile(r"[a-z][a-z']+|\d+")


def words_of(text: str) -> list[str]:
    """The words of a text, small and of normal width; Chinese is cut by jieba, other writing at blanks and marks.

    >>> words_of("Broken box!  It leaks")
    ['broken', 'box', 'it', 'leaks']
    >>> words_of("质量很差")
    ['质量', '很', '差']
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    found: list[tuple[int, str]] = [(m.start(), m.group()) for m in _LATIN.finditer(plain)]
    for run in _HAN.finditer(plain):
        at = run.start()
        for piece in _cutter().cut(run.group(), HMM=False):
            found.append((at, piece))
            at += len(piece)
    return [piece for _, piece in sorted(found)]


def _cutter() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its patterns are written as Python of 2012 allowed
        import jieba  # 0.6 s, and only texts need it

    jieba.setLogLevel(logging.WARNING)
    return jieba.dt

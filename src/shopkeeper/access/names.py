"""Login names: what one may look like, so that two people never share one in two spellings."""

from __future__ import annotations

import re
import unicodedata

from shopkeeper.errors import UsageError

_SHAPE = re.compile(r"\w[\w.@+-]{0,63}")


def login_name(text: str) -> str:
    """The one spelling of a login name: NFKC, case-folded. Letters of any script, digits and `. _ @ + -`.

    >>> login_name(" Ａlice ")
    'alice'
    """
    name = unicodedata.normalize("NFKC", text).strip().casefold()
    if not _SHAPE.fullmatch(name):
        raise UsageError(
            "this cannot be a login name", received=text, allowed="1 to 64 letters, digits or . _ @ + -, no spaces"
        )
    return name

"""Identifiers that sort by time of creation and never collide between processes."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32: no i, l, o, u, so ids can be read aloud


def new_id(prefix: str) -> str:
    """A short unique id such as `load_06b2k3v7q0w4n8xd`: 48 bits of milliseconds, then 30 random bits.

    >>> new_id("load").startswith("load_") and new_id("a") != new_id("a")
    True
    """
    number = (int(time.time() * 1000) << 30) | secrets.randbits(30)
    digits = []
    for _ in range(16):
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    return f"{prefix}_{''.join(reversed(digits))}"

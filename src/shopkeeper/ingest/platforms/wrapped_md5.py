"""The signature that Taobao, JD and Pinduoduo share: MD5 of the sorted parameters between two copies of the secret."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def wrapped_md5(params: Mapping[str, str], secret: str) -> str:
    """UPPER(MD5(secret + name1value1name2value2… + secret)), names in ASCII order.

    >>> wrapped_md5({"b": "2", "a": "1"}, "s") == hashlib.md5(b"sa1b2s").hexdigest().upper()
    True
    """
    joined = "".join(f"{name}{params[name]}" for name in sorted(params))
    return hashlib.md5(f"{secret}{joined}{secret}".encode(), usedforsecurity=False).hexdigest().upper()

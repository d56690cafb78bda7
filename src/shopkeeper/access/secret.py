"""Random secrets that are handed out once and kept only as a hash.

A plain SHA-256 is enough here, unlike for passwords: 256 random bits cannot be guessed, so there is nothing to slow
down, and whoever reads the database still cannot use what is there.
"""

from __future__ import annotations

import hashlib
import secrets


def new_secret() -> str:
    """256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """What is stored of a secret.

    >>> len(secret_hash(new_secret()))
    64
    """
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()

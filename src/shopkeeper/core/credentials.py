"""Passwords and keys: read from the environment or from a file that is closed to others, and kept out of every text."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus

from shopkeeper.core.settings import resolved
from shopkeeper.errors import ConfigError

ENVIRONMENT, FILE = "env:", "file:"
ALLOWED = ("env:NAME", "file:PATH of a file that only its owner may read")
_SHORTEST = 4  # hiding one or two letters would tear every text apart


def is_reference(value: str) -> bool:
    """Whether a setting says where a secret is, and not the secret itself."""
    return value.startswith((ENVIRONMENT, FILE))


def revealed(value: str, *, where: str, folder: Path) -> str:
    """The secret that a setting refers to: `env:NAME`, or `file:PATH` (relative to the shop's folder). Empty stays empty.

    Raises ConfigError for a secret that stands in the setting itself, a variable or file that is not there, and a file that
    others than its owner may read or write. No message holds the secret.
    """
    if not value:
        return ""
    if value.startswith(ENVIRONMENT):
        return resolved(value, where=where)
    if not value.startswith(FILE):
        raise ConfigError(
            "a secret may not stand in the settings", where=where, received="a text of its own", allowed=ALLOWED,
            state="nothing was changed", next_command=f"export NAME=…, then say env:NAME at {where}",
        )  # fmt: skip
    path = folder / Path(value.removeprefix(FILE)).expanduser()
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if os.name == "posix" and mode & 0o077:
            raise ConfigError(
                "a file of secrets is open to others", where=f"{where}, {path}", received=f"permissions {mode:04o}",
                allowed="0600 or 0400", state="it was not read", next_command=f"chmod 600 {path}",
            )  # fmt: skip
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "a file of secrets cannot be read", where=f"{where}, {path}",
            received=error.strerror if isinstance(error, OSError) else "no UTF-8 text", state="nothing was changed",
        ) from None  # fmt: skip


def hidden(text: str, secrets: Iterable[str]) -> str:
    """A text without these secrets, also as they are written in a URL.

    >>> hidden("FATAL: no such user, password hunter2", ["hunter2"])
    'FATAL: no such user, password …'
    """
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            for form in {secret, quote(secret, safe=""), quote_plus(secret), secret.replace("'", "''")}:
                text = text.replace(form, "…")
    return text

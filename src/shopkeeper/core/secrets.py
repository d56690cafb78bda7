"""Secrets are named, never written down in settings: `env:NAME`, or `file:PATH` of a file that nobody else may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from shopkeeper.errors import ConfigError


def secret_of(named: str, *, where: str, folder: Path) -> str:
    """The secret behind `env:NAME` or `file:PATH` (a path inside `folder` unless it is absolute).

    Raises ConfigError when it is not there, is empty, or lies in a file that others may read; the secret is never told.
    """
    kind, _, name = named.partition(":")
    if kind == "env":
        secret = os.environ.get(name, "")
        if not secret:
            raise ConfigError("the environment does not have this secret", where=where, received=name)
        return secret
    if kind != "file":
        raise ConfigError("a secret is named, not written down", where=where, allowed="env:NAME or file:PATH")
    path = folder / name
    try:
        mode = path.stat().st_mode
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError("the file of a secret cannot be read", where=where, received=f"{path}: {told}") from None
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(
            "the file of a secret is open to others", where=where, received=f"{path}: {stat.S_IMODE(mode):04o}", allowed="0600",
            next_command=f"chmod 600 {path}",
        )  # fmt: skip
    if not secret:
        raise ConfigError("the file of a secret is empty", where=where, received=path)
    return secret

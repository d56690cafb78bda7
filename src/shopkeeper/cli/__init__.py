"""The `shopkeeper` command. One file a command; nothing heavy is imported before a command runs."""

from __future__ import annotations

from shopkeeper.cli.app import app, main

__all__ = ["app", "main"]

"""Read a window in a process of its own: a server that cuts the connection can end it, and nobody else.

DuckDB 1.5.5's reader of PostgreSQL aborts its whole process when a connection breaks in the middle of a table. What the two
processes tell each other are the settings, which hold no secret, and the answer: the child reveals secrets itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from shopkeeper import errors
from shopkeeper.core.settings import ShopSettings
from shopkeeper.errors import ShopkeeperError, SourceError
from shopkeeper.ingest.pull.entry import Entry
from shopkeeper.ingest.pull.source import Asked, Window
from shopkeeper.warehouse.loads import Note

_PARTS = ("what", "where", "received", "allowed", "state", "next_command")


def read_apart(entry: Entry, asked: Asked) -> Window:
    """Read a window in a child process. Raises what the child raises; SourceError, retryable, when it was ended."""
    question = json.dumps({
        "name": entry.name, "kind": entry.kind, "said": dict(entry.said), "folder": str(entry.folder),
        "settings": entry.settings.model_dump(mode="json"), "cursor": asked.cursor, "columns": dict(asked.columns),
        "rows": str(asked.rows), "keys": str(asked.keys) if asked.keys else "",
    })  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        encoding="utf-8",
    ) as child:  # fmt: skip
        try:
            told, _ = child.communicate(question)
        except BaseException:
            child.kill()
            raise
    answer: dict[str, Any] = _parsed(told)
    if "window" in answer:
        window = answer["window"]
        return Window(**{**window, "notes": tuple(Note(**note) for note in window["notes"])})
    if "error" in answer:
        raise _raised(answer["error"])
    raise SourceError(
        "the connection broke while the source was read", retryable=True, where=f"source {entry.name}",
        received=f"the reading process ended with {child.returncode}", state="nothing was changed",
        next_command=f"shopkeeper ingest {entry.name}",
    )  # fmt: skip


def _parsed(told: str) -> dict[str, Any]:
    try:
        found = json.loads(told)
    except ValueError:  # it was ended before it could say anything
        return {}
    return found if isinstance(found, dict) else {}


def _raised(told: Mapping[str, Any]) -> ShopkeeperError:
    """The child's error as it was."""
    kind: type[ShopkeeperError] = getattr(errors, told["class"])
    error = kind.__new__(kind)
    ShopkeeperError.__init__(error, **{part: told[part] for part in _PARTS})
    if isinstance(error, SourceError):
        error.retryable = bool(told["retryable"])
    return error


def main() -> None:
    """The child: a question on standard input, an answer on standard output."""
    from shopkeeper.ingest.databases.source import database

    said = json.load(sys.stdin)
    entry = Entry(
        said["name"], said["kind"], said["said"], ShopSettings.model_validate(said["settings"]), Path(said["folder"])
    )
    keys = Path(said["keys"]) if said["keys"] else None
    try:
        window = database(entry).read_here(Asked(said["cursor"], said["columns"], Path(said["rows"]), keys))
    except ShopkeeperError as error:
        told = {part: getattr(error, part) for part in _PARTS}
        answer = {"error": told | {"class": type(error).__name__, "retryable": getattr(error, "retryable", False)}}
    else:
        answer = {"window": asdict(window)}
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, default=str))


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    main()

"""A person in the journals of events and webhooks: what waits goes into the lake, where it is rewritten, and the files go.

A server that runs lets go of its segments when it is asked; until then it holds bytes that nobody else may take away.
"""

from __future__ import annotations

import time

from shopkeeper.customers import search
from shopkeeper.customers.erased_rows import Keys
from shopkeeper.errors import WarehouseBusy
from shopkeeper.ingest.events.flush import JournalName, journal_folder
from shopkeeper.ingest.events.journal import ask_to_seal, segments
from shopkeeper.ingest.events.keeper import flush_all
from shopkeeper.warehouse.shop import Shop

_NAMES: tuple[JournalName, ...] = ("events", "webhooks")
_PATIENCE_SECONDS = 10.0


def empty_journals(shop: Shop, by: str) -> int:
    """Bring all that waits into the lake and remove every segment of it; returns how many there were.

    Raises WarehouseBusy when a writer does not let go, and what a flush raises; nothing that waits is lost.
    """
    folders = [journal_folder(shop.data_dir, name) for name in _NAMES]
    had = sum(len(segments(folder)) for folder in folders)
    if not had:
        return 0
    for folder in folders:
        ask_to_seal(folder)
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        flush_all(shop, by=by)
        left = [one for folder in folders for one in segments(folder)]
        if not left:
            return had
        if time.monotonic() > end:
            raise WarehouseBusy(
                "a server still writes events", where=str(left[0].path.parent), received=f"{len(left)} segments",
                state="nothing of the person was changed", next_command="stop the server, then run the same command again",
            )  # fmt: skip
        time.sleep(0.2)


def remove_torn(shop: Shop, keys: Keys) -> int:
    """Remove what crashes cut off and nobody was promised, where it names the person; returns how many files."""
    sought = search.needles(keys.words)
    named = [
        path for name in _NAMES for path in journal_folder(shop.data_dir, name).glob("*.torn")
        if search.count_in(path, sought)
    ]  # fmt: skip
    for path in named:
        path.unlink(missing_ok=True)
    return len(named)

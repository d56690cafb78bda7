"""Kill a process that takes events in and flushes them, again and again, and count what is lost or doubled afterwards.

The victim takes batches into the journal, says which were confirmed, and flushes as fast as it can; kill -9 comes at a random
moment. The same shop goes through every kill, so that what one leaves behind meets the next.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BATCH = 20


@dataclass(frozen=True)
class Survived:
    """What was confirmed to the sender, and what the lake holds in the end."""

    kills: int
    confirmed: int
    held: int
    lost: int
    doubled: int
    flushes: int


def victim(folder: Path, run: int) -> None:
    """Take batches in for ever, flush for ever, and say what is safe."""
    from shopkeeper.ingest.events.flush import flush_events
    from shopkeeper.ingest.events.intake import EventIntake
    from shopkeeper.warehouse.shop import open_shop

    shop = open_shop(folder)
    intake = EventIntake(shop)

    def flush_on() -> None:
        while True:
            flush_events(shop, by="victim")

    threading.Thread(target=flush_on, daemon=True).start()
    number = 0
    while True:
        events = [
            {
                "event_id": f"{run}-{number}-{n}",
                "happened_at": "2026-03-01T10:00:00+08:00",
                "name": "view",
                "visitor_id": f"v{n}",
            }
            for n in range(BATCH)
        ]
        intake.take_body(json.dumps(events).encode(), "json", by="victim")[1].result()
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        number += 1


def survive(folder: Path, kills: int, *, seed: int = 1, longest: float = 2.0) -> Survived:
    """Kill the victim so often, each time a random while after its first word, then count."""
    dice = random.Random(seed)
    confirmed: set[str] = set()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    for run in range(kills):
        command = [sys.executable, "-m", "benchmarks.live_kills", str(folder), str(run)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True, cwd=ROOT) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            if not first:
                raise RuntimeError("the victim did not begin")
            killer = threading.Timer(dice.uniform(0, longest), process.send_signal, (signal.SIGKILL,))
            killer.start()
            told = [first, *process.stdout]
            killer.join()
        numbers = [line.strip() for line in told if line.endswith("\n")]
        confirmed |= {f"{run}-{number}-{n}" for number in numbers for n in range(BATCH)}
    return counted(folder, kills, confirmed)


def counted(folder: Path, kills: int, confirmed: set[str]) -> Survived:
    """Flush what is left, and hold the lake against what was confirmed."""
    from shopkeeper.ingest.events.flush import flush_events
    from shopkeeper.warehouse.shop import open_shop

    with closing(open_shop(folder)) as shop:
        flush_events(shop, by="after")
        held = [event for (event,) in shop.lake.query("SELECT event_id FROM events").fetchall()]
        (flushes,) = shop.lake.query("SELECT count(DISTINCT load_id) FROM journal_reads").fetchone() or (0,)
    known = set(held)
    return Survived(kills, len(confirmed), len(held), len(confirmed - known), len(held) - len(known), flushes)


if __name__ == "__main__":
    victim(Path(sys.argv[1]), int(sys.argv[2]))

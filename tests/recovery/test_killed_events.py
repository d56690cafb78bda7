"""Events that were confirmed survive kill -9 at any moment, once each. Two kills in the suite; KILLS=50 for a long run."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.live_kills import survive
from tests.tiny_shop import make_opened_folder

KILLS = int(os.environ.get("KILLS", "2"))


def test_no_confirmed_event_is_lost_or_doubled(tmp_path: Path) -> None:
    folder = make_opened_folder(tmp_path / "shop")
    survived = survive(folder, KILLS, seed=int(os.environ.get("KILLS_SEED", "1")), longest=1.5)
    assert (survived.lost, survived.doubled) == (0, 0)
    assert survived.held >= survived.confirmed > 0

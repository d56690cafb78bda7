"""The search names what people found in 45 real incidents. `benchmarks/root_cause.py` chooses settings by nested 5-fold; here
the shipped ones are held, in-sample, so that a change of the search shows.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.incidents import Choice, f1, incidents, outcome

pytestmark = pytest.mark.reference("root_cause")


def test_the_shipped_search_names_the_causes_of_real_incidents(reference_data: Path) -> None:
    outcomes = [outcome(case, Choice()) for case in incidents(reference_data / "root_cause")]
    assert len(outcomes) == 45
    assert f1(outcomes) >= 0.80
    assert sum(o.among_three for o in outcomes) >= 0.95 * 45

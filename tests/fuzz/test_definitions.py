"""Whatever a file of definitions says, it is read or refused in the house's form; nothing else is raised."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from shopkeeper.kpi.own.compiled import compile_texts

PAGE = (Path(__file__).parents[2] / "docs" / "definitions.md").read_text(encoding="utf-8")
TOML = PAGE.split("```toml\n")[1].split("```")[0]
YAML = """measure:
  - id: live_amount
    fact: order_lines
    day: paid_day
    of: "payable_amount / 1.13 - coalesce(discount_platform, 0)"
    where: "channel_id = 'live' and (quantity > 1 or not is_brushing)"
    name: {en: Own, zh: 自有}
target:
  - {kpi: C4, from: 2024-01-01, baseline: 2023-Q4, floor: -5%, target: +5%}
"""
SIGNS = "[]{}=\"',:\n\t#-0123456789.abc_()<>+*/ 是"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("text", "file"), [(TOML, "kpis/a.toml"), (YAML, "kpis/a.yaml")])
def test_a_damaged_file_is_read_or_refused(text: str, file: str, seed: int) -> None:
    dice = random.Random(seed)
    refused = 0
    for _ in range(60):
        signs = list(text)
        for _ in range(dice.randint(1, 6)):
            at = dice.randrange(len(signs))
            signs[at : at + dice.randint(0, 2)] = dice.choice(
                ["", dice.choice(SIGNS), signs[dice.randrange(len(signs))]]
            )
        found = compile_texts({file: "".join(signs)}, "CNY")
        refused += bool(found.problems)
        for problem in found.problems:
            assert problem.as_json()["error"]
    assert 0 < refused <= 60
    assert compile_texts({file: text}, "CNY").problems == ()

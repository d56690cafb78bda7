"""Platform exports damaged in every way: never a traceback, never a row lost silently, never read as another layout.

Two hundred files in the suite; FUZZ_FILES=5000 for a long run.
"""

from __future__ import annotations

import csv
import io
import os
import random
from pathlib import Path

import pytest

from shopkeeper.errors import ShopkeeperError
from shopkeeper.ingest.preview import preview
from shopkeeper.ingest.recognise import recogniser
from shopkeeper.ingest.sources import fixtures, layouts
from shopkeeper.ingest.sources.fixture import Fixture
from tests.tiny_shop import make_tiny

FILES = int(os.environ.get("FUZZ_FILES", "200"))
PARTS = max(4, FILES // 50)  # a part of its own for every fifty: each stays well under a minute
# Without its column of days this one is the other form of the same export, whose day somebody must tell.
ALSO = {"xiaohongshu_settlement_timed": "xiaohongshu_settlement"}
CSVS = [fixture for fixture in fixtures() if not fixture.name.endswith(".xlsx")]


def headers_changed(rows: list[list[str]], dice: random.Random) -> list[list[str]]:
    head, a, b = list(rows[0]), dice.randrange(len(rows[0])), dice.randrange(len(rows[0]))
    kind = dice.choice(["rename", "swap", "double", "drop", "blank"])
    if kind == "rename":
        head[a] = dice.choice(["新列", "x", head[a] + "1", head[a][:-1], ""])
    elif kind == "swap":
        head[a], head[b] = head[b], head[a]
    elif kind == "double":
        head[a] = head[b]
    elif kind == "blank":
        head[a] = " "
    else:
        return [[cell for n, cell in enumerate(row) if n != a] for row in rows]
    return [head, *rows[1:]]


def cells_changed(rows: list[list[str]], dice: random.Random) -> list[list[str]]:
    rows = [list(row) for row in rows]
    for _ in range(dice.randint(1, 6)):
        row = dice.randrange(1, len(rows))
        # a torn or long row refuses the whole file: rarely, so that most files get as far as their cells
        kind = dice.choice(["cell"] * 6 + ["twice"] * 3 + ["gone"] * 2 + ["torn", "long"])
        if kind == "cell" and rows[row]:
            odd = [
                "",
                "-",
                "NaN",
                "1e309",
                "０．５",
                "'",
                '="',
                "1,2,3",
                "99999999999999999999",
                "2026-02-30",
                "\t",
                "合计",
                "\ufeff",
                "é\u0301",
            ]
            rows[row][dice.randrange(len(rows[row]))] = dice.choice(odd)
        elif kind == "torn":
            rows[row] = rows[row][: dice.randrange(len(rows[row]) + 1)]
        elif kind == "twice":
            rows.insert(row, list(rows[row]))
        elif kind == "long" and rows[row]:
            rows[row].append("more")
        elif len(rows) > 2:
            del rows[row]
    return rows


def damaged(fixture: Fixture, dice: random.Random) -> bytes:
    """The fixture's bytes after one to three kinds of damage."""
    rows = [list(row) for row in fixture.rows]
    for _ in range(dice.randint(0, 2)):
        rows = dice.choice([headers_changed, cells_changed])(rows, dice)
        if len(rows) < 2:
            break
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=dice.choice([fixture.delimiter] * 8 + [";", "\t"])).writerows(rows)
    data = bytearray(
        text.getvalue().encode(dice.choice([fixture.encoding] * 5 + ["gb18030", "utf-16", "utf-8-sig"]), "replace")
    )
    kind = dice.choice(["none"] * 5 + ["flip", "cut", "mix", "insert"])
    if kind == "flip":
        for _ in range(dice.randint(1, 8)):
            data[dice.randrange(len(data))] = dice.randrange(256)
    elif kind == "cut":
        del data[dice.randrange(len(data)) :]
    elif kind == "mix":
        data += "客户，备注\r\n".encode(dice.choice(["gb18030", "utf-8", "utf-16"]))
    elif kind == "insert":
        data[dice.randrange(len(data)) :] += bytes([dice.choice([0, 34, 10, 13, 255])])
    return bytes(data)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_damaged_export_is_read_whole_or_refused(part: int, tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path / "tiny")
    known = recogniser(tiny.shop, accept=[layout.id for layout in layouts() if layout.partial])
    dice = random.Random(part)
    path = tmp_path / "export_2026-07-06.csv"
    read = 0
    for _ in range(FILES // PARTS):
        fixture = dice.choice(CSVS)
        path.write_bytes(damaged(fixture, dice))
        try:
            found = preview(tiny.shop, path, known=known)
        except ShopkeeperError as error:
            assert error.what  # noqa: PT017 — which error depends on the damage
            continue
        assert found.source in ("", fixture.layout, ALSO.get(fixture.layout)), (
            f"{fixture.layout} was read as {found.source}"
        )
        if found.source:
            read += 1
            assert all(part.rows_read == part.loaded + part.quarantined for part in found.tables)
    assert read > FILES // PARTS // 12  # most damage is refused; a test that reads nothing proves nothing
    tiny.shop.close()

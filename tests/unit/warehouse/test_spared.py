"""Statements with parameters do not import pandas; whoever wants it still gets it, and DuckDB then knows its values."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from pathlib import Path
from shopkeeper.core.settings import WarehouseSection
from shopkeeper.warehouse.lake import Lake
lake = Lake(Path(sys.argv[1]), WarehouseSection())
assert lake.query("SELECT ? || 'b', ?", ["a", 1]).fetchall() == [("ab", 1)]
assert "pandas" not in sys.modules, "asked by a statement of ours"
import pandas
frame = pandas.DataFrame({"x": [1, 2]})
assert lake.connection.execute("SELECT sum(x) FROM frame").fetchall() == [(3,)]
assert lake.query("SELECT ?", [pandas.NaT]).fetchall() == [(None,)]
lake.close()
print("done")
"""


def test_a_statement_with_parameters_spares_pandas_and_a_person_does_not_miss_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr

"""Shop folders for tests of the intake: made in a moment, filled with files, loaded, looked at.

mugs = ShopFolder(tmp_path, LINES)
mugs.drop("march.csv", "order,sku,day,qty,paid\\nA,mug,2024-03-01,1,10\\n")
report = mugs.load()
mugs.rows("SELECT order_id FROM order_lines")     # [("A",)]
"""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any

from shopkeeper.core.settings import FILE_NAME, read_settings
from shopkeeper.ingest.load import load_paths
from shopkeeper.ingest.report import LoadReport
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.shop import Shop, open_shop
from tests.lake_tables import row_counts, with_files

HEAD = '[shop]\nid = "mugs"\nname = "Mugs"\ncurrency = "CNY"\ntimezone = "Asia/Shanghai"\n'
LINES = """
[[source]]
name = "lines"
files = "*"
[source.order_lines]
order_id = "order"
sku_id = "sku"
ordered_at = "day"
quantity = "qty"
payable_amount = "paid"
"""
HEADER = "order,sku,day,qty,paid\n"
GOOD = HEADER + "A,mug,2024-03-01,1,10\nB,cup,2024-03-02,2,20.50\n"


@functools.cache
def _template(head: str) -> Path:
    """A shop whose lake has been made already, copied by every test of this process."""
    folder = Path(tempfile.mkdtemp(prefix="shopkeeper-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / FILE_NAME).write_text(head, encoding="utf-8")
    open_shop(folder).close()
    return folder


class ShopFolder:
    """A shop folder with a mapping. The lake stays open; settings are read anew for every load."""

    def __init__(self, folder: Path, mapping: str = LINES, head: str = HEAD) -> None:
        self.folder, self.head = folder, head
        shutil.copytree(_template(head), folder, dirs_exist_ok=True)
        self.inbox = folder / "inbox"
        self.inbox.mkdir(exist_ok=True)
        self.map(mapping)

    def map(self, mapping: str) -> None:
        """Write the settings with this mapping."""
        (self.folder / FILE_NAME).write_text(self.head + mapping, encoding="utf-8")

    def drop(self, name: str, content: str | bytes) -> Path:
        """Put a file into the inbox."""
        path = self.inbox / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    @functools.cached_property
    def lake(self) -> Lake:
        settings = read_settings(self.folder)
        return Lake(self.folder / "data", settings.warehouse, schema=settings.shop.id)

    @property
    def shop(self) -> Shop:
        return Shop(self.folder.resolve(), read_settings(self.folder), self.lake)

    def load(self, *paths: Path, source: str | None = None) -> LoadReport:
        """Load files, or else the inbox."""
        return load_paths(self.shop, list(paths) or [self.inbox], source=source, by="alice")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.lake.query(sql).fetchall()

    def state(self) -> tuple[int, dict[str, int], set[str]]:
        """Snapshot, rows a table, and files under data/raw: what a refused load must leave as it was."""
        raw = {path.name for path in (self.folder / "data" / "raw").glob("*")}
        return self.lake.snapshot(), row_counts(self.lake), raw

    def content(self, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that files say, without lineage, in a fixed order."""
        filled = with_files(self.lake)
        return {
            name: self.rows(f"SELECT {', '.join(TABLES[name].column_names)} FROM {name} ORDER BY ALL")
            if name in filled
            else []
            for name in tables
        }

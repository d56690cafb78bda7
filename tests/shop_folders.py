"""Shop folders for tests of the intake: made in a moment, filled with files, loaded, looked at.

    mugs = ShopFolder(tmp_path, LINES)
    mugs.drop("march.csv", "order,sku,day,qty,paid\\nA,mug,2024-03-01,1,10\\n")
    report = mugs.load()
    mugs.rows("SELECT order_id FROM order_lines")     # [("A",)]
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopkeeper.ingest.load import load_paths
from shopkeeper.ingest.report import LoadReport
from shopkeeper.warehouse.model import COMMERCE_TABLES
from shopkeeper.warehouse.shop import Shop, open_shop

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


@dataclass
class ShopFolder:
    """A shop folder with one mapping; every call opens and closes it, as a command does."""

    folder: Path
    mapping: str = LINES
    head: str = HEAD

    def __post_init__(self) -> None:
        self.inbox.mkdir(parents=True, exist_ok=True)
        self.map(self.mapping)

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    def map(self, mapping: str) -> None:
        """Write the settings with this mapping."""
        (self.folder / "shopkeeper.toml").write_text(self.head + mapping, encoding="utf-8")

    def drop(self, name: str, content: str | bytes) -> Path:
        """Put a file into the inbox."""
        path = self.inbox / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def open(self) -> Shop:
        return open_shop(self.folder)

    def load(self, *paths: Path, source: str | None = None) -> LoadReport:
        """Load files, or else the inbox."""
        shop = self.open()
        try:
            return load_paths(shop, list(paths) or [self.inbox], source=source, by="alice")
        finally:
            shop.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        shop = self.open()
        try:
            return shop.lake.query(sql).fetchall()
        finally:
            shop.close()

    def state(self) -> tuple[int, dict[str, int], set[str]]:
        """Snapshot, rows a table, and files under data/raw: what a refused load must leave as it was."""
        shop = self.open()
        try:
            counts = {name: shop.lake.rows(f"SELECT count(*) AS n FROM {name}")[0]["n"] for name in COMMERCE_TABLES}
            raw = {path.name for path in (self.folder / "data" / "raw").glob("*")} if (self.folder / "data" / "raw").exists() else set()
            return shop.lake.snapshot(), counts, raw
        finally:
            shop.close()

    def content(self, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that files say, without lineage, in a fixed order."""
        shop = self.open()
        try:
            return {
                name: shop.lake.query(f"SELECT {', '.join(COMMERCE_TABLES[name].column_names)} FROM {name} ORDER BY ALL").fetchall()
                for name in tables
            }
        finally:
            shop.close()

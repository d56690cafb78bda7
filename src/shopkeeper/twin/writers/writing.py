"""Writes a whole world into a shop's folder: exports and tables in `inbox/`, the ERP beside it, the truth apart."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from shopkeeper.errors import UsageError
from shopkeeper.twin import truth
from shopkeeper.twin.records import RECORDS
from shopkeeper.twin.world import World
from shopkeeper.twin.writers import canonical
from shopkeeper.twin.writers.bank import write_bank
from shopkeeper.twin.writers.desk import Desk
from shopkeeper.twin.writers.douyin import write_douyin, write_qianchuan
from shopkeeper.twin.writers.erp import write_erp
from shopkeeper.twin.writers.jd import write_jd
from shopkeeper.twin.writers.kuaishou import write_kuaishou
from shopkeeper.twin.writers.pages import write_item, write_pages
from shopkeeper.twin.writers.pinduoduo import write_pinduoduo
from shopkeeper.twin.writers.settings import ACCEPTED, shop_settings
from shopkeeper.twin.writers.shopify import write_shopify, write_shopify_lists
from shopkeeper.twin.writers.site_events import write_events
from shopkeeper.twin.writers.splitting import split_money
from shopkeeper.twin.writers.taobao import write_taobao
from shopkeeper.twin.writers.wallets import write_wallets
from shopkeeper.twin.writers.xiaohongshu import write_xiaohongshu

Told = Callable[[dt.date], None]
"""Told of every month that is written, by its end."""
_SCRATCH = "spilled"
_EXPORTS = (
    write_taobao, write_jd, write_douyin, write_kuaishou, write_xiaohongshu, write_pinduoduo, write_shopify, write_wallets,
    write_pages,
)  # fmt: skip
# Records that say more than files may: kept whole for those who judge.
_TRUE = ("people", "accounts", "orders", "order_lines", "order_states", "refunds", "receipts", "visitor_days", "item_days",
         "reporting_faults", "true_lost_units")  # fmt: skip


@dataclass(frozen=True)
class Written:
    """What was written: files of each folder, and bytes in all."""

    files: dict[str, int]
    size: int


def write(
    world: World,
    folder: Path,
    until: dt.date,
    *,
    every: int = 1,
    demo: bool = False,
    threads: int | None = None,
    told: Told | None = None,
) -> Written:
    """Run a world from its start and write what a person would have on the morning of `until`.

    `every`: how many months one export covers; `threads`: None = one a processor, the bytes do not depend on
    it. Everything is written beside `folder` first and takes its name at the end: an interruption leaves nothing behind.
    Raises UsageError when the folder holds something, or when the world has run already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            "there is something here already", where=str(folder), allowed="a folder of its own", state="nothing was written",
            next_command="shopkeeper twin write ANOTHER-DIR",
        )  # fmt: skip
    if world.day:
        raise UsageError("files begin with the world's first day", received=world.now, allowed=world.start.isoformat())
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        _write(world, Desk(part / _SCRATCH, world.start, threads), part, until, every, told)
        (part / "shopkeeper.toml").write_text(shop_settings(demo=demo), encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return _written(folder)


def _write(world: World, desk: Desk, folder: Path, until: dt.date, every: int, told: Told | None) -> None:
    inbox, apart = folder / "inbox", folder / "truth"
    for place in (inbox / "canonical", folder / "data", apart):
        place.mkdir(parents=True)
    kept = _Truth(apart)
    # A file a day: whoever keeps an export a quarter or a year keeps the last week of them.
    qianchuan = world.start if every == 1 else max(world.start, until - dt.timedelta(7))
    try:
        desk.run("SET VARIABLE qianchuan = CAST(? AS DATE)", [qianchuan])
        first = world.start
        for months, stretch in enumerate(world.run(until), start=1):
            desk.add(stretch)
            kept.add(stretch.tables)
            if months % every == 0 or stretch.end == until:
                desk.lay_out(first, stretch.end)
                _export(desk, inbox, _named(first, stretch.first))
                first = stretch.end
            if told:
                told(stretch.end)
        _end(desk, folder, inbox, qianchuan)
    finally:
        desk.close()
        kept.close()
        shutil.rmtree(folder / _SCRATCH, ignore_errors=True)
    (folder / "layouts.toml").write_text(ACCEPTED, encoding="utf-8")
    for name, content in (("parameters", truth.parameters_told(world)), ("incidents", truth.incidents_told(world))):
        told_text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
        (apart / f"{name}.json").write_text(told_text, encoding="utf-8")
    pq.write_table(truth.people_told(world), apart / "people.parquet")


def _named(first: dt.date, last: dt.date) -> str:
    """The months of an export: 2024-03, or 2024-01至2024-03."""
    months = (f"{first:%Y-%m}", f"{last:%Y-%m}")
    return months[0] if months[0] == months[1] else "至".join(months)


def _export(desk: Desk, inbox: Path, months: str) -> None:
    for writes in _EXPORTS:
        writes(desk, inbox / "exports", months)
    desk.run(canonical.AD_REPORT.format(start=desk.start))
    for sheet in (*canonical.TILL, canonical.SPEND):
        sheet.write(desk, inbox, f"_{months}")
    canonical.SPEND_CORRECTED.write(desk, inbox, f"_{months}_corrected")
    write_bank(desk, inbox, months)
    write_events(desk, inbox, months)


def _end(desk: Desk, folder: Path, inbox: Path, qianchuan: dt.date) -> None:
    write_item(desk, inbox / "exports")
    desk.run("SET VARIABLE first = CAST(? AS TIMESTAMP)", [qianchuan])
    desk.run(canonical.AD_REPORT.format(start=desk.start))
    write_qianchuan(desk, inbox / "exports", qianchuan, desk.until)
    write_shopify_lists(desk, inbox / "exports")
    split_money(desk)
    for sheet in canonical.tables():
        sheet.write(desk, inbox)
    (inbox / "canonical" / "README.md").write_text(canonical.README, encoding="utf-8")
    write_erp(desk, folder / "erp.sqlite")


class _Truth:
    """Whole records, written as they come, below `truth/records/`."""

    def __init__(self, folder: Path) -> None:
        (folder / "records").mkdir()
        self._writers = {
            name: pq.ParquetWriter(folder / "records" / f"{name}.parquet", RECORDS[name].schema, compression="zstd")
            for name in _TRUE
        }

    def add(self, tables: dict[str, pa.Table]) -> None:
        for name, writer in self._writers.items():
            writer.write_table(tables[name])

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()


def _written(folder: Path) -> Written:
    """Files by the folder that they lie in."""
    files: dict[str, int] = {}
    size = 0
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            place = path.parent.relative_to(folder).as_posix()
            files[place] = files.get(place, 0) + 1
            size += path.stat().st_size
    return Written(files, size)

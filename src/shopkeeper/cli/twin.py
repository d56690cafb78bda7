"""`shopkeeper twin`: Lanting (兰亭), a simulated brand with known truth: write it, step it, ask for its truth."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from shopkeeper.cli.output import Format, emit

if TYPE_CHECKING:
    from shopkeeper.twin.saved import Saved

twin_app = typer.Typer(
    help="Lanting, a simulated brand with known truth: write, step, truth, figures.", no_args_is_help=True
)
_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The world's folder.")]
_Seed = Annotated[int, typer.Option("--seed", min=0, help="Another seed is another world.")]
_Scale = Annotated[float, typer.Option("--scale", help="1 = about two million order lines in two years.")]
_Formats = Annotated[Format, typer.Option("--format", help="How rows are printed.")]


@twin_app.command()
def write(
    directory: _Folder,
    scale: _Scale = 1.0,
    seed: _Seed = 7,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Last day, not included.")] = None,
    every: Annotated[int, typer.Option("--every", min=1, max=24, help="Months that one export covers.")] = 1,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="Tables of the commerce model as Parquet instead, at any scale.")
    ] = False,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, help="Of --parquet; None = one a processor.")
    ] = None,
    format: _Formats = "table",
) -> None:
    """Write a shop's folder as a person would have it: exports, statements, an ERP, an event log; the truth apart.

    With --parquet: tables in the columns of the commerce model, one file a table, region and month.
    """
    from shopkeeper.twin.world import DAYS, START

    days = DAYS if until is None else (_date(until) - START).days
    if parquet:
        from shopkeeper.twin.lake.writing import write_lake

        lake = write_lake(directory, seed, scale, START, days, processes)
        rows = [{"table": name, "rows": count} for name, count in lake.rows.items()]
        emit(rows, columns=[("table", "table"), ("rows", "rows")], fmt=format, meta=_meta(directory, lake.size))
        return
    from shopkeeper.cli.load_progress import told_progress
    from shopkeeper.twin.world import World
    from shopkeeper.twin.writers.writing import write as write_files

    end = START + dt.timedelta(days)
    with told_progress() as progress:
        progress.start("write", (end.year - START.year) * 12 + end.month - START.month + (end.day > 1))
        written = write_files(World(seed, scale), directory, end, every=every, told=lambda _: progress.advance(1))
        progress.done()
    rows = [{"folder": name, "files": count} for name, count in written.files.items()]
    emit(rows, columns=[("folder", "folder"), ("files", "files")], fmt=format, meta=_meta(directory, written.size))


@twin_app.command()
def step(
    directory: _Folder,
    days: Annotated[
        int | None, typer.Option("--days", min=1, help="How many days to go on; 1 when nothing is said.")
    ] = None,
    hours: Annotated[
        int | None,
        typer.Option("--hours", min=1, max=24, help="Hours instead; today's orders so far are in DIR/today."),
    ] = None,
    action: Annotated[
        list[str] | None, typer.Option("--action", metavar="JSON", help="An action from now on; repeatable.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Beside it the same days without today's actions.")
    ] = False,
    seed: _Seed = 7,
    scale: _Scale = 0.1,
    format: _Formats = "table",
) -> None:
    """Let some days or hours pass, with actions from their beginning on, and print what they brought."""
    from shopkeeper.errors import UsageError
    from shopkeeper.twin.saved import Saved, found_in, keep, read_action

    if days and hours:
        raise UsageError("a step has days or hours", received=f"--days {days} --hours {hours}", allowed="one of them")
    before = found_in(directory) or Saved(seed, scale)
    after = before.decide([read_action(text) for text in action or []])
    if hours:
        rows = [_hours_stepped(after, hours, "with" if action else "", directory / "today")]
        if compare:
            rows.append(_hours_stepped(before, hours, "without", None))
    else:
        rows = [_stepped(after, days or 1, "with" if action else "")]
        if compare:
            rows.append(_stepped(before, days or 1, "without"))
    keep(directory, after.after(0 if hours else days or 1, hours or 0))
    columns = [(name, name.replace("_", " ")) for name in rows[0] if name != "world" or compare]
    emit(rows, columns=columns, fmt=format, meta=_meta(directory, None))


def _stepped(saved: Saved, days: int, name: str) -> dict[str, object]:
    from shopkeeper.twin.truth import NEEDED, outcome

    world = saved.reached(NEEDED)
    stretch = world.step(days)
    found = outcome(world, stretch.tables)
    row: dict[str, object] = {"world": name, "first": stretch.first.isoformat(), "end": stretch.end.isoformat()}
    for field in dataclasses.fields(found):
        value = getattr(found, field.name)
        money = field.name.endswith("_fen")
        row[field.name.removesuffix("_fen")] = f"{value / 100:.2f}" if money else value
    return row


def _hours_stepped(saved: Saved, hours: int, name: str, folder: Path | None) -> dict[str, object]:
    """What the day that the hours reach has brought so far; its tables go to `folder`."""
    import pyarrow.compute as pc

    from shopkeeper.twin.writers.today import TABLES, write_today

    world = saved.reached(TABLES)
    first = world.now
    world.step_hours(hours)
    tables = world.so_far()
    if folder:
        write_today(folder, tables)
    orders = tables["orders"].filter(pc.invert(tables["orders"]["is_brushing"]))
    return {
        "world": name,
        "first": first.isoformat(timespec="minutes"),
        "end": world.now.isoformat(timespec="minutes"),
        "orders_today": orders.num_rows,
        "units_today": pc.sum(tables["order_lines"]["quantity"]).as_py() or 0,
        "ordered_today": f"{(pc.sum(orders['payable_fen']).as_py() or 0) / 100:.2f}",
    }


@twin_app.command()
def truth(
    directory: _Folder,
    what: Annotated[
        Literal["parameters", "incidents", "people", "responses"], typer.Option("--what", help="Which part.")
    ] = "incidents",
    at: Annotated[
        str | None, typer.Option("--at", metavar="DATE", help="Responses: the morning of the actions.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, help="Responses: how many days are compared.")] = 28,
    seed: _Seed = 7,
    scale: _Scale = 0.1,
    format: _Formats = "table",
) -> None:
    """Write a part of the truth below DIR/truth, and print it. The product never reads it."""
    import pyarrow.parquet as pq

    from shopkeeper.twin import truth as told
    from shopkeeper.twin.saved import Saved, found_in

    saved = found_in(directory) or Saved(seed, scale)
    world = saved.world(())
    folder = directory / "truth"
    folder.mkdir(parents=True, exist_ok=True)
    if what == "people":
        if saved.day:
            world.step(saved.day)
        people = told.people_told(world)
        pq.write_table(people, folder / "people.parquet")
        rows = people.slice(0, 20).to_pylist()
    elif what == "parameters":
        found = told.parameters_told(world)
        _save(folder / "parameters.json", found)
        rows = [{"name": name, "value": value} for name, value in found.items()]
    elif what == "incidents":
        rows = told.incidents_told(world)
        _save(folder / "incidents.json", rows)
    else:
        morning = _date(at) if at else saved.start + dt.timedelta(max(saved.day, 90))
        rows = [response.as_row() for response in told.standard_responses(world, morning, days)]
        _save(folder / "responses.json", rows)
    shown = [k for k in rows[0] if not k.endswith(("_with", "_without"))] if rows else []
    emit(rows, columns=[(k, k.replace("_", " ")) for k in shown], fmt=format, meta=_meta(directory, None))


@twin_app.command()
def figures(scale: _Scale = 1.0, seed: _Seed = 7, format: _Formats = "table") -> None:
    """Run a world of two years and print its figures beside published ones. Exit 1 when one lies outside its span."""
    from shopkeeper.twin.figures import NEEDED
    from shopkeeper.twin.figures import figures as computed
    from shopkeeper.twin.world import World

    found = computed(World(seed, scale, records=NEEDED, incidents=None))
    rows: list[dict[str, object]] = [
        {
            "figure": f.id,
            "value": round(f.value, 3),
            "low": f.published.low,
            "high": f.published.high,
            "inside": f.inside,
            "published": f.published.source,
        }
        for f in found
    ]
    emit(rows, columns=[(k, k) for k in rows[0]], fmt=format, meta=_meta(Path(), None))
    if not all(f.inside for f in found):
        raise typer.Exit(1)


def _date(text: str) -> dt.date:
    from shopkeeper.errors import UsageError

    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError("this is not a date", received=text, allowed="2025-06-18") from None


def _save(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _meta(directory: Path, size: int | None) -> dict[str, object]:
    return {"shop": None, "as_of": None, "snapshot": None, "warnings": [], "folder": str(directory), "bytes": size}

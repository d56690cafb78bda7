"""Definitions that tests declare: files in `kpis/` of a shop folder, and short ways to write them."""

from __future__ import annotations

from pathlib import Path

from shopkeeper.kpi.own.compiled import Compiled, compile_texts

WORDS = 'name = { en = "Own", zh = "自有" }'
TOLD = 'definition = { en = "Told here.", zh = "在此说明。" }'
FILE = "kpis/own.toml"


def measure(
    id_: str, of: str = "payable_amount", *, fact: str = "order_lines", day: str = "paid_day", more: str = ""
) -> str:
    """A [[measure]] as TOML."""
    return f'[[measure]]\nid = "{id_}"\nfact = "{fact}"\nday = "{day}"\nof = "{of}"\n{WORDS}\n{more}\n'


def indicator(id_: str, numerator: str, denominator: str = "", *, unit: str = "share", more: str = "") -> str:
    """An [[indicator]] as TOML: a ratio, or a total without a denominator."""
    how = f'denominator = ["{denominator}"]' if denominator else 'how = "total"'
    named = f'replaces = "{id_[1:]}"' if id_.startswith("!") else f'id = "{id_}"'
    made = f'unit = "{unit}"\ndirection = "up"\nnumerator = ["{numerator}"]\n{how}'
    return f"[[indicator]]\n{named}\n{made}\n{WORDS}\n{TOLD}\n{more}\n"


def target(
    kpi: str, since: str, *, floor: object = '"-10%"', baseline: object = 100, target: object = '"+10%"', more: str = ""
) -> str:
    """A [[target]] as TOML."""
    return f'[[target]]\nkpi = "{kpi}"\nfrom = {since}\nfloor = {floor}\nbaseline = {baseline}\ntarget = {target}\n{more}\n'


def compiled(*texts: str, file: str = FILE) -> Compiled:
    """What a shop in CNY would have with one file."""
    return compile_texts({file: "\n".join(texts)}, "CNY")


def problem(*texts: str, file: str = FILE) -> dict[str, str]:
    """The parts of the only problem of a file."""
    problems = compiled(*texts, file=file).problems
    assert len(problems) == 1, [p.message() for p in problems]
    return dict(problems[0].parts())


def declare(folder: Path, *texts: str, file: str = FILE) -> Path:
    """Put a file of definitions into a shop folder."""
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(texts), encoding="utf-8")
    return path

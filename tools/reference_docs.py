"""Write the reference pages that the code itself knows best: every command, every setting, every word.

`python -m tools.reference_docs` writes docs/reference/commands.md, docs/reference/settings.md and the tables of
GLOSSARY.md; with `--check` it only tells whether they are what it would write, and exits 1 when they are not.
"""

from __future__ import annotations

import argparse
import enum
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer

from shopkeeper.core.settings import SETTINGS
from shopkeeper.core.wording import catalogue
from shopkeeper.insight.models.registry import models
from shopkeeper.kpi.catalogue import INDICATORS

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
GLOSSARY = ROOT / "GLOSSARY.md"
WORDS = {
    "kpi_dimension": "Dimensions of the matrix",
    "kpi_source": "Tables of the commerce model",
    "kpi_slice": "Slices",
    "kpi_grain": "Periods",
    "kpi_status": "States of a cell",
    "access_role": "Roles",
}
MADE = "<!-- Made by `python -m tools.reference_docs`; edit the code instead. -->"


def command_tree() -> Any:
    """The root of the command line, as the click object that typer builds.

    Untyped on purpose: typer carries its own copy of click in some versions, so there is no one class to name.
    """
    from shopkeeper.cli import app  # here, because `--check` should fail on the docs and not on an import

    return typer.main.get_command(app)


def commands(command: Any, path: str = "shopkeeper") -> Iterator[tuple[str, Any]]:
    """Every command a person can type, with its full path, the groups among them first; hidden ones left out."""
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        if not child.hidden:
            yield from commands(child, f"{path} {name}")


def commands_page() -> str:
    """Markdown: one heading a command, with its help, usage and options."""
    lines = ["# Commands", MADE]
    for path, command in commands(command_tree()):
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        usage = " ".join([path, *(["COMMAND"] if hasattr(command, "commands") else []), *map(_argument, arguments)])
        lines += ["", f"## `{path}`", "", inspect.cleandoc(command.help or "").split("\f")[0].strip(), ""]
        lines += ["```text", f"{usage} [OPTIONS]" if _options(command) else usage, "```"]
        rows = [(_argument(p), getattr(p, "help", None) or "") for p in arguments]
        rows += [(", ".join([*p.opts, *p.secondary_opts]), _option_help(p)) for p in _options(command)]
        if rows:
            lines += ["", "| | |", "|---|---|", *(f"| `{name}` | {_cell(text)} |" for name, text in rows)]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Markdown: one table row a setting."""
    lines = ["# Settings", MADE, "", "| setting | type | default | what it does |", "|---|---|---|---|"]
    lines += [f"| `{row.name}` | {_cell(row.type)} | {_default(row.default)} | {_cell(row.help)} |" for row in SETTINGS]
    return "\n".join(lines) + "\n"


def glossary_page() -> str:
    """GLOSSARY.md: the part written by hand as it stands, then tables of the catalogue's words."""
    by_hand = GLOSSARY.read_text(encoding="utf-8").split(MADE)[0].rstrip()
    words = catalogue()
    names = {i.id: words[f"{i.word_key}_name"] for i in INDICATORS.values()}
    tables = {"Indicators": names}
    for section, title in WORDS.items():
        tables[title] = {key.split(".", 1)[1]: texts for key, texts in words.items() if key.startswith(f"{section}.")}
    lines = [by_hand, "", MADE]
    for title, rows in tables.items():
        lines += ["", f"## {title}", "", "| identifier | English | 中文 |", "|---|---|---|"]
        lines += [f"| `{name}` | {_cell(texts['en'])} | {_cell(texts['zh'])} |" for name, texts in rows.items()]
    return "\n".join(lines) + "\n"


MODELS_INTRO = """# Models
{made}

`shopkeeper models` lists them with the inputs that the shop has; `shopkeeper model NAME` asks one, `--set OPTION=VALUE`
changes an option, `--from` and `--to` bound the facts, `--table ID --format csv` exports one table. The pages are `/models`
and `/models/NAME`, the API `/api/v1/models` and `/api/v1/models/NAME` with options as parameters.

Every answer names its method, its intervals, the rows, days and snapshot that it was computed from, and what would break it. A
model that the data cannot carry refuses, and says what would be needed: it never shows a number instead.

`shopkeeper model clv --publish` (and `churn`, `segmentation`; on the page "Publish to profiles") writes the value of each
customer into `customer_scores`: profiles then have `clv`, `p_alive`, `churn_risk` and `cluster`, and rules of segments may ask
for them. Groups of `rfm` are saved as segments from its page. `make bench NAME=clv` times a million customers.
"""


def models_page() -> str:
    """Markdown: one section a model, from what it declares."""
    lines = [MODELS_INTRO.format(made=MADE)]
    for model in models().values():
        said = {part: catalogue()[f"model.{model.id}_{part}"]["en"] for part in ("name", "question", "breaks")}
        lines += [f"## {model.number}. {said['name']}", f"`shopkeeper model {model.id}` · {said['question']}", ""]
        lines.append(f"- Needs: {', '.join(f'`{name}`' for name in model.inputs)}")
        if model.helps:
            lines.append(f"- Better with: {', '.join(f'`{name}`' for name in model.helps)}")
        for option in model.options:
            name = catalogue()[f"model_option.{option.name}"]["en"]
            bounds = (
                f", {option.low:g} to {option.high:g}" if option.low is not None and option.high is not None else ""
            )
            choices = f", one of {', '.join(f'`{c}`' for c in option.choices)}" if option.choices else ""
            lines.append(f"- Option `{option.name}`: {name.lower()} (default `{option.default}`{bounds}{choices})")
        lines.append(f"- What would break it: {said['breaks']}")
        lines += [f"- Reference: {reference}" for reference in model.references]
        lines += [f"- Published check: {c.source}, {c.data}: {c.figures} (`{c.test}`)" for c in model.checks]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def pages() -> dict[Path, str]:
    """Every page that is made, with its text."""
    return {
        FOLDER / "commands.md": commands_page(),
        FOLDER / "settings.md": settings_page(),
        FOLDER.parent / "models.md": models_page(),
        GLOSSARY: glossary_page(),
    }


def _options(command: Any) -> list[Any]:
    return [p for p in command.params if p.param_type_name == "option" and not p.hidden and p.name != "help"]


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    many = f"{name}…" if parameter.nargs == -1 else name
    return many if parameter.required else f"[{many}]"


def _option_help(parameter: Any) -> str:
    allowed = _allowed(parameter.type_descriptor.annotation)
    choices = f" One of: {', '.join(allowed)}." if allowed else ""
    default = getattr(parameter.default, "value", parameter.default)
    shown = isinstance(default, str | int | float) and not isinstance(default, bool) and default != ""
    return f"{parameter.help or ''}{choices}{f' Default: `{default}`.' if shown else ''}".strip()


def _allowed(annotation: Any) -> list[str]:
    """The values that an option's type admits, when it is a Literal, an Enum, or a list or union of one."""
    if get_origin(annotation) is Literal:
        return [str(choice) for choice in get_args(annotation)]
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return [str(member.value) for member in annotation]
    return [choice for part in get_args(annotation) for choice in _allowed(part)]


def _default(text: str) -> str:
    return f"`{_cell(text)}`" if text else "empty"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def main() -> int:
    """Write the pages, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is out of date")
    check = parser.parse_args().check
    stale = []
    for page, text in pages().items():
        if page.exists() and page.read_text(encoding="utf-8") == text:
            continue
        stale.append(page.name)
        if not check:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text, encoding="utf-8")
    if stale and check:
        sys.stderr.write(f"out of date: {', '.join(stale)} · next: python -m tools.reference_docs\n")
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main())

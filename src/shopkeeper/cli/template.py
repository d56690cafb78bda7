"""`shopkeeper template`: the canonical layout of a table, to be filled in and dropped into inbox/."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from shopkeeper.ingest.templates import Form
    from shopkeeper.warehouse.model import Table


def template(
    table: Annotated[
        str | None, typer.Argument(metavar="[TABLE]", help="A table of the commerce model that files can fill.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE|FOLDER", help="Where; TABLE.xlsx here when absent.")
    ] = None,
    format: Annotated[
        Literal["xlsx", "csv"] | None, typer.Option("--format", help="Form; by the ending of --to, else xlsx.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="A layout of every table, into a folder.")] = False,
) -> None:
    """Write an empty file with a table's columns, explained in English and Chinese; an existing file is left alone."""
    from shopkeeper.errors import UsageError
    from shopkeeper.ingest.canonical import LAYOUTS, layout_table
    from shopkeeper.ingest.templates import needed_columns, template_bytes

    if all_ == (table is not None):
        raise UsageError(
            "say which layout to write", received="a table and --all" if all_ else "nothing",
            allowed=["one of", *LAYOUTS], next_command="shopkeeper template orders, or shopkeeper template --all",
        )  # fmt: skip
    tables = list(LAYOUTS.values()) if table is None else [layout_table(table)]
    form = _form(to, format)
    files = {_target(to, one, form, many=all_): one for one in tables}
    contents = {path: template_bytes(one, form) for path, one in files.items()}
    _refuse_overwriting(contents)
    for path, one in files.items():
        _write(path, contents[path])
        typer.echo(f"{path}: {len(one.columns)} columns of {one.name}, needed: {', '.join(needed_columns(one))}")


def _form(to: Path | None, wanted: Form | None) -> Form:
    from shopkeeper.errors import UsageError
    from shopkeeper.ingest.templates import FORMS

    ending = to.suffix.lower().removeprefix(".") if to and not to.is_dir() else ""
    if not ending:
        return wanted or "xlsx"
    for form in FORMS:
        if form == ending and wanted in (None, form):
            return form
    raise UsageError(
        "a layout cannot be written under this name", where="--to", received=f"{to}{f' --format {wanted}' if wanted else ''}",
        allowed=[f"FILE.{form}" for form in FORMS if wanted in (None, form)] + ["a folder"], state="nothing was written",
    )  # fmt: skip


def _target(to: Path | None, table: Table, form: Form, *, many: bool) -> Path:
    from shopkeeper.errors import UsageError

    name = f"{table.name}.{form}"
    if to is None:
        return Path("templates", name) if many else Path(name)
    if to.is_dir() or not to.suffix:
        return to / name
    if many:
        raise UsageError("every layout goes into a folder", where="--to", received=to, state="nothing was written")
    return to


def _refuse_overwriting(contents: dict[Path, bytes]) -> None:
    """A layout that somebody has filled in is worth more than an empty one."""
    from shopkeeper.errors import UsageError

    for path, content in contents.items():
        if path.exists() and (path.is_dir() or path.read_bytes() != content):
            raise UsageError(
                "there is another file of this name already", where=str(path), state="nothing was written",
                next_command="move it away, or choose another place with --to",
            )  # fmt: skip


def _write(path: Path, content: bytes) -> None:
    from shopkeeper.errors import InternalError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise InternalError("the file cannot be written", where=str(path), received=error.strerror) from None

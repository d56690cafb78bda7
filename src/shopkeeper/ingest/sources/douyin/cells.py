"""Cells of Douyin's exports as SQL: texts with `-` as empty, amounts, and what cannot be read as one."""

from __future__ import annotations

from collections.abc import Mapping

from shopkeeper.ingest.values import cleaned, plain_number, quoted


def text_of(header: str) -> str:
    """A cell without blanks, TAB and apostrophe; NULL when it is empty or `-`."""
    cell = cleaned(f'CAST("{header}" AS VARCHAR)')
    return f"nullif({cell}, '-')"


def texts_of(columns: Mapping[str, str], rows: str = "{rows}") -> str:
    """The rows with a column `{name}_text` a header."""
    return f"SELECT *, {', '.join(f'{text_of(header)} AS {name}_text' for name, header in columns.items())} FROM {rows}"


def numbers_of(names: Mapping[str, str], rows: str) -> str:
    """The rows with every `{name}_text` also as a number under its name."""
    listed = ", ".join(f"TRY_CAST({plain_number(f'{name}_text')} AS DECIMAL(18,4)) AS {name}" for name in names)
    return f"SELECT *, {listed} FROM ({rows})"


def unreadable_of(names: Mapping[str, str]) -> str:
    """The first cell that should be an amount and is none."""
    return f"coalesce({', '.join(f'CASE WHEN {name} IS NULL THEN {name}_text END' for name in names)})"


def no_figure_in(*headers: str) -> str:
    """SQL that is true for a row none of whose cells under these headers has a figure: a note, a second heading, a total."""
    return " AND ".join(
        f"NOT regexp_matches(coalesce(CAST({quoted(header)} AS VARCHAR), ''), '[0-9]')" for header in headers
    )

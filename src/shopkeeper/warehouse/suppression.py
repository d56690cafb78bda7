"""The list of people who must not come back: salted hashes of their keys, and the cleaning of rows that name them.

A key of somebody who was erased is known here only by its hash. Every file that is read later is looked through for
such keys before anything else happens to it, so neither the raw copy nor a table nor the quarantine sees the person again.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from shopkeeper.core.ids import new_id
from shopkeeper.warehouse.personal import salted, shop_salt
from shopkeeper.warehouse.sql import listed, literal, quoted

LIST_FILE = "suppressed.json"
_CHOSEN = "row_of_somebody_erased"
ERASED = "erased_"
"""How the key of somebody who was erased begins; their amounts stay under it."""

_PERSONAL_HEADER = re.compile(
    r"收货|收件|买家|会员|顾客|客户|用户|联系|昵称|姓名|手机|电话|地址|邮箱|邮编|身份证|生日|留言|备注|评价|评论|街道|账号|帐号"
    r"|buyer|customer|receiver|recipient|consignee|shipping|billing|phone|mobile|\btel\b|e-?mail|address|street|\bcity\b|\bzip\b"
    r"|postal|birth|\bnotes?\b|remark|comment|review|\bnick|first.?name|last.?name|full.?name|contact|passport|account|visitor",
    re.IGNORECASE,
)


def is_personal_header(header: str) -> bool:
    """Whether a column of an export is likely to say who somebody is, by its header.

    >>> [is_personal_header(h) for h in ("收货人姓名", "Billing Name", "商品名称", "qty")]
    [True, True, False, False]
    """
    return _PERSONAL_HEADER.search(header) is not None


def suppressed(data_dir: Path) -> frozenset[str]:
    """Salted hashes of the keys of everybody who was erased."""
    try:
        found = json.loads((data_dir / LIST_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return frozenset()
    return frozenset(str(one) for one in found)


def suppress(data_dir: Path, keys: Iterable[str]) -> int:
    """Put keys on the list; returns how many are on it now."""
    salt = shop_salt(data_dir)
    known = suppressed(data_dir) | {salted(salt, key.strip().lower()) for key in keys}
    scratch = data_dir / f".{LIST_FILE}.{os.getpid()}"
    scratch.write_text(json.dumps(sorted(known)), encoding="utf-8")
    os.replace(scratch, data_dir / LIST_FILE)
    return len(known)


def surrogate_sql(salt: str, cell: str) -> str:
    """What stands in place of a key, in SQL: always the same for the same key."""
    return f"({literal(ERASED)} || left(sha256({literal(salt)} || lower(trim({cell}))), 16))"


def surrogate(salt: str, key: str) -> str:
    """The same for one key.

    >>> surrogate("0" * 32, "Li") == surrogate("0" * 32, " li")
    True
    """
    return ERASED + salted(salt, key.strip().lower())[:16]


def clean_rows(
    connection: duckdb.DuckDBPyConnection, parquet: Path, data_dir: Path, lines: Iterable[int] = ()
) -> tuple[int, ...]:
    """Blank the people on the list out of a file of raw rows, in place; returns the lines that were changed (1 = first row).

    A cell that is a key, or from which a source would make one, gets the surrogate; cells of the same row under personal headers
    are emptied unless they are amounts or moments. `lines` are cleaned whether or not they hold a key. Rows keep their places.
    """
    known = suppressed(data_dir)
    forced = sorted(set(lines))
    if not known and not forced:
        return ()
    source = f"read_parquet({literal(str(parquet))}, file_row_number = true)"
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    columns = [(str(name), str(kind)) for name, kind, *_ in described if name != "file_row_number"]
    salt = shop_salt(data_dir)
    texts = [name for name, kind in columns if kind in ("VARCHAR", "BIGINT", "HUGEINT", "DOUBLE")]
    matches = _known_cells(connection, source, texts, salt, known) if known and texts else {}
    hit = " OR ".join(
        [*matches.values(), f"list_contains([{listed(forced)}], file_row_number + 1)" if forced else "false"]
    )
    rows = connection.execute(f"SELECT file_row_number + 1 FROM {source} WHERE {hit} ORDER BY 1").fetchall()
    found = tuple(int(n) for (n,) in rows)
    if not found:
        return ()
    told = f"(SELECT *, list_contains([{listed(found)}], file_row_number + 1) AS {_CHOSEN} FROM {source})"
    cleaned = [
        f"{_cleaned(name, kind, salt, matches.get(name, 'false'), _CHOSEN)} AS {quoted(name)}" for name, kind in columns
    ]
    scratch = parquet.with_name(f".{new_id('raw')}.parquet")
    connection.execute(
        f"COPY (SELECT {', '.join(cleaned)} FROM {told} ORDER BY file_row_number) TO {literal(str(scratch))} "
        "(FORMAT parquet, COMPRESSION zstd)"
    )
    os.replace(scratch, parquet)
    return found


def _cleaned(name: str, kind: str, salt: str, match: str, chosen: str) -> str:
    cell = quoted(name)
    if kind != "VARCHAR":
        emptied = match if not is_personal_header(name) else f"{match} OR length(CAST({cell} AS VARCHAR)) >= 7"
        return f"CASE WHEN {chosen} AND ({emptied}) THEN NULL ELSE {cell} END"
    emptied = f"WHEN {_says_something(cell)} THEN NULL " if is_personal_header(name) else ""
    return (
        f"CASE WHEN NOT ({chosen}) THEN {cell} WHEN {match} THEN {surrogate_sql(salt, cell)} {emptied}ELSE {cell} END"
    )


def _says_something(cell: str) -> str:
    """Whether a cell under a personal header is more than an amount, a short number or a moment."""
    return (
        rf"NOT regexp_full_match(trim({cell}), '[¥￥$€£]?\s*-?[\d,]{{1,6}}([.,]\d+)?|-?[\d,]+[.]\d{{1,4}}"
        rf"|\d{{4}}[-/.年]\d{{1,2}}[-/.月].*|\d{{8}}|')"
    )


def _known_cells(
    connection: duckdb.DuckDBPyConnection, source: str, columns: Sequence[str], salt: str, known: frozenset[str]
) -> dict[str, str]:  # fmt: skip
    """For each column that names somebody on the list, the condition that a cell does.

    Every cell is looked at by one expression, whatever the number of columns and keys: an expression a column and key would
    need a gigabyte for a wide file after a few erasures.
    """
    told = ", ".join(f"{{'name': {literal(name)}, 'cell': CAST({quoted(name)} AS VARCHAR)}}" for name in columns)
    rows = connection.execute(
        "SELECT name, list(DISTINCT cell) FROM (SELECT told.name AS name, told.cell AS cell, "
        f"unnest({_forms('told.cell', salt)}) AS form FROM (SELECT unnest([{told}]) AS told FROM {source}) "
        f"WHERE told.cell IS NOT NULL) WHERE form IN (SELECT unnest([{listed(sorted(known))}])) GROUP BY name"
    ).fetchall()
    return {
        str(name): f"coalesce(list_contains([{listed(cells)}], CAST({quoted(name)} AS VARCHAR)), false)"
        for name, cells in rows
    }


def _forms(cell: str, salt: str) -> str:
    """Salted hashes of a cell and of the hashes that sources make of phone numbers and addresses, as a list."""
    low = f"lower(trim({cell}))"
    digits = f"regexp_replace({low}, '[^0-9]', '', 'g')"
    plain = [low, f"sha256({low})"]
    phones = [f"sha256({start}{digits})" for start in ("", "'86' || ", "'+' || ", "'+86' || ")]

    def salted_of(forms: list[str]) -> str:
        return ", ".join(f"sha256({literal(salt)} || {form})" for form in forms)

    return (
        f"CASE WHEN length({low}) <= 20 AND length({digits}) BETWEEN 7 AND 15 THEN [{salted_of([*plain, *phones])}] "
        f"ELSE [{salted_of(plain)}] END"
    )

"""Cleaning and casting as SQL: one value of a file → one typed value, or NULL where it cannot be read exactly.

A text is never guessed at: `12,50` is not an amount (a comma groups thousands: `1,250`), and `05/01/2024` is not a day until
a format says which number is the month.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from shopkeeper.ingest.plan import Value
from shopkeeper.ingest.zones import day_of, moment_of
from shopkeeper.warehouse.model import Column
from shopkeeper.warehouse.sql import literal, quoted

_BLANKS = "' \t\n\r\u00a0\u3000\ufeff'"
_WIDE, _NARROW = "０１２３４５６７８９．，－＋％：／￥−", "0123456789.,-+%:/¥-"  # noqa: RUF001
_FLOATS = ("DOUBLE", "FLOAT")
_WHOLE = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)
_EARLIEST, _LATEST = "1900-01-02", "2199-12-30"  # a year beyond these is a slip, and no partition should be made for it
MINOR_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "KWD": 3, "BHD": 3, "OMR": 3, "TND": 3, "JOD": 3}


@dataclass(frozen=True)
class Surroundings:
    """What a file's values are read with."""

    zone: str
    currency: str


@dataclass(frozen=True)
class Typed:
    """SQL of one column. `typed` reads the alias that `raw` was given; `noise` counts amounts with float noise.

    `steps` are SQL that `typed` and later steps read again and again under the names `step_of(alias, 0)`, …: computed
    between the two, each once.
    """

    raw: str
    typed: str
    may_fail: bool
    noise: str = ""
    steps: tuple[str, ...] = ()

    def query(self, rows: str, alias: str) -> str:
        """The rows, which have the raw value under `alias`, with every step."""
        for number, step in enumerate(self.steps):
            rows = f"SELECT *, {step} AS {step_of(alias, number)} FROM ({rows})"
        return rows


def step_of(alias: str, number: int) -> str:
    """Name of a step between a raw value and its typed one."""
    return f"step{number}_{alias}"


def typed_column(
    column: Column, value: Value, source_type: str, alias: str, around: Surroundings, computed: str = ""
) -> Typed:
    """How to read one column from a value of this DuckDB type; `computed` names an expression's result."""
    raw = literal(value.constant) if value.constant is not None else computed or value.sql or quoted(value.header)
    kind = "VARCHAR" if value.constant is not None else source_type
    if value.codes:
        return _coded(column, value, raw, kind, alias)
    names = column.type == "text" and column.name.endswith("_id")
    if kind == "VARCHAR" and not value.trusted and value.constant is None:
        raw = cleaned(raw, identifier=names)
    elif kind == "VARCHAR" and names and value.constant is None:
        raw = f"ltrim({raw}, '''')"  # a layout has cleaned it, not knowing that it names something
    reader = {
        "text": _text, "money": _money, "quantity": _quantity, "integer": _integer, "number": _number,
        "instant": _instant, "day": _day, "flag": _flag,
    }[column.type]  # fmt: skip
    typed, may_fail = reader(alias, kind, value, around)
    noise = ""
    if column.type == "money" and kind in _FLOATS and value.scale is None:
        digits = MINOR_DIGITS.get(around.currency, 2)
        noise = f"({alias} <> round({alias}, {digits}) AND abs({alias} - round({alias}, {digits})) < 1e-6)"
        typed = f"CASE WHEN {noise} THEN TRY_CAST(round({alias}, {digits}) AS DECIMAL(18,4)) ELSE {typed} END"
    stepped = kind == "VARCHAR" and column.type in ("instant", "day") and not value.format and value.constant is None
    return Typed(raw, typed, may_fail or bool(column.allowed), noise, _moment_steps(alias) if stepped else ())


def cleaned(sql: str, *, identifier: bool = False) -> str:
    """Text without outer blanks, a spreadsheet's ="…" and the apostrophe that keeps a number text; empty becomes NULL.

    An identifier loses a leading apostrophe whatever follows it: no back end begins one so, while a title may ('n Roll).
    """
    trimmed = f"trim({sql}, {_BLANKS})"
    told = "" if identifier else f" AND regexp_matches({trimmed}, '^''([0-9+-]|$)')"
    return (  # a text that begins and ends in a letter, a digit or a character is clean: most are, and trimming is slow
        f"nullif(CASE WHEN {_plain(sql)} AND {_plain(f'right({sql}, 1)')} THEN {sql} "
        f"WHEN starts_with({trimmed}, '=\"') AND ends_with({trimmed}, '\"') "
        f"THEN trim(substr({trimmed}, 3, length({trimmed}) - 3), {_BLANKS}) "
        f"WHEN starts_with({trimmed}, ''''){told} THEN substr({trimmed}, 2) "
        f"ELSE {trimmed} END, '')"
    )


def _plain(text: str) -> str:
    """Whether a text begins with a letter, a digit or a character of East Asia, which cleaning leaves alone."""
    return (
        f"({text} >= '0' AND {text} < '=' OR {text} >= '>' AND {text} < '\x7f' "
        f"OR {text} >= '\u3041' AND {text} < '\ufeff')"
    )


def number_text(sql: str) -> str:
    """An amount's text without currency signs, blanks and thousands commas; anything else unusual stays, and fails to cast."""
    bare = (
        f"regexp_replace(translate({sql}, '{_WIDE}', '{_NARROW}'), "
        r"'(?i)[\s\x{00a0}\x{3000}¥$€£₩₹元圆块]|CNY|RMB|USD|EUR|GBP', '', 'g')"
    )
    grouped = r"regexp_full_match(b, '[+-]?\d{1,3}(,\d{3})+(\.\d*)?%?')"
    bracketed = r"regexp_full_match(b, '\(\d+(,\d{3})*(\.\d*)?\)')"  # an accountant's minus
    return _named(
        bare,
        "b",
        f"CASE WHEN {grouped} THEN replace(b, ',', '') "
        f"WHEN {bracketed} THEN '-' || replace(b[2:-2], ',', '') ELSE b END",
    )


def plain_number(alias: str) -> str:
    """The number's text when it is one, else NULL: `0x10`, `1_000`, `nan` and `12,50` are not."""
    number = r"'[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?'"
    slow = _named(number_text(alias), "n", f"CASE WHEN regexp_full_match(n, {number}) THEN n END")
    return f"CASE WHEN regexp_full_match({alias}, {number}) THEN {alias} ELSE {slow} END"


def _named(sql: str, name: str, expression: str) -> str:
    """An expression over a name for a longer one: written out at every place, copies of copies take seconds to bind."""
    return f"list_transform([{sql}], lambda {name}: {expression})[1]"


def offer_number(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `number("Header")` for expressions of mappings: an amount's text, cleaned, as DECIMAL(18,6); NULL when it is none."""
    # Lambdas give an argument a name: a macro copies it to every place, and copies of copies take seconds to bind.
    text = f"list_transform([CAST(x AS VARCHAR)], lambda t: {cleaned('t')})"
    read = f"list_transform({text}, lambda c: TRY_CAST({plain_number('c')} AS DECIMAL(18,6)))[1]"
    plain = r"regexp_full_match(CAST(x AS VARCHAR), '[+-]?\d+(\.\d+)?')"
    number = f"CASE WHEN {plain} THEN TRY_CAST(CAST(x AS VARCHAR) AS DECIMAL(18,6)) ELSE {read} END"
    connection.execute(f"CREATE OR REPLACE TEMP MACRO number(x) AS {number}")


def _text(alias: str, kind: str, _value: Value, _around: Surroundings) -> tuple[str, bool]:
    if kind in _FLOATS:  # an identifier kept as a float: 17850.0 is "17850"
        whole = f"{alias} = trunc({alias}) AND abs({alias}) < 1e15"
        return (
            f"CASE WHEN {whole} THEN CAST(CAST({alias} AS BIGINT) AS VARCHAR) ELSE CAST({alias} AS VARCHAR) END",
            False,
        )
    return (alias, False) if kind == "VARCHAR" else (f"CAST({alias} AS VARCHAR)", False)


def _decimal(alias: str, kind: str, value: Value, width: str, digits: int) -> tuple[str, bool]:
    if value.scale is not None:
        inner = plain_number(alias) if kind == "VARCHAR" else alias
        exact = f"TRY_CAST({inner} AS DECIMAL(28,10)) * CAST('{value.scale}' AS DECIMAL(10,6))"
        return f"TRY(CAST({exact} AS {width}))", True
    if kind == "VARCHAR":
        return f"TRY_CAST({plain_number(alias)} AS {width})", True
    if kind in _FLOATS:
        return f"TRY_CAST(round_even({alias}, {digits}) AS {width})", True
    return f"TRY_CAST({alias} AS {width})", kind not in ("TINYINT", "SMALLINT", "INTEGER")


def _money(alias: str, kind: str, value: Value, _around: Surroundings) -> tuple[str, bool]:
    return _decimal(alias, kind, value, "DECIMAL(18,4)", 4)


def _quantity(alias: str, kind: str, value: Value, _around: Surroundings) -> tuple[str, bool]:
    return _decimal(alias, kind, value, "DECIMAL(18,3)", 3)


def _integer(alias: str, kind: str, _value: Value, _around: Surroundings) -> tuple[str, bool]:
    if kind in _WHOLE:
        return f"TRY_CAST({alias} AS BIGINT)", kind in ("HUGEINT", "UBIGINT", "UHUGEINT")
    inner = plain_number(alias) if kind == "VARCHAR" else alias
    exact = f"TRY_CAST({inner} AS DECIMAL(38,10))"
    return f"CASE WHEN {exact} = trunc({exact}) THEN TRY_CAST({exact} AS BIGINT) END", True


def _number(alias: str, kind: str, value: Value, _around: Surroundings) -> tuple[str, bool]:
    if kind != "VARCHAR":
        plain = f"TRY_CAST({alias} AS DOUBLE)"
    else:
        share = f"TRY_CAST(rtrim({number_text(alias)}, '%') AS DOUBLE) / 100"
        plain = f"CASE WHEN ends_with({number_text(alias)}, '%') THEN {share} ELSE TRY_CAST({plain_number(alias)} AS DOUBLE) END"
    scaled = f"({plain}) * {value.scale}" if value.scale is not None else plain
    return f"CASE WHEN isfinite({scaled}) THEN {scaled} END", True


def _flag(alias: str, kind: str, _value: Value, _around: Surroundings) -> tuple[str, bool]:
    if kind == "BOOLEAN":
        return alias, False
    low = f"lower(CAST({alias} AS VARCHAR))"
    yes = "('true', 't', 'yes', 'y', '1', '1.0', '是', '有', '√')"
    no = "('false', 'f', 'no', 'n', '0', '0.0', '否', '无', '×')"  # noqa: RUF001
    return f"CASE WHEN {low} IN {yes} THEN true WHEN {low} IN {no} THEN false END", True


def _year_first(alias: str) -> str:
    """A year-first date in Chinese, with dots, slashes or as 20240105, in the one form that DuckDB casts."""
    text = f"translate({alias}, '{_WIDE}', '{_NARROW}')"
    dated = rf"regexp_replace({text}, '^(\d{{4}})[年/.-](\d{{1,2}})[月/.-](\d{{1,2}})日?', '\1-\2-\3')"
    return rf"regexp_replace({dated}, '^(\d{{4}})(\d{{2}})(\d{{2}})( |T|$)', '\1-\2-\3\4')"


def _usual_moment(alias: str) -> str:
    return f"CASE WHEN {alias} LIKE '____-__-__ __:__:__' THEN TRY_CAST({alias} AS TIMESTAMP) END"


def _moment_steps(alias: str) -> tuple[str, ...]:
    """The local moment that nearly every export writes; else the text, year first."""
    return _usual_moment(alias), f"CASE WHEN {step_of(alias, 0)} IS NULL THEN {_year_first(alias)} END"


def _zoned(text: str) -> str:
    return rf"regexp_matches({text}, ':\d\d(\.\d+)? ?(Z|[+-]\d\d(:?\d\d)?)$')"


def _instant(alias: str, kind: str, value: Value, around: Surroundings) -> tuple[str, bool]:
    zone = literal(value.timezone or around.zone)
    if kind == "TIMESTAMP WITH TIME ZONE":
        moment = alias
    elif value.format in ("epoch", "epoch_ms"):
        divisor = 1000 if value.format == "epoch_ms" else 1
        moment = f"TRY(to_timestamp(CAST({alias} AS DOUBLE) / {divisor}))"
    elif kind == "VARCHAR" and value.format:
        moment = f"try_strptime({alias}, {literal(value.format)})"
        if "%z" not in value.format:
            moment = f"({moment}) AT TIME ZONE {zone}"
    elif kind == "VARCHAR":
        constant = value.constant is not None
        text = _year_first(alias) if constant else step_of(alias, 1)
        local = f"TRY_CAST({text} AS TIMESTAMP) AT TIME ZONE {zone}"
        usual = f"({_usual_moment(alias)})" if constant else step_of(alias, 0)
        within = f"{usual} BETWEEN TIMESTAMP '{_EARLIEST}' AND TIMESTAMP '{_LATEST}'"
        zoned = moment_of(usual, value.timezone or around.zone)
        general = (
            rf"CASE WHEN NOT regexp_matches({text}, '^\d{{4}}-') THEN NULL "
            rf"WHEN {_zoned(text)} THEN TRY_CAST(regexp_replace({text}, ' (Z|[+-]\d\d(:?\d\d)?)$', '\1') AS TIMESTAMPTZ) "
            f"ELSE {local} END"
        )
        general = f"CASE WHEN {_within(general)} THEN {general} END"
        # what nearly every export writes needs no pattern: a third of the time of a large file
        return f"CASE WHEN {usual} IS NOT NULL THEN CASE WHEN {within} THEN {zoned} END ELSE {general} END", True
    elif kind in ("DATE", "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S"):
        moment = f"CAST({alias} AS TIMESTAMP) AT TIME ZONE {zone}"
    else:
        return "CAST(NULL AS TIMESTAMPTZ)", True
    return f"CASE WHEN {_within(moment)} THEN {moment} END", True


def _within(moment: str) -> str:
    return f"{moment} BETWEEN TIMESTAMPTZ '{_EARLIEST}' AND TIMESTAMPTZ '{_LATEST}'"


def _day(alias: str, kind: str, value: Value, around: Surroundings) -> tuple[str, bool]:
    if kind in ("DATE", "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S") and not value.timezone:
        date = f"CAST({alias} AS DATE)"
        return f"CASE WHEN {date} BETWEEN DATE '{_EARLIEST}' AND DATE '{_LATEST}' THEN {date} END", True
    moment, _ = _instant(alias, kind, value, around)
    return day_of(f"({moment})", around.zone), True


def _coded(column: Column, value: Value, raw: str, kind: str, alias: str) -> Typed:
    """A code of the source turned into one of ours; a code that is not listed fails."""
    text = cleaned(raw if kind == "VARCHAR" else f"CAST({raw} AS VARCHAR)")
    cases = " ".join(f"WHEN {literal(theirs)} THEN {literal(ours)}" for theirs, ours in value.codes.items())
    return Typed(text, f"TRY_CAST(CASE {alias} {cases} END AS {column.sql_type})", may_fail=True)

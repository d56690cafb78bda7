"""A file of definitions as a person wrote it: read from TOML or plain YAML, each entry with its place in the file.

[[measure]]
id = "live_amount"
fact = "order_lines"
day = "paid_day"
of = "payable_amount"
where = "channel_id = 'live'"
name = { en = "paid amount of live sales", zh = "直播支付金额" }

[[indicator]]
id = "live_share"
unit = "share"
direction = "up"
numerator = ["live_amount"]
denominator = ["paid_amount"]
name = { en = "Live share", zh = "直播占比" }
definition = { en = "Paid amount of live sales ÷ paid amount.", zh = "直播支付金额 ÷ 支付金额。" }

[[target]]
kpi = "live_share"
from = 2024-01-01
baseline = 0.2
floor = "-5pp"
target = "+5pp"
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shopkeeper.core.settings import Anchors
from shopkeeper.errors import KpiDefinitionError, nearest
from shopkeeper.kpi.definition import Dimension, Slice, Unit
from shopkeeper.kpi.own.plain_yaml import YamlError, load_yaml

FORMATS = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}
KINDS = ("measure", "indicator", "target")
Kind = Literal["measure", "indicator", "target"]
ID = r"^[a-z][a-z0-9_]{1,39}$"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Both(_Entry):
    """A text in both languages."""

    en: str = Field(min_length=1, max_length=400)
    zh: str = Field(min_length=1, max_length=400)

    @property
    def pair(self) -> tuple[str, str]:
        """English, Chinese."""
        return self.en, self.zh


class MeasureEntry(_Entry):
    """[[measure]]: an aggregate of one table."""

    id: str = Field(pattern=ID)
    fact: str
    day: str
    kind: Literal["sum", "distinct"] = "sum"
    of: str
    where: str = ""
    unit: Unit | None = None
    over_time: Literal["adds", "recomputed", "daily"] | None = None
    name: Both


class IndicatorEntry(_Entry):
    """[[indicator]]: a value made of measures. Either `id`, a new one, or `replaces`, a built-in one whose place it takes."""

    id: str = ""
    replaces: str = ""
    unit: Unit
    direction: Literal["up", "down", "neutral"]
    how: Literal["ratio", "total", "excess_ratio"] = "ratio"
    numerator: list[str] = Field(min_length=1)
    denominator: list[str] = Field(default_factory=list)
    minus: list[str] = Field(default_factory=list)
    slices: list[Slice] | None = None
    mature_days: int = Field(0, ge=0, le=730)
    dimension: Dimension | None = None
    companion_of: str = ""
    name: Both | None = None
    definition: Both
    formula: Both | None = None


class TargetEntry(Anchors):
    """[[target]]: anchors of the score from a day on, for the whole shop or one platform."""

    kpi: str
    since: dt.date = Field(alias="from")
    platform: str = ""
    unit: str = ""


_MODELS: dict[str, type[BaseModel]] = {"measure": MeasureEntry, "indicator": IndicatorEntry, "target": TargetEntry}
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Place:
    """Where an entry stands, for messages."""

    file: str
    kind: str
    number: int
    text: str

    def key(self, name: str) -> str:
        """The place of one key of the entry."""
        return f"{self.file}, line {self.line(name)}, {self.kind} {self.number}, key {name}"

    def line(self, name: str) -> int:
        """The line of a key, or else of the entry's beginning."""
        seen, best, inside = 0, 1, not self.file.endswith((".yaml", ".yml"))
        start = re.compile(rf"\s*\[\[\s*{self.kind}\s*\]\]") if inside else re.compile(r"\s*-(?:\s|$)")
        wanted = re.compile(rf"""(?:.*[{{,])?\s*-?\s*["']?{re.escape(name.split(".")[0])}["']?\s*[=:]""")
        for number, line in enumerate(self.text.splitlines(), start=1):
            if re.match(r"[A-Za-z_]+\s*:", line) and self.file.endswith((".yaml", ".yml")):
                inside = line.split(":")[0].strip() == self.kind
            elif inside and start.match(line):
                seen += 1
                best = number if seen == self.number else best
            elif re.match(r"\s*\[", line) and not self.file.endswith((".yaml", ".yml")):
                seen += 1000 if seen == self.number else 0
            if inside and seen == self.number and wanted.match(line):
                return number
        return best

    def wrong(self, key: str, what: str, received: object, allowed: str | Iterable[str]) -> KpiDefinitionError:
        """An error at one key."""
        return KpiDefinitionError(
            what, where=self.key(key), received=received, allowed=allowed, state="nothing was changed",
            next_command=f"edit {self.file}, then shopkeeper define check {self.file}",
        )  # fmt: skip

    def at(self, key: str, error: KpiDefinitionError) -> KpiDefinitionError:
        """The same error, told where it stands in the file."""
        inner = f" ({error.where})" if error.where else ""
        told = self.wrong(key, error.what, error.received, error.allowed)
        told.where += inner
        return told


@dataclass(frozen=True)
class Document:
    """One file: its name, text, and entries that have the right shape; `problems` are of those that have not."""

    file: str
    text: str
    measures: tuple[tuple[Place, MeasureEntry], ...]
    indicators: tuple[tuple[Place, IndicatorEntry], ...]
    targets: tuple[tuple[Place, TargetEntry], ...]
    problems: tuple[KpiDefinitionError, ...]


def read_document(file: str, text: str) -> Document:
    """Entries of a file. Raises KpiDefinitionError when the text is neither TOML nor plain YAML."""
    raw = _parsed(file, text)
    problems: list[KpiDefinitionError] = []
    for key in raw:
        if key not in KINDS:
            problems.append(
                Place(file, "key", 0, text).wrong(
                    key, "a file of definitions has no such part", key, suggested(key, KINDS)
                )
            )
        elif not isinstance(raw[key], list) or not all(isinstance(entry, dict) for entry in raw[key]):
            problems.append(
                Place(file, key, 0, text).wrong(
                    key, "a list of entries is expected", type(raw[key]).__name__, f"[[{key}]]"
                )
            )
    found: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    for kind in KINDS:
        entries = raw.get(kind, [])
        for number, entry in enumerate(entries if isinstance(entries, list) else [], start=1):
            place = Place(file, kind, number, text)
            try:
                if isinstance(entry, dict):
                    found[kind].append((place, _shaped(place, _MODELS[kind], entry)))
            except KpiDefinitionError as error:
                problems.append(error)
    return Document(
        file, text, tuple(found["measure"]), tuple(found["indicator"]), tuple(found["target"]), tuple(problems)
    )


def _parsed(file: str, text: str) -> dict[str, Any]:
    suffix = file[file.rfind(".") :].lower() if "." in file else ""
    if suffix not in FORMATS:
        raise KpiDefinitionError(
            "this is no file of definitions", where=file, received=suffix or "no ending", allowed=FORMATS
        )
    try:
        raw = tomllib.loads(text) if FORMATS[suffix] == "toml" else load_yaml(text)
    except (tomllib.TOMLDecodeError, YamlError, RecursionError) as error:
        raise KpiDefinitionError(
            "the definitions cannot be read", where=file, received=error,
            allowed="valid TOML" if FORMATS[suffix] == "toml" else "plain YAML: mappings, lists, texts and numbers",
            state="nothing was changed", next_command=f"edit {file}",
        ) from None  # fmt: skip
    if not isinstance(raw, dict):
        raise KpiDefinitionError(
            "the definitions cannot be read", where=file, received=type(raw).__name__, allowed=KINDS
        )
    return raw


def _shaped(place: Place, model: type[Model], entry: dict[str, Any]) -> Model:
    try:
        return model.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            if key.rpartition(".")[2] in ("en", "zh"):
                raise place.wrong(
                    key, "a text is there in one language only", entry[key.split(".")[0]], "en and zh"
                ) from None
            raise place.wrong(key, "a key is missing", None, f"{key} = …") from None
        if first["type"] == "extra_forbidden":
            known = [field.alias or name for name, field in model.model_fields.items()]
            raise place.wrong(key, f"a {place.kind} has no such key", key, suggested(key, known)) from None
        raise place.wrong(key, "a value cannot be used", first["input"], _expected(first, place.kind)) from None


def _expected(error: Any, kind: str) -> str:
    expected = error.get("ctx", {}).get("expected") or error.get("ctx", {}).get("pattern")
    if expected == ID:
        return "a small letter, then small letters, digits and _ (40 at most)"
    names = re.findall(r"'([^']+)'", str(expected)) if expected else []
    close = nearest(str(error["input"]), names) if names else ()
    return f"did you mean {', '.join(close)}?" if close else str(expected or error["msg"])


def suggested(received: str, known: Iterable[str]) -> str:
    """The nearest known names, or all of them."""
    listed = list(known)
    close = nearest(received, listed) if received else ()
    return f"did you mean {', '.join(close)}?" if close else ", ".join(listed[:40])

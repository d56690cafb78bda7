"""What a figure is graded against: the benchmarks that ship, each with its source, and the shop's own in their place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from shopkeeper.core.wording import Language
from shopkeeper.errors import ConfigError, nearest

FILE_NAME = "benchmarks.toml"
Origin = Literal["shipped", "shop"]
_RELATIVE = re.compile(r"\s*([+-]\d+(?:\.\d+)?)\s*%\s*")


@dataclass(frozen=True)
class Benchmark:
    """One benchmark. `good` and `poor` are numbers, or changes in percent on the same period one year before."""

    item: str
    good: float | str
    poor: float | str
    currency: str
    source: str
    source_zh: str
    origin: Origin

    @property
    def relative(self) -> bool:
        """Whether it needs the shop's own figure of a year before."""
        return isinstance(self.good, str) or isinstance(self.poor, str)

    def said_by(self, lang: Language) -> str:
        """Who says so."""
        return self.source_zh if lang == "zh" and self.source_zh else self.source


@dataclass(frozen=True)
class Benchmarks:
    """All that apply to a shop, in the order of the file, and what valuing a gap assumes."""

    items: Mapping[str, Benchmark]
    holding_share: float
    conversation_cost: float | None
    file: str


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    good: float | str | None = None
    poor: float | str | None = None
    currency: str = Field("", pattern=r"^([A-Z]{3})?$")
    source: str = Field("", max_length=300)
    source_zh: str = Field("", max_length=300)
    off: bool = False

    @field_validator("good", "poor")
    @classmethod
    def _readable(cls, value: float | str | None) -> float | str | None:
        if isinstance(value, str) and not _RELATIVE.fullmatch(value):
            raise ValueError('a number, or a change such as "+18%"')
        return value


class _Assumptions(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    holding_share: float | None = Field(None, ge=0, le=2)
    conversation_cost: float | None = Field(None, ge=0)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    assumptions: _Assumptions = _Assumptions()
    benchmark: dict[str, _Entry] = Field(default_factory=dict)


def shipped_text() -> str:
    """The file that ships, as a shop would copy and change it."""
    return (resources.files(__package__) / FILE_NAME).read_text(encoding="utf-8")


def benchmarks_of(folder: Path, known: Iterable[str]) -> Benchmarks:
    """The benchmarks of a shop folder: its own where benchmarks.toml has an entry, else those that ship.

    Raises ConfigError naming file and key when the shop's file cannot be read, names nothing that is known, or has its two
    ends the wrong way round for no direction at all (equal).
    """
    shipped = _read(shipped_text(), f"the shipped {FILE_NAME}")
    own_path = folder / FILE_NAME
    own = _read(own_path.read_text(encoding="utf-8"), FILE_NAME) if own_path.exists() else _File()
    names = {*known}
    for item in own.benchmark:
        if item not in names:
            raise ConfigError(
                "this benchmark is of nothing that is measured", where=f"{FILE_NAME}, key benchmark.{item}", received=item,
                allowed=nearest(item, names) or sorted(names),
            )  # fmt: skip
    found = {item: _made(item, entry, "shipped") for item, entry in shipped.benchmark.items()}
    for item, entry in own.benchmark.items():
        if entry.off:
            found.pop(item, None)
        else:
            found[item] = _made(item, entry, "shop")
    base, mine = shipped.assumptions, own.assumptions
    holding = mine.holding_share if mine.holding_share is not None else base.holding_share
    cost = mine.conversation_cost if mine.conversation_cost is not None else base.conversation_cost
    return Benchmarks(found, holding or 0.0, cost, FILE_NAME if own_path.exists() else "")


def resolved(anchor: float | str, year_before: float | None) -> float | None:
    """An end of a benchmark as a number; None for a change on a figure that is not known.

    >>> resolved("+18%", 0.5), resolved(4.3, None), resolved("-8%", None)
    (0.59, 4.3, None)
    """
    if not isinstance(anchor, str):
        return float(anchor)
    match = _RELATIVE.fullmatch(anchor)
    if match is None or year_before is None:
        return None
    return round(year_before * (1 + float(match.group(1)) / 100), 12)


def _made(item: str, entry: _Entry, origin: Origin) -> Benchmark:
    if entry.good is None or entry.poor is None or entry.good == entry.poor:
        raise ConfigError(
            "a benchmark needs two different ends", where=f"{FILE_NAME}, key benchmark.{item}",
            received=f"good {entry.good}, poor {entry.poor}", allowed="good and poor, each a number or a change such as +18%",
        )  # fmt: skip
    return Benchmark(item, entry.good, entry.poor, entry.currency, entry.source, entry.source_zh, origin)


def _read(text: str, where: str) -> _File:
    try:
        return _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("this file of benchmarks cannot be read", where=where, received=str(error)) from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"] if part not in ("float", "str"))
        raise ConfigError(
            "this file of benchmarks cannot be read", where=f"{where}, key {key}", received=first.get("input"),
            allowed=first["msg"], next_command="shopkeeper diagnose --benchmarks prints the file that ships",
        ) from None  # fmt: skip

"""How a model is declared: what it asks, what it reads, whom it follows, and which published figures it gave back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shopkeeper.errors import NotFound, UsageError

if TYPE_CHECKING:
    from shopkeeper.insight.models.ask import Ask
    from shopkeeper.insight.models.result import ModelResult
    from shopkeeper.insight.models.scores import Scores

Group = Literal["customers", "traffic", "baskets", "prices", "marketing", "forecast", "stock", "causes", "money"]
GROUPS: tuple[Group, ...] = (
    "customers", "traffic", "baskets", "prices", "marketing", "forecast", "stock", "causes", "money",
)  # fmt: skip
OptionKind = Literal["whole", "number", "text", "choice"]
RESERVED = frozenset({"shop", "from", "to", "lang", "form", "table", "exit"})
"""Names that no option may have: addresses use them."""


@dataclass(frozen=True)
class Option:
    """Something that may be chosen for one run. Its name is `model_option.NAME` in the wording catalogue.

    `low` and `high` bound a whole number or a number; `choices` close a choice, their words are `model_choice.CHOICE`.
    """

    name: str
    kind: OptionKind
    default: int | float | str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def read(self, text: str) -> int | float | str:
        """A value as somebody typed it. Raises UsageError with what is allowed.

        >>> Option("clusters", "whole", 4, low=2, high=12).read("5")
        5
        """
        if self.kind == "choice":
            if text not in self.choices:
                raise NotFound("choice", text, self.choices, where=f"option {self.name}")
            return text
        if self.kind == "text":
            return text.strip()[:200]
        try:
            value = int(text) if self.kind == "whole" else float(text)
        except ValueError:
            raise self._wrong(text) from None
        if not (self.low is None or value >= self.low) or not (self.high is None or value <= self.high):
            raise self._wrong(text)
        return value

    def _wrong(self, text: str) -> UsageError:
        bounds = f"{self.low:g} to {self.high:g}" if self.low is not None and self.high is not None else "a number"
        kind = "a whole number, " if self.kind == "whole" else ""
        return UsageError("this option cannot be used", where=self.name, received=text, allowed=f"{kind}{bounds}")


@dataclass(frozen=True)
class PublishedCheck:
    """Figures of a paper or another program that the model gave back. `test` is the file of the test that holds it.

    `data` names what they were computed from; `figures` says them as printed.
    """

    source: str
    data: str
    figures: str
    test: str


@dataclass(frozen=True)
class Model:
    """One of the models. Its words are `model.ID_name`, `model.ID_question` and `model.ID_breaks`.

    `inputs` are columns or tables of the commerce model without which it cannot run; `helps` make it better where they
    are there. `scores` computes a value for every customer, where the model has one.
    """

    number: int
    id: str
    group: Group
    inputs: tuple[str, ...]
    references: tuple[str, ...]
    checks: tuple[PublishedCheck, ...]
    estimate: Callable[[Ask], ModelResult]
    options: tuple[Option, ...] = ()
    helps: tuple[str, ...] = ()
    scores: Callable[[Ask], tuple[Scores, ...]] | None = None

    def chosen(self, given: Mapping[str, str]) -> dict[str, int | float | str]:
        """Every option with its value: what was given, else the default. Raises UsageError or NotFound."""
        known = {option.name: option for option in self.options}
        for name in given:
            if name not in known:
                raise NotFound("option", name, known, where=f"model {self.id}", next_command="shopkeeper models")
        return {n: option.read(given[n]) if given.get(n) else option.default for n, option in known.items()}

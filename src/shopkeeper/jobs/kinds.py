"""The kinds of jobs that may be declared or asked for. What each does is bound in `shopkeeper.cli.job_kinds`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shopkeeper.errors import NotFound, UsageError

Source = Literal["none", "may", "must"]


@dataclass(frozen=True)
class KindSpec:
    """One kind. Two jobs of an exclusive kind, and of one source, never run at the same time in a shop."""

    name: str
    source: Source = "none"
    exclusive: bool = True

    def lock(self, source: str = "") -> str | None:
        """The word under which at most one job of a shop runs.

        >>> KINDS["pull"].lock("erp"), KINDS["check"].lock()
        ('pull erp', 'check')
        """
        return f"{self.name} {source}".strip() if self.exclusive else None


KINDS = {
    kind.name: kind
    for kind in (
        KindSpec("load", source="may"),
        KindSpec("pull", source="must"),
        KindSpec("flush"),
        KindSpec("check"),
        KindSpec("rollup"),
        KindSpec("link"),
        KindSpec("maintain"),
    )
}


def known_kind(name: str, source: str = "", *, where: str = "") -> KindSpec:
    """A kind by its name. Raises NotFound for another, UsageError when it lacks a source or has one too many."""
    if name not in KINDS:
        raise NotFound("kind of job", name, KINDS, where=where)
    kind = KINDS[name]
    if kind.source == "must" and not source:
        raise UsageError(
            "this kind of job needs a source", where=where, received=name, allowed="the name of a [[source]]",
            next_command=f"shopkeeper jobs run {name} --source NAME",
        )  # fmt: skip
    if kind.source == "none" and source:
        raise UsageError("this kind of job has no source", where=where, received=f"{name} {source}", allowed=name)
    return kind

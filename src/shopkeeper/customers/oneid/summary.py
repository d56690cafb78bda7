"""One-ID in figures: persons by how many customers they are, links by kind and outcome, and the links that wait for a person."""

from __future__ import annotations

from dataclasses import dataclass

from shopkeeper.customers.oneid.persons import Link, link_of
from shopkeeper.customers.oneid.runs import LinkRun, last_run
from shopkeeper.warehouse.lake import Lake


@dataclass(frozen=True)
class SizeRows:
    """How many persons are this many customers."""

    customers: int
    persons: int


@dataclass(frozen=True)
class KindRows:
    """How many links of a kind came to this."""

    kind: str
    status: str
    links: int


@dataclass(frozen=True)
class Summary:
    """As of the newest run; None in `run` before the first."""

    run: LinkRun | None
    sizes: tuple[SizeRows, ...]
    kinds: tuple[KindRows, ...]

    @property
    def waiting(self) -> int:
        """Links to be looked at."""
        return sum(row.links for row in self.kinds if row.status == "review")


@dataclass(frozen=True)
class Uncertain:
    """A link to be looked at, and whom it would join."""

    link: Link
    left_person: str
    right_person: str


def summary(lake: Lake) -> Summary:
    """Count persons and links."""
    sizes = lake.query("SELECT customers, count(*) FROM persons WHERE customers > 0 GROUP BY 1 ORDER BY 1").fetchall()
    kinds = lake.query("SELECT kind, status, count(*) FROM person_links GROUP BY ALL ORDER BY 3 DESC, 1, 2").fetchall()
    return Summary(last_run(lake), tuple(SizeRows(*row) for row in sizes), tuple(KindRows(*row) for row in kinds))


def uncertain(lake: Lake, *, limit: int = 50, offset: int = 0) -> tuple[Uncertain, ...]:
    """Links to be looked at, the surest first."""
    rows = lake.query(
        "SELECT k.left_id, k.right_id, k.kind, k.status, k.confidence, k.weight, k.evidence, coalesce(a.person_id, ''), "
        "coalesce(b.person_id, '') FROM person_links k LEFT JOIN person_members a ON a.customer_id = k.left_id "
        "LEFT JOIN person_members b ON b.customer_id = k.right_id WHERE k.status = 'review' "
        f"ORDER BY k.confidence DESC, k.left_id, k.right_id LIMIT {limit} OFFSET {offset}"
    ).fetchall()
    return tuple(Uncertain(link_of(row[:7]), row[7], row[8]) for row in rows)

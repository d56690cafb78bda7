"""Every kind of rule by the name that checks.toml uses."""

from __future__ import annotations

from shopkeeper.quality.lookups import Dependency, Reconcile, Reference, Spelling
from shopkeeper.quality.rule import Condition, NotNull, OneOf, Pattern, Placeholder, Range, Rule
from shopkeeper.quality.whole import Drift, Freshness, Key, Volume

KINDS: dict[str, type[Rule]] = {
    kind.kind: kind
    for kind in (
        NotNull, Key, Reference, Range, OneOf, Pattern, Condition, Placeholder, Dependency, Spelling, Freshness, Volume,
        Drift, Reconcile,
    )
}  # fmt: skip

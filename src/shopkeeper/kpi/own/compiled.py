"""From files of definitions to what the whole product sees, with every problem that keeps an entry out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shopkeeper.errors import KpiDefinitionError
from shopkeeper.kpi.catalogue import INDICATORS, MEASURES
from shopkeeper.kpi.definition import Indicator, Measure
from shopkeeper.kpi.definitions import BUILT_IN, Definitions, Source, Target
from shopkeeper.kpi.own.document import Document, read_document
from shopkeeper.kpi.own.indicator import Remark, own_indicator
from shopkeeper.kpi.own.measure import own_measure
from shopkeeper.kpi.own.target import own_target


@dataclass(frozen=True)
class Compiled:
    """Definitions without the entries that have a problem; whoever uses them asks first whether there is any."""

    definitions: Definitions
    problems: tuple[KpiDefinitionError, ...]
    remarks: tuple[Remark, ...]

    def whole(self) -> Definitions:
        """The definitions. Raises the first problem when there is one."""
        for problem in self.problems:
            raise problem
        return self.definitions


class _Builder:
    """Collects measures first, then indicators, then targets, so that the order of files says nothing."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.measures: dict[str, Measure] = dict(MEASURES)
        self.indicators: dict[str, Indicator] = dict(INDICATORS)
        self.targets: list[Target] = []
        self.sources: dict[str, Source] = {}
        self.problems: list[KpiDefinitionError] = []
        self.remarks: list[Remark] = []
        self.broken: set[str] = set()

    def add_measures(self, document: Document) -> None:
        for place, entry in document.measures:
            try:
                made = own_measure(place, entry)
                if made.id in self.measures or made.id in self.broken:
                    raise place.wrong("id", "another measure has this id", made.id, "an id of its own")
                self.measures[made.id] = made
            except KpiDefinitionError as error:
                self.problems.append(error)
                self.broken.add(entry.id)

    def add_indicators(self, document: Document) -> None:
        for place, entry in document.indicators:
            if self.broken & {*entry.numerator, *entry.denominator, *entry.minus}:
                self.broken.add(entry.id)
                continue  # the measure's own problem is told; this one would only repeat it
            try:
                made, remarks = own_indicator(place, entry, self.measures)
                if made.id in self.sources or made.id in self.measures and made.id not in INDICATORS:
                    raise place.wrong("id", "another definition has this id", made.id, "an id of its own")
                self.indicators[made.id] = made
                key = "replaces" if entry.replaces else "id"
                self.sources[made.id] = Source(document.file, place.line(key), entry.replaces)
                self.remarks += remarks
            except KpiDefinitionError as error:
                self.problems.append(error)
                self.broken.add(entry.id)

    def add_targets(self, document: Document) -> None:
        for place, entry in document.targets:
            if entry.kpi in self.broken:
                continue
            try:
                made = own_target(place, entry, self.indicators, self.currency)
                if any((t.kpi, t.since, t.platform) == (made.kpi, made.since, made.platform) for t in self.targets):
                    raise place.wrong(
                        "from", "another target of this indicator begins on this day", made.since, "another day"
                    )
                self.targets.append(made)
            except KpiDefinitionError as error:
                self.problems.append(error)


def compile_texts(texts: Mapping[str, str], currency: str) -> Compiled:
    """Definitions from the texts of files, by name; `currency` is the shop's."""
    if not texts:
        return Compiled(BUILT_IN, (), ())
    builder = _Builder(currency)
    documents: list[Document] = []
    for file in sorted(texts):
        try:
            documents.append(read_document(file, texts[file]))
            builder.problems += documents[-1].problems
        except KpiDefinitionError as error:
            builder.problems.append(error)
    for add in (builder.add_measures, builder.add_indicators, builder.add_targets):
        for document in documents:
            add(document)
    definitions = Definitions(
        MappingProxyType(builder.indicators),
        MappingProxyType(builder.measures),
        tuple(builder.targets),
        MappingProxyType(builder.sources),
        digest_of(texts),
    )
    return Compiled(definitions, tuple(builder.problems), tuple(builder.remarks))


def digest_of(texts: Mapping[str, str]) -> str:
    """A name for the content of files: the same content, the same digest; "" for none.

    >>> digest_of({})
    ''
    """
    if not texts:
        return ""
    told = "".join(f"{file}\0{texts[file]}\0" for file in sorted(texts))
    return hashlib.sha256(told.encode()).hexdigest()[:16]

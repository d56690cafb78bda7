"""Publish a model's values of customers as `customer_scores`, which profiles and rules of segments read."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from dataclasses import dataclass

from shopkeeper import __version__
from shopkeeper.core.clock import utc_now
from shopkeeper.core.ids import new_id
from shopkeeper.errors import UsageError
from shopkeeper.insight.models.declared import Model
from shopkeeper.insight.models.run import Asked, ask_of, require_inputs
from shopkeeper.insight.models.said import refusal, say
from shopkeeper.insight.models.scores import Scores
from shopkeeper.warehouse.loads import Note, record_load
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import literal


@dataclass(frozen=True)
class Published:
    """What was written: (score, customers) of the day they were told for."""

    model: str
    scored_day: dt.date
    scores: tuple[tuple[str, int], ...]
    load_id: str


def publish(shop: Shop, model: Model, asked: Asked, *, by: str) -> Published:
    """Compute and write the scores of a model; those of the same day are replaced, older days stay.

    Every key of a person gets the person's value. Raises UsageError for a model without scores, NotEstimable where the data
    carry none, and what `Lake.writing` raises.
    """
    if model.scores is None:
        raise UsageError(
            "this model tells no value of single customers", where=f"model {model.id}", state="nothing was written"
        )
    require_inputs(shop, model)
    begun, started = time.monotonic(), utc_now()
    with shop.lake.reading() as snapshot:
        ask = ask_of(shop, model, snapshot, asked)
        found = model.scores(ask)
        day = ask.covered[1]
    if not found or day is None:
        raise refusal("models.refused_scores", [say("models.need_scores")])
    load_id = new_id("load")
    with shop.lake.writing(by, f"model {model.id}") as expected:
        counts = tuple((one.score, _write(shop, one, day, load_id, model.id)) for one in found)
        record_load(
            shop.lake.connection, load_id=load_id, source=f"model:{model.id}", by=by, started_at=started,
            seconds=round(time.monotonic() - begun, 3), snapshot=expected, version=__version__, files=(),
            notes=[Note(f"published {score}", rows=n) for score, n in counts],
        )  # fmt: skip
    return Published(model.id, day, counts, load_id)


def _write(shop: Shop, one: Scores, day: dt.date, load_id: str, model: str) -> int:
    import pyarrow as pa

    connection = shop.lake.connection
    told = pa.table({"person": pa.array(one.customer_ids.tolist(), pa.string()), "value": pa.array(one.values)})
    members = "person_members" in set(shop.lake.table_names())
    keys = (
        "SELECT coalesce(m.customer_id, s.person) AS customer_id, s.value FROM told_scores s "
        "LEFT JOIN person_members m ON m.person_id = s.person"
        if members
        else "SELECT person AS customer_id, value FROM told_scores"
    )
    at = f"DATE {literal(day.isoformat())}"
    digest = hashlib.sha256(f"{model} {one.score} {day} {load_id}".encode()).hexdigest()
    connection.execute(f"DELETE FROM customer_scores WHERE score = {literal(one.score)} AND scored_day = {at}")
    connection.register("told_scores", told)
    try:
        row = connection.execute(
            f"INSERT INTO customer_scores BY NAME SELECT customer_id, {literal(one.score)} AS score, {at} AS scored_day, value, "
            f"{literal(load_id)} AS load_id, {literal(digest)} AS file_hash FROM ({keys})"
        ).fetchone()
    finally:
        connection.unregister("told_scores")
    return int(row[0]) if row else 0

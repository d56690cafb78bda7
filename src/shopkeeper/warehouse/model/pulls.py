"""What was pulled from databases and platforms: how far each source was read, and which of its rows are gone there."""

from __future__ import annotations

from shopkeeper.warehouse.model.table import Table, count, flag, instant, number, text

PULLS = Table(
    "pulls",
    "ledger",
    "One row a window of a source that was pulled, written by the very transaction that loaded its rows.",
    ("pull_id",),
    (
        text("pull_id", "The window.", required=True),
        text("source", "Name of the source in shopkeeper.toml.", required=True),
        text("stream", "Part of the source that has a cursor of its own; empty where there is one.", required=True),
        text("kind", "Kind of the source.", required=True),
        text("load_id", "The load of its rows; empty when there was nothing to load.", ref="loads"),
        text("file_hash", "SHA-256 of the rows as they were read.", ref="load_files"),
        text("pulled_by", "Who ran it.", required=True),
        instant("started_at", "When reading began.", required=True),
        number("seconds", "How long it took.", unit="second"),
        count("snapshot", "Snapshot of the lake that holds it.", unit="snapshot", required=True),
        count("rows_read", "Rows that the source gave.", unit="row", required=True),
        count("rows_withdrawn", "Rows taken out because the source has them no more.", unit="row", required=True),
        text("cursor", "Where the next window begins, as the source understands it.", required=True),
        text("asks", "Digest of what is asked of the source; another one begins anew.", required=True),
        text("mapping_hash", "Version of the mapping.", required=True),
        text("columns", "The source's columns with their types, as JSON.", required=True),
        flag("keys_compared", "Whether all keys of the source were compared with those known."),
        flag("whole", "Whether the rows were all that the source holds."),
        flag("more", "Whether the source had more at once."),
    ),
)
PULL_WITHDRAWALS = Table(
    "pull_withdrawals",
    "ledger",
    "One row a row of a source that was there once and is gone: a replay leaves it out.",
    ("pull_id", "row_key"),
    (
        text("pull_id", "The window that missed it.", required=True),
        text("source", "Name of the source.", required=True),
        text("stream", "Part of the source.", required=True),
        text("row_key", "The key columns as a JSON list of texts.", required=True),
        count("snapshot", "Snapshot of the lake in which it is gone.", unit="snapshot", required=True),
    ),
)
TABLES = (PULLS, PULL_WITHDRAWALS)

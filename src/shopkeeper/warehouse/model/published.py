"""Facts that later rooms publish so that earlier ones read them like any source; and the ledger of loads."""

from __future__ import annotations

from shopkeeper.warehouse.model.table import Table, count, day, flag, instant, money, number, text

DECISION_LOG = Table(
    "decision_log",
    "published",
    "One row a decision in scope.",
    ("decision_id",),
    (
        text("decision_id", "The decision.", required=True),
        day("decided_day", "Shop day.", required=True),
        text("lever", "Which lever."),
        flag("executed_model_output", "Whether what a model put forward was carried out."),
        flag("automatic", "Whether a standing rule carried it out without a person."),
        money("expected_amount", "Expected gain."),
        money("measured_amount", "Measured gain."),
        text("evidence", "How it was measured.", allowed=("experiment", "before-after", "claim")),
    ),
    day="decided_day",
)
ALERT_LOG = Table(
    "alert_log",
    "published",
    "One row an alert.",
    ("alert_id",),
    (
        text("alert_id", "The alert.", required=True),
        day("raised_day", "Shop day.", required=True),
        text("level", "Level.", allowed=("notice", "warning", "serious", "critical")),
        number("detection_minutes", "From the problem to the alert.", unit="minute"),
        flag("was_right", "Whether the closed incident was real."),
        flag("was_missed", "A real incident that no alert announced."),
    ),
    day="raised_day",
)
PROCEDURE_RUNS = Table(
    "procedure_runs",
    "published",
    "One row a run of a procedure.",
    ("run_id",),
    (
        text("run_id", "The run.", required=True),
        day("run_day", "Shop day.", required=True),
        text("procedure", "Which one."),
        flag("automatic", "Whether a machine ran it."),
        flag("failed", "Whether it failed."),
    ),
    day="run_day",
)
CUSTOMER_SCORES = Table(
    "customer_scores",
    "published",
    "One row a score of a customer.",
    ("customer_id", "score", "scored_day"),
    (
        text("customer_id", "Whose.", required=True, ref="customers"),
        text("score", "Which score.", required=True),
        day("scored_day", "Shop day.", required=True),
        number("value", "Its value.", unit="as the score defines"),
    ),
)
ANNOTATIONS = Table(
    "annotations",
    "published",
    "One row a remark on a day.",
    ("annotation_id",),
    (
        text("annotation_id", "The remark.", required=True),
        day("day", "Shop day.", required=True),
        text("kind", "Event, action, incident …"),
        text("text", "What is said."),
    ),
    day="day",
)

LOADS = Table(
    "loads",
    "ledger",
    "One row a load: one snapshot that was invisible until whole.",
    ("load_id",),
    (
        text("load_id", "The load.", required=True),
        text("source", "Source or mapping that read it.", required=True),
        text("loaded_by", "Who ran it.", required=True),
        instant("started_at", "When it began.", required=True),
        number("seconds", "How long it took.", unit="second"),
        count("snapshot", "Snapshot of the lake that holds it.", unit="snapshot"),
        text("version", "Version of Shopkeeper and of the mapping."),
    ),
)
LOAD_FILES = Table(
    "load_files",
    "ledger",
    "One row a file and table of a load. rows_read = rows_loaded + rows_unchanged + rows_quarantined.",
    ("load_id", "file_hash", "table_name"),
    (
        text("load_id", "The load.", required=True),
        text("file_hash", "SHA-256 of the content.", required=True),
        text("file_name", "Name as it was dropped.", required=True),
        count("file_bytes", "Size.", unit="byte"),
        text("mapping_hash", "Version of the mapping.", required=True),
        text("table_name", "Table that the rows went to.", required=True),
        count("rows_read", "Rows read for this table.", unit="row", required=True),
        count("rows_loaded", "Rows new or changed.", unit="row", required=True),
        count("rows_unchanged", "Rows that were there already.", unit="row", required=True),
        count("rows_quarantined", "Rows set aside with a reason.", unit="row", required=True),
        text("platform", "Platform of the known layout that read it; empty for a mapping of the shop's own."),
        text("file_path", "Path inside inbox/ that it was read at; empty when it lay elsewhere."),
    ),
)
QUARANTINE = Table(
    "quarantine",
    "ledger",
    "One row a row that was set aside: nothing is lost.",
    ("load_id", "file_hash", "table_name", "source_line", "column_name"),
    (
        text("load_id", "The load.", required=True),
        text("file_hash", "SHA-256 of the file.", required=True),
        text("table_name", "Table that it was meant for.", required=True),
        count("source_line", "Line or row of the file.", unit="line", required=True),
        text("column_name", "Column at fault."),
        text("reason", "Why."),
        text("received", "Value received."),
        text("raw", "The whole row as JSON."),
        day("day", "Shop day of the row where one could be read."),
        text(
            "resolved",
            "What became of it; empty while it waits. Read again: a later load has read the file once more. Superseded: a file "
            "of the same load that came later tells the row anew.",
            allowed=("released", "discarded", "read again", "superseded"),
        ),
    ),
)
QUARANTINE_ACTIONS = Table(
    "quarantine_actions",
    "ledger",
    "One row a thing that a person did with a row set aside; the row itself stays as it was read.",
    ("row_id", "acted_at", "action"),
    (
        text("row_id", "The row set aside.", required=True),
        text("file_hash", "SHA-256 of its file.", required=True),
        text("table_name", "Table that it was meant for.", required=True),
        count("source_line", "Line or row of the file.", unit="line", required=True),
        text("action", "What was done.", required=True, allowed=("edited", "released", "refused", "discarded")),
        text("acted_by", "Who.", required=True),
        instant("acted_at", "When.", required=True),
        text("edits", "Cells that were corrected: header → value, as JSON."),
        text("reason", "Why it was discarded, or refused again."),
        text("load_id", "The load of a release.", ref="loads"),
    ),
)
LOAD_NOTES = Table(
    "load_notes",
    "ledger",
    "One row a trap that a source handled: said, not hidden.",
    ("load_id", "topic"),
    (
        text("load_id", "The load.", required=True),
        text("topic", "Key of the note in the wording catalogue, or the note itself.", required=True),
        count("rows", "Rows concerned.", unit="row"),
        money("amount", "Amount concerned."),
        text("detail", "Further detail."),
    ),
)
CHECK_RUNS = Table(
    "check_runs",
    "ledger",
    "One row a rule of a run of the checks. A rule that did not run says why and counts nowhere as passed.",
    ("run_id", "rule"),
    (
        text("run_id", "The run.", required=True),
        instant("ran_at", "When it ran.", required=True),
        text("ran_by", "Who ran it.", required=True),
        day("as_of_day", "Shop day from which rules about time looked.", required=True),
        count("snapshot", "Snapshot of the lake that was checked.", unit="snapshot", required=True),
        text("scope", "What was asked for: empty = every rule.", required=True),
        text("rule", "The rule.", required=True),
        text("table_name", "Its table.", required=True),
        text("kind", "Its kind.", required=True),
        text("severity", "What a violation means.", required=True, allowed=("error", "warning", "info")),
        text("status", "What became of it.", required=True, allowed=("pass", "fail", "not_run")),
        text("why", "Why it did not run."),
        count(
            "rows_checked", "Rows that it could judge; 1 for a rule about the whole table.", unit="row", required=True
        ),
        count("violations", "Rows that broke it.", unit="row", required=True),
        text("facts", "What was measured of a rule about the whole table, as JSON."),
        text("samples", "The first rows that broke it: file, line and value, as JSON."),
    ),
)
JOURNAL_READS = Table(
    "journal_reads",
    "ledger",
    "One row a stretch of the journal of events that a load has brought into the lake.",
    ("segment", "to_byte"),
    (
        text("load_id", "The load; empty where nothing of the stretch was new.", ref="loads"),
        text("journal", "Which journal.", required=True, allowed=("events", "webhooks")),
        text("segment", "The segment.", required=True),
        count("from_byte", "Where the stretch begins.", unit="byte", required=True),
        count("to_byte", "Where it ends.", unit="byte", required=True),
    ),
)
WEBHOOKS = Table(
    "webhooks",
    "ledger",
    "One row a webhook that was taken: the same one is not taken again, nor one older than what is known of its subject.",
    ("webhook", "webhook_id"),
    (
        text("webhook", "The sender.", required=True),
        text("webhook_id", "Number of the message.", required=True),
        text("topic", "What it tells.", required=True),
        text("subject", "The sender's number of the order or refund.", required=True),
        text("order_id", "The order as the commerce model knows it."),
        instant("changed_at", "When the subject changed, by the sender's clock.", required=True),
        instant("received_at", "When it came.", required=True),
        flag("stale", "Whether something newer of the subject was known already."),
    ),
)
PUBLISHED = (DECISION_LOG, ALERT_LOG, PROCEDURE_RUNS, CUSTOMER_SCORES, ANNOTATIONS)
LEDGER = (LOADS, LOAD_FILES, QUARANTINE, QUARANTINE_ACTIONS, LOAD_NOTES, CHECK_RUNS, JOURNAL_READS, WEBHOOKS)

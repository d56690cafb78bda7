"""Who is one person: what One-ID makes of customers and identities. No file brings these tables; `customers link` writes them."""

from __future__ import annotations

from shopkeeper.warehouse.model.table import Table, count, flag, instant, number, text

LINK_KINDS = ("phone", "email", "buyer_id", "member_id", "open_id", "device", "probable", "manual")
LINK_STATUSES = ("linked", "review", "apart", "guarded")

PERSONS = Table(
    "persons",
    "ledger",
    "One row a person id ever given. An id never comes from what a person is, and is never given twice.",
    ("person_id",),
    (
        text("person_id", "The person.", required=True),
        text("merged_into", "The person that this id now stands for; empty while it stands for itself.", ref="persons"),
        count("customers", "Customers of the sources that are this person; 0 when none is left.", unit="customer"),
        number("confidence", "How sure its weakest member is; empty for a person of one customer.", unit="share 0–1"),
    ),
)
PERSON_MEMBERS = Table(
    "person_members",
    "ledger",
    "One row a customer of the sources: which person it is.",
    ("customer_id",),
    (
        text("customer_id", "The customer.", required=True, ref="customers"),
        text("person_id", "The person.", required=True, ref="persons"),
        flag("linked", "Whether the person has other customers too."),
        number("confidence", "How sure its best link is; empty without one.", unit="share 0–1"),
    ),
)
PERSON_LINKS = Table(
    "person_links",
    "ledger",
    "One row a reason to take two customers for one person.",
    ("left_id", "right_id", "kind"),
    (
        text("left_id", "The customer that sorts first.", required=True, ref="customers"),
        text("right_id", "The other customer.", required=True, ref="customers"),
        text("kind", "The key that both hold, a comparison of what is known, or a person's word.", required=True,
             allowed=LINK_KINDS),
        number("confidence", "How sure this reason alone is.", unit="share 0–1"),
        number("weight", "Match weight of a comparison.", unit="bit"),
        text("status", "What came of it: linked, to be looked at, held apart by a person, or kept back by the guard "
             "against persons that are too large.", required=True, allowed=LINK_STATUSES),
        text("evidence", "What speaks for it, as JSON: holders of the key, or each comparison with its weight."),
    ),
)  # fmt: skip
LINK_RUNS = Table(
    "link_runs",
    "ledger",
    "One row a run of One-ID.",
    ("run_id",),
    (
        text("run_id", "The run.", required=True),
        instant("ran_at", "When it ran.", required=True),
        text("ran_by", "Who ran it.", required=True),
        flag("whole", "Whether every customer was looked at, or those that changes touched."),
        count("snapshot", "Snapshot of the lake that it read.", unit="snapshot", required=True),
        count("decisions", "Number of the last manual decision that it knew.", unit="decision", required=True),
        text("rules", "Digest of the rules that it followed.", required=True),
        count("customers", "Customers that the sources tell of.", unit="customer"),
        count("touched", "Customers that it looked at.", unit="customer"),
        count("persons", "Persons.", unit="person"),
        count("linkable", "Customers with a key or a described trait by which they can be compared.", unit="customer"),
        count("moved", "Customers that now are another person than before.", unit="customer"),
        text("weak_keys", "Keys that too many hold, as JSON: kind → keys and holders."),
        text("model", "What comparisons were weighted by, as JSON; empty when nothing could be compared."),
        number("seconds", "How long it took.", unit="second"),
    ),
)
TABLES = (PERSONS, PERSON_MEMBERS, PERSON_LINKS, LINK_RUNS)

"""The twin's accounts as a brand would be told of them: customers and identities in the lake, and the truth beside.

What each file tells is what `twin write` puts into its canonical layouts and the site's export; the truth stays outside.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from shopkeeper.twin.world import World
from shopkeeper.warehouse.lake import Lake

_LINEAGE = "'load_twin' AS load_id, 'twin' AS file_hash, CAST(NULL AS BIGINT) AS source_line"
# the site tells every address and phone that was given there, stores their members alone
_TOLD = """
SELECT *, CASE shop WHEN 'site' THEN coalesce(sha256(lower(email)), sha256('86' || phone))
    WHEN 'store' THEN CASE WHEN is_member THEN handle END ELSE handle END AS customer_id,
    CASE WHEN is_member OR shop = 'site' THEN sha256('86' || phone) END AS phone_hash, sha256(lower(email)) AS email_hash
FROM accounts"""

_PAIR = "a.customer_id AS l, b.customer_id AS r"


@dataclass(frozen=True)
class Recovered:
    """How well links of the product match the truth, over pairs of customers.

    `precision`: right ones among linked pairs. `recall`: linked ones among pairs of one person that share a key which the
    brand was told. `hidden_share`: pairs of one person that share no such key, so that nothing could link them.
    """

    linked: int
    observable: int
    precision: float
    recall: float
    hidden_share: float


def accounts(seed: int, scale: float, days: int, start: dt.date = dt.date(2024, 1, 1)) -> pa.Table:
    """Every account that the twin opened in its first days, those from before among them."""
    world = World(seed, scale, start, days=days, records=("accounts",))
    return pa.concat_tables([world.step(min(30, days - at)).tables["accounts"] for at in range(0, days, 30)])


def tell(lake: Lake, told: pa.Table, message: str = "twin") -> None:
    """Put accounts into the lake as customers and identities; a customer that is there stays as it is."""
    with lake.writing("bench", message):
        lake.connection.register("accounts", told)
        lake.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE told AS SELECT * FROM ({_TOLD}) WHERE customer_id IS NOT NULL"
        )
        lake.connection.execute(
            "INSERT INTO customers BY NAME SELECT customer_id, max(phone_hash) AS phone_hash, max(email_hash) AS email_hash, "
            f"{_LINEAGE} FROM told WHERE customer_id NOT IN (SELECT customer_id FROM customers) GROUP BY customer_id"
        )
        lake.connection.execute(
            "CREATE OR REPLACE TEMP TABLE keys AS SELECT shop AS platform_id, handle AS identity, 'buyer_id' AS kind, "
            "customer_id FROM told WHERE shop <> 'site' UNION ALL SELECT shop, open_id, 'open_id', customer_id FROM told "
            "WHERE open_id IS NOT NULL UNION ALL SELECT shop, CAST(device AS VARCHAR), 'device', customer_id FROM told "
            "WHERE shop = 'site' QUALIFY row_number() OVER (PARTITION BY device ORDER BY account) = 1"
        )
        lake.connection.execute(
            f"INSERT INTO identities BY NAME SELECT CAST(platform_id AS VARCHAR) AS platform_id, identity, kind, customer_id, "
            f"{_LINEAGE} FROM keys WHERE (CAST(platform_id AS VARCHAR), identity) NOT IN "
            "(SELECT (platform_id, identity) FROM identities)"
        )
        lake.connection.unregister("accounts")


def recovered(lake: Lake, told: pa.Table) -> Recovered:
    """Compare persons with the truth. A customer that two people share (one phone at the site) counts for both."""
    members = lake.query("SELECT customer_id, person_id FROM person_members WHERE linked").to_arrow_table()
    with duckdb.connect() as own:
        own.register("accounts", told)
        own.register("members", members)
        own.execute(f"CREATE TABLE told AS SELECT * FROM ({_TOLD}) WHERE customer_id IS NOT NULL")
        own.execute("CREATE TABLE owner AS SELECT DISTINCT customer_id, person FROM told")
        own.execute(
            "CREATE TABLE keys AS SELECT DISTINCT customer_id, unnest([phone_hash, email_hash, open_id]) AS key FROM told"
        )
        own.execute(
            f"CREATE TABLE truth AS SELECT DISTINCT {_PAIR} FROM owner a JOIN owner b USING (person) "
            "WHERE a.customer_id < b.customer_id"
        )
        own.execute(
            f"CREATE TABLE linked AS SELECT {_PAIR} FROM members a JOIN members b USING (person_id) "
            "WHERE a.customer_id < b.customer_id"
        )
        own.execute(
            "CREATE TABLE seen AS SELECT DISTINCT l, r FROM truth JOIN keys a ON a.customer_id = l JOIN keys b "
            "ON b.customer_id = r AND a.key = b.key"
        )
        counts = own.execute(
            "SELECT (SELECT count(*) FROM linked), (SELECT count(*) FROM linked SEMI JOIN truth USING (l, r)), "
            "(SELECT count(*) FROM seen), (SELECT count(*) FROM seen SEMI JOIN linked USING (l, r)), (SELECT count(*) FROM truth)"
        ).fetchone()
    assert counts is not None
    linked, right, seen, found, true = (int(n) for n in counts)
    return Recovered(linked, seen, right / linked, found / seen, 1 - seen / true)


def shop_folder(folder: Path) -> Path:
    """A shop folder with settings alone."""
    folder.mkdir(parents=True, exist_ok=True)
    text = '[shop]\nid = "twin"\nname = "Twin"\nsimulated = true\n[warehouse]\nmemory_limit_mb = 3000\n'
    (folder / "shopkeeper.toml").write_text(text, encoding="utf-8")
    return folder

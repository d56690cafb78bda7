"""Shops for tests of One-ID: customers and identities put straight into the lake, runs, and who is whom afterwards.

shop = OneIdShop(tmp_path)
shop.customers(("li", {"phone_hash": "p1"}), ("lee", {"phone_hash": "p1"}))
shop.link()
shop.groups()        # {frozenset({"li", "lee"})}
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shopkeeper.core.settings import OneIdSection, read_settings
from shopkeeper.customers.oneid.linking import link
from shopkeeper.customers.oneid.runs import LinkRun
from shopkeeper.state import State
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.shop import Shop, open_shop_state
from shopkeeper.warehouse.sql import literal
from tests.shop_folders import ShopFolder

AT = dt.datetime(2024, 6, 1, 9, tzinfo=dt.UTC)


class OneIdShop:
    """A shop whose customers are written by hand."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self._made = ShopFolder(folder, mapping="")
        self.settings = OneIdSection.model_validate(settings)

    @property
    def lake(self) -> Lake:
        return self._made.lake

    @property
    def shop(self) -> Shop:
        settings = read_settings(self._made.folder).model_copy(update={"one_id": self.settings})
        return Shop(self._made.folder.resolve(), settings, self.lake)

    @functools.cached_property
    def state(self) -> State:
        return open_shop_state(self.shop)

    def customers(self, *rows: tuple[str, Mapping[str, object]]) -> None:
        """Put customers in, or in the place of those of the same id."""
        with self.lake.writing("alice", "customers"):
            gone = ", ".join(literal(customer) for customer, _ in rows)
            self.lake.connection.execute(f"DELETE FROM customers WHERE customer_id IN ({gone})")
            names = list(dict.fromkeys(name for _, columns in rows for name in columns))
            self._insert("customers", ["customer_id", *names], [[c, *map(of.get, names)] for c, of in rows])

    def identities(self, *rows: tuple[str, str, str, str]) -> None:
        """Put (platform, identity, kind, customer) in."""
        with self.lake.writing("alice", "identities"):
            self._insert("identities", ["platform_id", "identity", "kind", "customer_id"], rows)

    def forget(self, *customers: str) -> None:
        """Take customers and their identities out."""
        gone = ", ".join(map(literal, customers))
        with self.lake.writing("alice", "forget"):
            self.lake.connection.execute(f"DELETE FROM customers WHERE customer_id IN ({gone})")
            self.lake.connection.execute(f"DELETE FROM identities WHERE customer_id IN ({gone})")

    def _insert(self, table: str, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """One statement for all rows: every statement on the lake writes a file."""
        holders = ", ".join(f"({', '.join('?' for _ in row)}, 'load_test', 'test', 1)" for row in rows)
        self.lake.connection.execute(
            f"INSERT INTO {table} ({', '.join(names)}, load_id, file_hash, source_line) VALUES {holders}",
            [cell for row in rows for cell in row],
        )

    def link(self, *, whole: bool = False, train: bool = False) -> LinkRun:
        return link(self.shop, self.state, by="alice", whole=whole, train=train)

    def ids(self) -> dict[str, str]:
        """Customer → person."""
        return dict(self.rows("SELECT customer_id, person_id FROM person_members ORDER BY 1"))

    def groups(self) -> set[frozenset[str]]:
        """The persons of more than one customer."""
        found: dict[str, set[str]] = {}
        for customer, person in self.ids().items():
            found.setdefault(person, set()).add(customer)
        return {frozenset(group) for group in found.values() if len(group) > 1}

    def links(self) -> dict[tuple[str, str, str], str]:
        """(left, right, kind) → status."""
        return {
            (a, b, kind): s for a, b, kind, s in self.rows("SELECT left_id, right_id, kind, status FROM person_links")
        }

    def tables(self) -> tuple[list[tuple[Any, ...]], ...]:
        """Everything that runs wrote, but their ledger."""
        return tuple(
            self.rows(f"SELECT * FROM {name} ORDER BY ALL") for name in ("persons", "person_members", "person_links")
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.lake.query(sql).fetchall()

    def close(self) -> None:
        self.state.close()
        self.lake.close()

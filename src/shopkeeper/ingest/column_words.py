"""The words of the commerce model's columns in both languages: name, meaning, type, unit and codes."""

from __future__ import annotations

import re

from shopkeeper.core.wording import Language, has_word, word
from shopkeeper.warehouse.model import Column, Table


def column_word(table: Table, column: Column, lang: Language) -> str:
    """What a column is called. Raises InternalError for a column that no file can fill.

    >>> from shopkeeper.warehouse.model import table
    >>> column_word(table("orders"), table("orders").column("order_id"), "zh")
    '订单号'
    """
    key = f"columns.{table.name}.{column.name}"
    return word(key if has_word(key) else f"columns.shared.{column.name}", lang)


def column_meaning(table: Table, column: Column, lang: Language) -> str:
    """What a column means, in a sentence."""
    key = f"column_meanings.{table.name}.{column.name}"
    return word(key if has_word(key) else f"column_meanings.shared.{column.name}", lang)


def code_word(table: Table, column: Column, code: str, lang: Language) -> str:
    """What a code of a code column is called: orders.status `paid` is 已支付."""
    return word(f"column_codes.{table.name}.{column.name}.{code}", lang)


def type_word(column: Column, lang: Language) -> str:
    """What a column's type is called."""
    return word(f"column_types.{column.type}", lang)


def unit_word(column: Column, lang: Language) -> str:
    """What a column is counted in; empty for names and flags."""
    unit = re.sub(r"\W", "_", column.unit)
    return word(f"column_units.{unit}", lang) if unit else ""

"""A cell's missing list, in words."""

from __future__ import annotations

from collections.abc import Sequence

from shopkeeper.core.wording import Language, has_word, word


def missing_words(missing: Sequence[str], lang: Language) -> str:
    """What would have to be there, as a short enumeration.

    >>> missing_words(["visits", "ad_spend"], "en")
    'visits, advertising spend'
    """
    separator = "、" if lang == "zh" else ", "
    return separator.join(dict.fromkeys(_one(item, lang) for item in missing))


def _one(item: str, lang: Language) -> str:
    kind, _, detail = item.partition(":")
    match kind:
        case "history":
            return word("kpi_need.history", lang, days=detail)
        case "follow_up":
            return word("kpi_need.follow_up", lang, days=detail)
        case "currency":
            return word("kpi_need.currency", lang, currencies=detail)
        case "visits_twice":
            return word("kpi_need.visits_twice", lang, shop=detail)
        case "no_slice":
            return word("kpi_need.no_slice", lang, slice=word(f"kpi_slice.{detail}", lang))
        case "daily_only" | "previous" | "empty":
            return word(f"kpi_need.{kind}", lang)
    table, _, column = item.partition(".")
    if column in ("unpaid", "origin", "is_acquisition", "fees"):
        return word(f"kpi_need.{column}", lang)
    if not column:
        return word(f"kpi_source.{table}", lang) if has_word(f"kpi_source.{table}") else table
    return word("kpi_need.column", lang, table=word(f"kpi_source.{table}", lang), column=column)

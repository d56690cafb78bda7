"""Which platforms can be pulled through their own interfaces, what of that is verified, and which sources do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shopkeeper.core.wording import Language, word
from shopkeeper.ingest.platforms import PLATFORMS, platform_named
from shopkeeper.warehouse.shop import Shop


@dataclass(frozen=True)
class PlatformRow:
    """One platform. `signature` is verified or unverified, `doubts` are sentences, `sources` the shop's own that pull it."""

    platform: str
    calls: Sequence[str]
    signature: str
    sources: Sequence[str]
    needs: str
    doubts: Sequence[str]


def platform_rows(shop: Shop, lang: Language) -> tuple[PlatformRow, ...]:
    """Every platform in the order of its name."""
    said = [entry for entry in shop.settings.source if entry.get("kind") == "api"]
    rows = []
    for name in PLATFORMS:
        platform = platform_named(name)
        rows.append(PlatformRow(
            name, [f"{call.name}: {call.method}" for call in platform.calls],
            word("platform_heading.verified" if platform.verified else "platform_heading.unverified", lang),
            [str(entry.get("name", "")) for entry in said if entry.get("platform") == name],
            word(f"platform_permission.{name}", lang),
            [word(f"platform.doubt_{doubt}", lang, detail=name) for doubt in platform.doubts],
        ))  # fmt: skip
    return tuple(rows)

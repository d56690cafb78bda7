"""One `[[source]]` entry that has a kind, with what its maker needs to know of the shop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopkeeper.core.settings import ShopSettings


@dataclass(frozen=True)
class Entry:
    """An entry as it stands in shopkeeper.toml, unchecked."""

    name: str
    kind: str
    said: Mapping[str, Any]
    settings: ShopSettings
    folder: Path

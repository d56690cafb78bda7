"""Keep DuckDB from importing pandas for every statement with parameters: a quarter of a second that no command needs.

DuckDB looks whether a parameter is one of pandas' values, and imports pandas to know. Nothing here has such values, so that its
question is answered as on a machine without pandas; whoever imports pandas by a statement of their own still gets it.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import FrameType, ModuleType
from typing import Any

_OURS = f"{__name__.partition('.')[0]}."


class _Spared(importlib.abc.MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:  # fmt: skip
        if name == "pandas" and _asked_by_a_statement(sys._getframe(1)):
            raise ModuleNotFoundError("pandas is not imported to look at parameters", name=name)
        return None


def _asked_by_a_statement(frame: FrameType | None) -> bool:
    """Whether the innermost code that is no machinery of imports is ours and names pandas nowhere."""
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        if frame.f_code.co_filename == "<frozen importlib.util>":
            return False  # somebody asks whether it is installed
        frame = frame.f_back
    if frame is None:
        return False
    module: Any = frame.f_globals.get("__name__", "")
    return str(module).startswith(_OURS) and "pandas" not in frame.f_code.co_names


def spare_pandas() -> None:
    """Install it, once a process."""
    if not any(isinstance(finder, _Spared) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Spared())

"""Results kept in memory until the shop's data change: the newest few hundred, made once, shared between threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar

Made = TypeVar("Made")


class Memo:
    """A bounded store of results by key. A key names everything that a result depends on, the snapshot included.

    While one thread makes a result, others that want the same one wait for it.

    >>> memo = Memo(limit=2)
    >>> [memo.get(("a", 1), lambda: "made"), memo.get(("a", 1), lambda: "made again")]
    ['made', 'made']
    """

    def __init__(self, limit: int = 256) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, object] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """The result of a key, made when it is not there. A failure is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]  # type: ignore[return-value]
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._kept:
                    return self._kept[key]  # type: ignore[return-value]
            try:
                made = make()
            except BaseException:
                with self._lock:
                    self._making.pop(key, None)
                raise
            with self._lock:
                self._kept[key] = made
                self._making.pop(key, None)
                while len(self._kept) > self._limit:
                    self._kept.popitem(last=False)
            return made

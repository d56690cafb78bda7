"""Every exception that Shopkeeper raises on purpose, and how each one reads to a person.

ShopkeeperError
├── UsageError                 the command or request itself is wrong          exit 2   HTTP 400
│   ├── NotFound               a named thing does not exist                    exit 2   HTTP 404
│   └── ConfigError            shopkeeper.toml or a setting cannot be used     exit 2   HTTP 400
├── SourceError                a file or source cannot be read                 exit 3   HTTP 422
│   └── DataQualityError       it reads, but its content is refused            exit 3   HTTP 422
├── KpiDefinitionError         an indicator is declared in a way that is wrong exit 2   HTTP 400
├── GuardrailViolation         a proposal crosses a floor, cap or stock limit  exit 1   HTTP 409
├── AccessDenied               no right to see or do this                      exit 2   HTTP 403
│   └── NotSignedIn            nobody is signed in                             exit 2   HTTP 401
├── WarehouseBusy              another process holds the writer's lock         exit 4   HTTP 503
├── Backlogged                 too much waits already: send it again later     exit 4   HTTP 503
├── Undelivered                a message could not be handed over              exit 4   HTTP 502
├── NotEstimable              the data cannot carry this answer               exit 1   HTTP 422
└── InternalError              our fault, or the machine's                     exit 4   HTTP 500

A message always has the same parts: what failed · where · value received and allowed · state left behind · next command.
This module imports nothing from the package.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


def nearest(received: str, allowed: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """The allowed names closest to what was received, best first.

    >>> nearest("visist", ["orders", "visits", "tickets"])
    ('visits',)
    """
    names = list(allowed)
    folded = {name.casefold(): name for name in names}
    hits = difflib.get_close_matches(received.casefold(), folded, n=limit, cutoff=0.55)
    return tuple(folded[hit] for hit in hits)


class ShopkeeperError(Exception):
    """Base of the tree. `code` names the kind in the JSON error shape and never changes."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 4
    http_status: ClassVar[int] = 500

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        received: object = None,
        allowed: str | Iterable[str] = (),
        state: str = "",
        next_command: str = "",
    ) -> None:
        self.what = what
        self.where = where
        self.received = None if received is None else str(received)
        self.allowed = allowed if isinstance(allowed, str) else ", ".join(str(a) for a in allowed)
        self.state = state
        self.next_command = next_command
        super().__init__(self.message())

    def parts(self) -> list[tuple[str, str]]:
        """The filled parts in reading order, as (label, text)."""
        received = "" if self.received is None else _shortened(self.received)
        rows = [
            ("failed", self.what),
            ("where", self.where),
            ("received", received),
            ("allowed", self.allowed),
            ("state", self.state),
            ("next", self.next_command),
        ]
        return [(label, text) for label, text in rows if text]

    def message(self) -> str:
        """All parts in one line, for logs."""
        head, *rest = self.parts()
        return " · ".join([head[1], *(f"{label}: {text}" for label, text in rest)])

    def as_json(self) -> dict[str, object]:
        """The one JSON error shape of the CLI and the API."""
        return {"error": {"code": self.code, **{label: text for label, text in self.parts()}}}


def _shortened(text: str, limit: int = 300) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"


class UsageError(ShopkeeperError):
    """The command or request itself is wrong."""

    code = "usage"
    exit_code = 2
    http_status = 400


class NotFound(UsageError):
    """A named thing does not exist; the nearest names are offered."""

    code = "not_found"
    http_status = 404

    def __init__(
        self, kind: str, received: str, known: Iterable[str], *, where: str = "", next_command: str = ""
    ) -> None:
        names = list(known)
        close = nearest(received, names)
        allowed = f"did you mean {', '.join(close)}?" if close else ", ".join(names[:40])
        super().__init__(
            f"no {kind} has this name", where=where, received=received, allowed=allowed, next_command=next_command
        )


class ConfigError(UsageError):
    """A setting cannot be used. `where` names the file, line and key."""

    code = "config"


class SourceError(ShopkeeperError):
    """A file or source cannot be read. `retryable` says whether the same call may go through later."""

    code = "source"
    exit_code = 3
    http_status = 422

    def __init__(self, what: str, *, retryable: bool = False, where: str = "", received: object = None,
                 allowed: str | Iterable[str] = (), state: str = "", next_command: str = "") -> None:  # fmt: skip
        self.retryable = retryable
        super().__init__(what, where=where, received=received, allowed=allowed, state=state, next_command=next_command)


class DataQualityError(SourceError):
    """The file reads, but what it holds is refused."""

    code = "data_quality"


class KpiDefinitionError(ShopkeeperError):
    """An indicator is declared in a way that would give a wrong number."""

    code = "kpi_definition"
    exit_code = 2
    http_status = 400


class GuardrailViolation(ShopkeeperError):
    """A proposal crosses a floor, a cap or the stock."""

    code = "guardrail"
    exit_code = 1
    http_status = 409


class AccessDenied(ShopkeeperError):
    """The signed-in person may not see or do this."""

    code = "access_denied"
    exit_code = 2
    http_status = 403


class NotSignedIn(AccessDenied):
    """Nobody is signed in, or the session has ended."""

    code = "not_signed_in"
    http_status = 401


class WarehouseBusy(ShopkeeperError):
    """Another process holds the writer's lock of this shop."""

    code = "warehouse_busy"
    exit_code = 4
    http_status = 503


class Backlogged(ShopkeeperError):
    """Too much waits already. `retry_after` is the number of seconds after which another try is worth it."""

    code = "backlogged"
    exit_code = 4
    http_status = 503

    def __init__(self, what: str, *, retry_after: int, where: str = "", received: object = None,
                 allowed: str | Iterable[str] = (), state: str = "", next_command: str = "") -> None:  # fmt: skip
        self.retry_after = retry_after
        super().__init__(what, where=where, received=received, allowed=allowed, state=state, next_command=next_command)


class Undelivered(ShopkeeperError):
    """A message could not be handed over. `final` says that trying again cannot help; `wait_seconds`, what was asked for."""

    code = "undelivered"
    exit_code = 4
    http_status = 502

    def __init__(
        self, what: str, *, final: bool, wait_seconds: float = 0.0, where: str = "", received: object = None
    ) -> None:
        self.final = final
        self.wait_seconds = wait_seconds
        state = "the message was not delivered" if final else "the message was not delivered; it will be sent again"
        super().__init__(what, where=where, received=received, state=state, next_command="shopkeeper jobs outbox")


class InternalError(ShopkeeperError):
    """Our fault or the machine's: disk full, a broken installation, a failed invariant."""

    code = "internal"


class NotEstimable(ShopkeeperError):
    """The data cannot carry this answer. `missing` lists what would be needed.

    `told` and `needed` are the same for readers of any language, where whoever raised it has words for them.
    """

    code = "not_estimable"
    exit_code = 1
    http_status = 422

    def __init__(self, reason: str, missing: Iterable[str] = (), *, where: str = "", next_command: str = "") -> None:
        self.missing = tuple(missing)
        self.told: object | None = None
        self.needed: tuple[object, ...] = ()
        super().__init__(reason, where=where, allowed=[f"needs {m}" for m in self.missing], next_command=next_command)

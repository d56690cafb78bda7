"""What a failed attempt leaves behind: the parts of the product's error, and whether trying again can help."""

from __future__ import annotations

from typing import Any

from shopkeeper.errors import GuardrailViolation, InternalError, NotEstimable, ShopkeeperError, SourceError, UsageError


def may_pass(error: BaseException) -> bool:
    """Whether the same job may go through later: a busy database may, a refused file or a wrong setting will not.

    >>> may_pass(SourceError("the server does not answer", retryable=True)), may_pass(UsageError("no such source"))
    (True, False)
    """
    if isinstance(error, SourceError):
        return error.retryable
    return not isinstance(error, (UsageError, GuardrailViolation, NotEstimable))


def error_parts(error: BaseException) -> dict[str, Any]:
    """The parts of an error as they are kept; one that nobody foresaw is put into the house's form."""
    if not isinstance(error, ShopkeeperError):
        error = InternalError(
            "an error that Shopkeeper did not foresee",
            received=f"{type(error).__name__}: {error}",
            state="what the job had not finished was not kept",
            next_command="look into the worker's output",
        )
    return {"code": error.code, **dict(error.parts())}


def worker_lost(worker: str) -> InternalError:
    """The worker ended without a word: killed, out of memory, or its machine is gone."""
    return InternalError(
        "its worker was not heard of any more",
        where=worker,
        state="what the job had not finished was not kept",
        next_command="see why the worker ended, such as too little memory",
    )

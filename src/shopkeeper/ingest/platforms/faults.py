"""What a platform's refusal means for the person who reads it, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from shopkeeper.core.credentials import hidden
from shopkeeper.errors import SourceError
from shopkeeper.ingest.platforms.declaration import Credentials, FaultKind, Platform, Refused

STATE = "nothing was changed since the last committed window"
_SEEN_SKEW_SECONDS = 60.0


@dataclass(frozen=True)
class ClockSkew:
    """How far this machine's clock is ahead of the platform's, in seconds; below zero is behind."""

    seconds: float

    @property
    def told(self) -> str:
        """In words."""
        ahead = "ahead of" if self.seconds > 0 else "behind"
        return f"this machine's clock is {abs(self.seconds):,.0f} s {ahead} the platform's"


_WHAT: dict[FaultKind, str] = {
    "throttled": "the platform takes no more calls for now",
    "signature": "the platform refused the signature",
    "token": "the shop's authorisation has ended",
    "clock": "the platform refused the time of the request",
    "permission": "the application may not call this API",
    "request": "the platform refused the request",
    "passing": "the platform is not available",
}


def explained(
    platform: Platform, refused: Refused, where: str, source: str, credentials: Credentials, skew: ClockSkew | None
) -> SourceError:
    """The error of a refusal: kind of fault, code and words of the platform without our secrets, and the fix."""
    kind = platform.fault_of(refused)
    far = skew is not None and abs(skew.seconds) >= _SEEN_SKEW_SECONDS
    told = f"; {skew.told}" if skew is not None and far and kind in ("clock", "signature") else ""
    said = hidden(f"{refused.code} {refused.text}".strip(), credentials.secrets)
    return SourceError(
        _WHAT[kind], retryable=kind in ("throttled", "passing"), where=where, received=said + told,
        allowed=_allowed(kind, platform), state=STATE, next_command=_fix(kind, platform, refused, source, far),
    )  # fmt: skip


def _allowed(kind: FaultKind, platform: Platform) -> str:
    if kind == "permission":
        return f"the permission that docs/platform-apis.md names for {platform.name}"
    if kind == "signature" and not platform.verified:
        return f"a right signature; that of {platform.name} is held by no published vector"
    return ""


def _fix(kind: FaultKind, platform: Platform, refused: Refused, source: str, skewed: bool) -> str:
    again = f"shopkeeper ingest {source}"
    if kind == "throttled":
        wait = f" in {refused.wait_seconds:,.0f} s" if refused.wait_seconds else " later"
        return f"{again}{wait}, or a lower per_second for the source"
    if kind == "clock" or kind == "signature" and skewed:
        return f"set this machine's clock (NTP), then {again}"
    if kind == "signature":
        return f"check app_key and app_secret of the source against the platform's console, then {again}"
    if kind == "token":
        return (
            f"authorise the shop again at {platform.name}'s open platform, put the new token where access_token of the "
            f"source says, then {again}"
        )
    if kind == "permission":
        return f"apply for the API's permission at {platform.name}'s open platform, then {again}"
    if kind == "passing":
        return f"{again} later"
    return f"{again}; if it stays, import the platform's export files instead"


def unreadable(where: str, received: str, source: str) -> SourceError:
    """The error of an answer that is not what the platform documents. Its content is not repeated: it may be personal."""
    return SourceError(
        "the answer is not what the platform documents", where=where, received=received, allowed="its documented JSON",
        state=STATE, next_command=f"check the address of the source, then shopkeeper ingest {source}",
    )  # fmt: skip


def incomplete(where: str, received: str, source: str) -> SourceError:
    """The error of a window whose pages do not hold what the platform counts."""
    return SourceError(
        "the pages of a window do not hold all its records", retryable=True, where=where, received=received,
        allowed="as many records as the platform counts", state=STATE, next_command=f"shopkeeper ingest {source} again later",
    )  # fmt: skip

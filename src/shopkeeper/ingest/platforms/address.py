"""Where a platform is asked: over https, or on this machine, so that no token goes over the net in the clear."""

from __future__ import annotations

from urllib.parse import urlsplit

from shopkeeper.errors import ConfigError

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def checked_address(address: str, where: str) -> None:
    """Raise ConfigError unless an address is https, or this machine's own."""
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname or parts.scheme == "http" and is_loopback(address):
        return
    raise ConfigError(
        "a platform is asked over https alone", where=f"{where}, key address", received=address,
        allowed="https://…, or http:// on this machine", state="nothing was changed",
    )  # fmt: skip


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    return (urlsplit(address).hostname or "") in _LOOPBACK

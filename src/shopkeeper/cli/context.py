"""What every command needs to know: which shop folder, who runs it, in which language."""

from __future__ import annotations

import datetime as dt
import functools
import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from shopkeeper.core.wording import LANGUAGES, Language, word
from shopkeeper.errors import UsageError

if TYPE_CHECKING:
    from shopkeeper.core.settings import ShopSettings
    from shopkeeper.state import State
    from shopkeeper.warehouse.shop import Shop


class ShopContext:
    """The shop folder of this command; settings, lake and state are opened when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._said = False

    @functools.cached_property
    def settings(self) -> ShopSettings:
        """The shop's settings. Raises ConfigError."""
        from shopkeeper.core.settings import read_settings

        return self._told(read_settings(self.folder))

    def _told(self, settings: ShopSettings) -> ShopSettings:
        """Say once that a shop is simulated: on standard error, so that standard output stays data."""
        if settings.shop.simulated and not self._said:
            typer.echo(word("frame.simulated", _language() or settings.shop.language), err=True)
            self._said = True
        return settings

    @property
    def lang(self) -> Language:
        """SHOPKEEPER_LANG, or else the shop's language."""
        return _language() or self.settings.shop.language

    @property
    def actor(self) -> str:
        """Who runs the command, for ledgers and the audit trail."""
        try:
            return getpass.getuser()
        except (KeyError, OSError):  # no such user in a container
            return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"

    def open(self, as_of: str | None = None, *, read_only: bool = False) -> Shop:
        """The shop with its lake opened; `as_of` is the number of a snapshot, or a day."""
        from shopkeeper.warehouse.shop import open_shop

        opened = open_shop(self.folder, as_of=_past(as_of), read_only=read_only)
        self._told(opened.settings)
        return opened

    def state(self) -> State:
        """The operational state of this shop."""
        from shopkeeper.core.settings import resolved
        from shopkeeper.state import default_state_url, open_state

        url = resolved(self.settings.state.url, where="shopkeeper.toml, key state.url")
        return open_state(url or default_state_url(self.folder.resolve() / "data"))

    def written_down(self, action: str, target: str) -> None:
        """One row of the audit trail. The command line has no roles: whoever may read the folder may read the data."""
        from shopkeeper.access.audit import record
        from shopkeeper.core.clock import utc_now

        with self.state() as state:
            record(state, action, target, actor=self.actor, at=utc_now(), shop=self.settings.shop.id)


def _past(text: str | None) -> int | dt.date | None:
    if text is None or text.isdigit():
        return int(text) if text else None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            "this is no moment of the past", where="--as-of", received=text,
            allowed="the number of a snapshot, or a day such as 2017-10-31",
        ) from None  # fmt: skip


def _language() -> Language | None:
    """The language that the environment asks for."""
    wanted = os.environ.get("SHOPKEEPER_LANG", "")[:2]
    return next((language for language in LANGUAGES if wanted == language), None)


def current_shop(ctx: typer.Context) -> ShopContext:
    """The shop context that the root command made."""
    found = ctx.find_root().obj
    assert isinstance(found, ShopContext)
    return found

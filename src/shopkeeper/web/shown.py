"""View models and rendered fragments of this server, kept until the data change, and the frame around a page."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shopkeeper.access.csrf import csrf_token
from shopkeeper.access.roles import Permission
from shopkeeper.core.clock import utc_now
from shopkeeper.core.wording import Language, word
from shopkeeper.errors import ShopkeeperError
from shopkeeper.kpi.definitions import BUILT_IN
from shopkeeper.kpi.own.folder import Stamp, definitions_of, definitions_stamp
from shopkeeper.render.formats import Formats
from shopkeeper.views.lens import Lens
from shopkeeper.views.memo import Memo
from shopkeeper.views.overview import Freshness, overview
from shopkeeper.views.plain import as_plain
from shopkeeper.warehouse.shop import Shop
from shopkeeper.web.preferences import Preferences, preferences_of
from shopkeeper.web.templates import environment
from shopkeeper.web.visitor import Premises, Visitor

Made = TypeVar("Made")
_LATELY_SECONDS = 120.0
_MOST_MADE_ANEW = 12
_MOST_LOOKS = 100
NAVIGATION = (
    ("overview", "/", "nav.overview"),
    ("live", "/live", "nav.live"),
    ("kpis", "/kpis", "nav.kpis"),
    ("anomalies", "/anomalies", "anomalies.title"),
    ("packs", "/packs", "pack.title"),
    ("diagnose", "/diagnose", "diagnose.title"),
    ("models", "/models", "models.title"),
    ("customers", "/customers", "nav.customers"),
    ("identities", "/customers/identities", "one_id.title"),
    ("segments", "/segments", "nav.segments"),
    ("data", "/data", "nav.data"),
    ("jobs", "/jobs", "jobs.title"),
)


def _here(path: str) -> str:
    """The page of the navigation that an address belongs to: the nearest above it."""
    above = (
        address for _, address, _ in NAVIGATION if path == address or (address != "/" and path.startswith(address))
    )
    return max(above, key=len, default="")


@dataclass(frozen=True)
class Asked:
    """A request for a page, understood: who asks, for which shop, through which lens, at which snapshot."""

    request: Request
    visitor: Visitor
    shop: Shop
    preferences: Preferences
    lens: Lens
    snapshot: int
    stamp: Stamp = ()

    @property
    def lang(self) -> Language:
        """The reader's language."""
        return self.preferences.lang

    @property
    def may_query(self) -> bool:
        """Whether the reader may see SQL and the content of single rows."""
        return self.visitor.may_query(self.shop)

    @property
    def may_see_people(self) -> bool:
        """Whether the reader may see rows as they were read, with whoever stands in them; a demo shop is open to all."""
        return self.visitor.signed_in is None or self.may("see_personal")

    def may(self, permission: Permission) -> bool:
        """Whether the reader may do a thing in this shop."""
        return self.visitor.may(self.shop, permission)

    @property
    def part(self) -> str:
        """The id of the element that htmx will replace; empty for a whole page."""
        headers = self.request.headers
        if headers.get("hx-request") != "true" or "hx-history-restore-request" in headers:
            return ""
        return headers.get("hx-target", "").partition("#")[2]


@dataclass(frozen=True)
class _Behind:
    """Readers are shown an older snapshot while the newest is not later than `last`."""

    shown: int
    last: int


@dataclass(frozen=True)
class _Look:
    """A view that somebody looked at."""

    make: Callable[..., object]
    place: Path
    lens: Lens
    given: tuple[Hashable, ...]


class Desk:
    """Makes answers: view models by (shop, snapshot, lens), fragments by the same."""

    def __init__(self, premises: Premises) -> None:
        self.premises = premises
        self.closing = threading.Event()
        self._views = Memo(limit=400)
        self._fragments = Memo(limit=400)
        self._snapshots: dict[Path, tuple[tuple[int, ...] | None, int]] = {}
        self._behind: dict[Path, _Behind] = {}
        self._looked: OrderedDict[_Look, float] = OrderedDict()
        self._looking = threading.Lock()

    def ask(self, request: Request, *, kpi: str | None = None, shop: str = "") -> Asked:
        """Understand a request. Raises NotSignedIn, AccessDenied, NotFound or UsageError.

        `kpi` is the indicator that an address names, "" where a page looks at none whatever the query says; `shop` is the
        shop that a form names.
        """
        visitor = self.premises.visitor(request)
        place = visitor.shop(shop or request.query_params.get("shop", ""))
        preferences = preferences_of(request, place.settings.shop.language)
        query = dict(request.query_params)
        if kpi is not None:
            query["kpi"] = kpi
        definitions = definitions_of(place) if query.get("kpi") else BUILT_IN
        lens = Lens.from_query(query, shop=place.id, lang=preferences.lang, definitions=definitions)
        return Asked(
            request, visitor, place, preferences, lens, self.snapshot(place), definitions_stamp(place.folder)
        )  # fmt: skip

    def snapshot(self, shop: Shop) -> int:
        """The shop's newest snapshot, asked anew only when the catalog's file has changed: asking costs 3 ms."""
        stamp = _catalog_stamp(shop)
        kept = self._snapshots.get(shop.data_dir)
        if kept is not None and stamp is not None and kept[0] == stamp:
            return kept[1]
        number = shop.lake.snapshot()
        behind = self._behind.get(shop.data_dir)
        if behind is not None and number <= behind.last:
            return behind.shown
        self._snapshots[shop.data_dir] = (stamp, number)
        return number

    @contextlib.contextmanager
    def catching_up(self, shop: Shop) -> Iterator[None]:
        """While events flow into a lake, and until what was looked at lately is made anew, readers see what was there before.

        What anybody writes after the flow is seen at once.
        """
        shown = self.snapshot(shop)
        self._behind[shop.data_dir] = _Behind(shown, sys.maxsize)
        try:
            yield
            last = shop.lake.snapshot()
            self._behind[shop.data_dir] = _Behind(shown, last)
            if last != shown:
                self._make_anew(shop, last)
        finally:
            del self._behind[shop.data_dir]

    def _make_anew(self, shop: Shop, snapshot: int) -> None:
        """What readers looked at lately, for a newer snapshot."""
        since, stamp = time.monotonic() - _LATELY_SECONDS, definitions_stamp(shop.folder)
        with self._looking:
            looked = [key for key, at in self._looked.items() if key.place == shop.data_dir and at > since]
        for one in looked[: -_MOST_MADE_ANEW - 1 : -1]:
            if self.closing.is_set():
                return
            with contextlib.suppress(ShopkeeperError):  # whoever opens the page is told
                self._view(one.make, shop, one.lens, snapshot, stamp, *one.given)

    def view(self, make: Callable[..., Made], asked: Asked, *given: Hashable) -> Made:
        """A view model, from memory when the data have not changed.

        `given` is what it takes after shop, lens and snapshot, and all else that it depends on.
        """
        look = _Look(make, asked.shop.data_dir, asked.lens, given)
        with self._looking:
            self._looked[look] = time.monotonic()
            self._looked.move_to_end(look)
            while len(self._looked) > _MOST_LOOKS:
                self._looked.popitem(last=False)
        return self._view(make, asked.shop, asked.lens, asked.snapshot, asked.stamp, *given)

    def _view(
        self, make: Callable[..., Made], shop: Shop, lens: Lens, snapshot: int, stamp: Stamp, *given: Hashable
    ) -> Made:
        key = (make.__module__, make.__name__, shop.data_dir, snapshot, stamp, lens, given)
        return self._views.get(key, lambda: make(shop, lens, snapshot, *given))

    def kept(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Something that costs long, from memory; `key` names all that it depends on."""
        return self._views.get(key, make)

    def warm(self) -> None:
        """Make each shop's first view before anybody waits for it."""
        for shop in self.premises.shops:
            if self.closing.is_set():
                return
            lens = Lens(shop.id, shop.settings.shop.language)
            with contextlib.suppress(ShopkeeperError):  # whoever opens the page is told
                self._view(overview, shop, lens, self.snapshot(shop), definitions_stamp(shop.folder))

    def json(self, view: object, asked: Asked, *given: Hashable) -> bytes:
        """A view model as JSON."""
        key = (
            "json",
            type(view).__name__,
            asked.shop.data_dir,
            asked.snapshot,
            asked.stamp,
            asked.lens,
            asked.may_query,
            asked.may_see_people,
            given,
        )
        return self._fragments.get(key, lambda: json.dumps(as_plain(view), ensure_ascii=False).encode())

    def fragment(self, name: str, asked: Asked, *given: Hashable, **values: Any) -> Markup:
        """A rendered template that depends on shop, snapshot, lens, `may_query` and what is `given` alone."""
        key = (
            name,
            asked.shop.data_dir,
            asked.snapshot,
            asked.stamp,
            asked.lens,
            asked.may_query,
            asked.may_see_people,
            given,
        )
        return self._fragments.get(key, lambda: Markup(self._render(name, asked, values)))

    def form(self, name: str, asked: Asked, **values: Any) -> Markup:
        """A template with forms in it, rendered for this reader alone: their proofs belong to one session."""
        signed_in = asked.visitor.signed_in
        csrf = csrf_token(asked.visitor.token) if signed_in else ""
        return Markup(self._render(name, asked, {**values, "csrf": csrf}))

    def page(self, name: str, asked: Asked, *, fresh: Freshness, **values: Any) -> HTMLResponse:
        """A whole page: the frame with the reader's own things in it, around a fragment."""
        formats = Formats(asked.lang, asked.shop.settings.shop.currency)
        zone = asked.shop.settings.shop.timezone
        signed_in = asked.visitor.signed_in
        notice = asked.shop.settings.shop
        html = self._render(
            name,
            asked,
            {
                **values,
                "navigation": NAVIGATION,
                "path": asked.request.url.path,
                "here": _here(asked.request.url.path),
                "shops": asked.visitor.shops,
                "user": signed_in.user if signed_in else None,
                "csrf": csrf_token(asked.visitor.token) if signed_in else "",
                "simulated": notice.simulated,
                "notice": (notice.notice_zh if asked.lang == "zh" else "") or notice.notice,
                "fresh": fresh,
                "loaded_ago": formats.ago(fresh.loaded_at, utc_now()),
                "loaded_at": formats.moment(fresh.loaded_at, zone),
            },
        )
        return answer(html)

    def _render(self, name: str, asked: Asked, values: dict[str, Any]) -> str:
        lang = asked.lang

        def t(key: str, **given: object) -> str:
            return word(key, lang, **given)

        formats = Formats(lang, asked.shop.settings.shop.currency)
        template = environment(asked.request.app.state.assets).get_template(name)
        return template.render(
            t=t, lang=lang, lens=asked.lens, shop=asked.shop, preferences=asked.preferences, formats=formats, **values
        )


def _catalog_stamp(shop: Shop) -> tuple[int, ...] | None:
    """Size and time of the catalog's file and its write-ahead log; None for a catalog on a server."""
    stamp: list[int] = []
    try:
        for name in ("catalog.sqlite", "catalog.sqlite-wal"):
            found = (shop.data_dir / name).stat()
            stamp += (found.st_mtime_ns, found.st_size, found.st_ino)
    except FileNotFoundError:
        return tuple(stamp) or None
    return tuple(stamp)


def answer(html: str, status: int = 200) -> HTMLResponse:
    """A page that no shared cache keeps; what it shows depends on cookies and on which part htmx asks for."""
    headers = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Accept-Language, HX-Request, HX-Target"}
    return HTMLResponse(html, status, headers)

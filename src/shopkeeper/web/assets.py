"""Styles, scripts and fonts: read once, hashed, compressed once, and served for a year under their hash."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from shopkeeper.errors import InternalError

STYLE_SHEETS = (
    "tokens",
    "frame",
    "controls",
    "matrix",
    "detail",
    "pages",
    "coverage",
    "acting",
    "live",
    "customers",
    "models",
    "diagnose",
    "anomalies",
    "forecast",
    "narrow",
    "print",
)
"""Files of static/css in the order in which they cascade; they are sent as one app.css."""

_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
}
_VENDOR = ("vendor/echarts.js", "vendor/htmx.js", "vendor/inter.woff2")


@dataclass(frozen=True)
class Asset:
    """One file ready to be sent; `packed` is its gzip form, where that is smaller."""

    content: bytes
    packed: bytes | None
    media_type: str


class Assets:
    """Every asset by name, under one hash of them all, so that modules may import one another by relative names."""

    def __init__(self, files: dict[str, Asset]) -> None:
        self._files = files
        digest = hashlib.sha256()
        for name, asset in sorted(files.items()):
            digest.update(name.encode() + b"\0" + asset.content + b"\0")
        self.version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of an asset. Raises InternalError for a name that is not there: a template is wrong."""
        if name not in self._files:
            raise InternalError("a page asks for an asset that does not exist", received=name)
        return f"/assets/{self.version}/{name}"

    def names(self) -> tuple[str, ...]:
        """Every asset's name."""
        return tuple(self._files)

    def respond(self, request: Request, version: str, name: str) -> Response | None:
        """The answer to a request for an asset; None when there is none of this name and version."""
        asset = self._files.get(name) if version == self.version else None
        if asset is None:
            return None
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(asset.packed, media_type=asset.media_type, headers=headers)
        return Response(asset.content, media_type=asset.media_type, headers=headers)


def load_assets() -> Assets:
    """Read the package's static files. Raises InternalError when the browser libraries are not installed."""
    root = Path(str(resources.files("shopkeeper.web") / "static"))
    missing = [name for name in _VENDOR if not (root / name).is_file()]
    if missing:
        raise InternalError(
            "the browser libraries are missing from this installation",
            where=str(root / "vendor"),
            received=f"no {', '.join(missing)}",
            state="nothing was changed",
            next_command="pip install . from the checkout (it fetches them), or install a released wheel",
        )
    css = b"\n".join((root / "css" / f"{name}.css").read_bytes() for name in STYLE_SHEETS)
    files = {"app.css": _asset(css, ".css")}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.suffix in _TYPES and path.is_file() and not name.startswith("css/"):
            packed = path.with_name(f"{path.name}.gz")
            files[name] = _asset(path.read_bytes(), path.suffix, packed.read_bytes() if packed.exists() else None)
    return Assets(files)


def _asset(content: bytes, suffix: str, packed: bytes | None = None) -> Asset:
    if packed is None and suffix != ".woff2":
        packed = gzip.compress(content, 9, mtime=0)
    return Asset(content, packed if packed and len(packed) < len(content) else None, _TYPES[suffix])

"""One folder a platform, all of one shape: `signing`, `calls`, `mapping`, `fixture`. Files are the primary path."""

from __future__ import annotations

import functools
import importlib

from shopkeeper.ingest.platforms.declaration import Platform

PLATFORMS = ("douyin", "jd", "kuaishou", "pinduoduo", "shopify", "taobao", "xiaohongshu")


@functools.cache
def platform_named(name: str) -> Platform:
    """The declaration of a platform; the caller has checked the name."""
    found: Platform = importlib.import_module(f"{__name__}.{name}.calls").PLATFORM
    return found

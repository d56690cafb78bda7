"""One folder a source, all of one shape: `layout` (what its files look like), `mapping` (to the commerce model), `fixture`."""

from __future__ import annotations

import functools
import importlib

from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.sources.fixture import Fixture

PLATFORMS = (
    "alipay", "amazon", "douyin", "jd", "jushuitan", "kuaishou", "pinduoduo", "shopify", "square", "taobao", "wangdiantong",
    "wechat", "woocommerce", "xiaohongshu",
)  # fmt: skip


@functools.cache
def layouts() -> tuple[Layout, ...]:
    """Every layout of every platform."""
    return tuple(
        layout for name in PLATFORMS for layout in importlib.import_module(f"{__name__}.{name}.layout").LAYOUTS
    )


@functools.cache
def fixtures() -> tuple[Fixture, ...]:
    """The synthetic file of every layout, in the order of `layouts()`."""
    return tuple(one for name in PLATFORMS for one in importlib.import_module(f"{__name__}.{name}.fixture").FIXTURES)

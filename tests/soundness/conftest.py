from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tiny_shop import TinyShop, make_tiny


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyShop]:
    """One lake a module; every test puts its own rows, which replace those before."""
    made = make_tiny(tmp_path_factory.mktemp("shop") / "tiny")
    yield made
    made.shop.close()

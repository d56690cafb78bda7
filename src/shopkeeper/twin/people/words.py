"""Words put together for whole columns at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopkeeper.twin.draws import Array


def glue(*parts: Array | str, empty: Array | None = None) -> Array:
    """Columns (texts or whole numbers) and constants written one after another; rows marked `empty` become None.

    >>> glue("u", np.array([7, 12]), "@qq.com", empty=np.array([False, True])).tolist()
    ['u7@qq.com', None]
    """
    columns = [pa.scalar(p) if isinstance(p, str) else pa.array(p).cast(pa.string()) for p in parts]
    found = pc.binary_join_element_wise(*columns, "")
    if empty is not None:
        found = pc.if_else(pa.array(~empty), found, pa.scalar(None, pa.string()))
    words: Array = found.to_numpy(zero_copy_only=False)
    return words


def chosen_words(choices: tuple[str, ...], which: Array) -> Array:
    """One of some words for each row."""
    words: Array = np.array(choices, dtype=object)[which]
    return words

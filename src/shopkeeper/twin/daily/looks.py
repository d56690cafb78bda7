"""Who opens which article's page: of what comes into view, the more tempting is opened more often; who buys has opened it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shopkeeper.twin.draws import Array, Draws
from shopkeeper.twin.supply.catalogue import Catalogue

BY_PRODUCT, BY_ARTICLE = 0, 1  # shops whose reports tell it: Tmall by product (all its variants), JD by article
_OPENS = 0.45  # chance that the most tempting article in view is opened
_TEMPTED = 0.6  # how fast the chance falls with utility


@dataclass
class Looks:
    """A day's distinct visitors of pages: by shop (2) and article, at Tmall the first article of the product."""

    visitors: Array
    carting: Array

    @classmethod
    def none(cls, articles: int) -> Looks:
        """Nobody yet."""
        return cls(np.zeros((2, articles)), np.zeros((2, articles)))


def page_of(catalogue: Catalogue, shop: Array, sku: Array) -> Array:
    """The article whose page an article is shown on: at Tmall its product's first."""
    first = np.searchsorted(catalogue.product, catalogue.product)
    found: Array = np.where(shop == BY_PRODUCT, first[sku], sku)
    return found


def count_looks(
    looks: Looks, draws: Draws, catalogue: Catalogue, numbers: Array, day: int, platform: Array, sku: Array, utility: Array,
    chosen_sku: Array, visits: Array, carting: Array,
) -> None:  # fmt: skip
    """Add who looks in a block of hours.

    `sku`, `utility`: what each person has in view, shape (n, k). `chosen_sku`: what each bought, −1 = nothing. `visits`: how
    many visitors each stands for, of whom the share `carting` puts something into the cart: what tempts most.
    """
    here = np.flatnonzero(platform <= BY_ARTICLE)
    if len(here) == 0:
        return
    shop, view = platform[here].astype(np.int64), sku[here]
    gap = utility[here] - utility[here].max(axis=1, keepdims=True)
    u = draws.uniform("opens", numbers[here][:, None], day, np.arange(view.shape[1])[None, :])
    opened = (u < _OPENS * np.exp(_TEMPTED * gap)) | (view == chosen_sku[here][:, None])
    row, place = np.nonzero(opened)
    page = page_of(catalogue, shop[row], view[row, place])
    # A person who opens two variants of a product is one visitor of its page.
    key = np.unique(row * catalogue.size + page)
    row, page = key // catalogue.size, key % catalogue.size
    cell = shop[row] * catalogue.size + page
    flat = looks.visitors.ravel()
    flat += np.bincount(cell, visits[here][row], minlength=len(flat))
    best = np.where(chosen_sku[here] >= 0, chosen_sku[here], view[np.arange(len(view)), gap.argmax(axis=1)])
    wanted = page_of(catalogue, shop, best)
    is_open = np.isin(np.arange(len(here)) * catalogue.size + wanted, key)
    cell = (shop * catalogue.size + wanted)[is_open]
    flat = looks.carting.ravel()
    flat += np.bincount(cell, (visits * carting)[here][is_open], minlength=len(flat))

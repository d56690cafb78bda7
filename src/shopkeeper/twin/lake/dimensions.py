"""Shops, platforms, articles and their costs in the columns of the commerce model."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa

from shopkeeper.twin import codes
from shopkeeper.twin.calendar import Days
from shopkeeper.twin.daily.rows import DAY, NONE
from shopkeeper.twin.draws import Draws
from shopkeeper.twin.lake.columns import code, constant, day, money, nothing, number_text, with_lineage
from shopkeeper.twin.parameters import Parameters
from shopkeeper.twin.supply.catalogue import make_catalogue, names_of


def dimensions(seed: int, scale: float, start: dt.date, days: int) -> dict[str, pa.Table]:
    """The tables that lines refer to."""
    parameters = Parameters()
    catalogue = make_catalogue(parameters, Draws(seed), scale, Days(start, days).length)
    n = catalogue.size
    sku = number_text(np.arange(n))
    quarters = np.repeat(np.arange((days - 1) // 91 + 1), n)
    every = np.tile(np.arange(n), quarters.max() + 1)
    eight = np.arange(8)
    names = tuple(p.name for p in parameters.platforms)
    words = tuple(w for _, w in names_of(catalogue))
    return {
        "platforms": with_lineage(
            {
                "platform_id": code(eight, codes.PLATFORMS),
                "name": code(eight, codes.PLATFORMS),
                "is_online": pa.array(eight != 7),
                "is_direct": pa.array(eight >= 6),
            }
        ),
        "shops": with_lineage(
            {
                "shop_id": code(eight, codes.PLATFORMS),
                "name": code(eight, names),
                "platform_id": code(eight, codes.PLATFORMS),
                "currency": constant("CNY", 8),
                "timezone": constant("Asia/Shanghai", 8),
            }
        ),
        "products": with_lineage(
            {
                "sku_id": sku,
                "product_id": number_text(catalogue.product),
                "name": pa.array([title for title, _ in names_of(catalogue)]),
                "category": code(catalogue.category, codes.CATEGORY_WORDS),
                "subcategory": nothing(pa.string(), n),
                "product_type": nothing(pa.string(), n),
                "brand": constant("兰亭", n),
                "manufacturer": nothing(pa.string(), n),
                "size": pa.array(words),
                "supplier_id": number_text(catalogue.supplier),
                "quantity_unit": nothing(pa.string(), n),
                "launched_day": day(np.where(catalogue.launched < 0, NONE, catalogue.launched * DAY), start),
            }
        ),
        "sku_costs": with_lineage(
            {
                "shop_id": constant("tmall", len(every)),
                "sku_id": number_text(every),
                "valid_from": day(quarters * 91 * DAY, start),
                "unit_cost": money(catalogue.cost[quarters, every]),
                "vat_share": pa.array(np.round(catalogue.vat[every] / (1 + catalogue.vat[every]), 6)),
            }
        ),
    }

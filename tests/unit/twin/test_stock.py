"""Who gets the last unit, and that stock never goes wrong unseen."""

from __future__ import annotations

import numpy as np
import pytest

from shopkeeper.errors import InternalError
from shopkeeper.twin.supply.stock import Stock

ONLINE, STORE = 0, 1


def _stock(*units: int) -> Stock:
    return Stock(np.array([units, [0] * len(units)]), np.zeros(len(units)))


def _admit(stock: Stock, sku: list[int], quantity: list[int], second: list[int]) -> list[bool]:
    where = np.zeros(len(sku), dtype=np.int64)
    return stock.admit(where, np.array(sku), np.array(quantity), np.array(second)).tolist()


def test_the_earlier_second_gets_the_last_unit() -> None:
    assert _admit(_stock(1), [0, 0], [1, 1], [20, 10]) == [False, True]


def test_articles_do_not_compete_with_each_other() -> None:
    stock = _stock(1, 5)
    assert _admit(stock, [0, 1, 0, 1], [1, 2, 1, 3], [1, 2, 3, 4]) == [True, True, False, True]
    assert stock.available[ONLINE].tolist() == [0, 0]
    assert stock.on_hand[ONLINE].tolist() == [1, 5]


def test_promised_units_leave_or_become_free_again() -> None:
    stock = _stock(5)
    _admit(stock, [0], [3], [1])
    where, sku = np.array([ONLINE]), np.array([0])
    stock.ship(where, sku, np.array([2]), day=4)
    stock.release(where, sku, np.array([1]))
    assert stock.on_hand[ONLINE, 0] == stock.available[ONLINE, 0] == 3
    assert stock.last_sold[ONLINE, 0] == 4
    stock.check("here")


def test_faulty_units_of_a_batch_mix_with_what_is_there() -> None:
    stock = _stock(10)
    stock.in_transit[ONLINE, 0] = 30
    stock.receive(np.array([ONLINE]), np.array([0]), np.array([30]), np.array([0.2]), day=1)
    assert stock.unsound[ONLINE, 0] == pytest.approx(0.15)
    assert stock.in_transit[ONLINE, 0] == 0


def test_a_wrong_stock_is_told_with_its_place() -> None:
    stock = _stock(1, 2)
    stock.promised[ONLINE, 1] = 3
    with pytest.raises(InternalError, match="region 0, day 9, warehouse 0, article 1"):
        stock.check("region 0, day 9")

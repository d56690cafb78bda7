"""Keys that divide and keys that merge: what One-ID has to cope with, in shares that are known."""

from __future__ import annotations

import numpy as np

from shopkeeper.twin.daily.rows import NONE
from shopkeeper.twin.draws import Draws
from shopkeeper.twin.people.accounts import household_of, names_for, phone_of

PEOPLE = np.arange(60_000)


def _phones(shop: int) -> np.ndarray:
    return phone_of(Draws(7), PEOPLE, np.full(len(PEOPLE), shop))


def test_most_people_give_the_same_number_everywhere_and_some_do_not() -> None:
    one, two = _phones(0), _phones(2)
    both = (one != NONE) & (two != NONE)
    same = (one == two)[both].mean()
    assert 0.80 < same < 0.95


def test_some_give_none_and_numbers_have_eleven_digits() -> None:
    store = _phones(7)
    assert 0.5 < (store == NONE).mean() < 0.7
    given = store[store != NONE]
    assert given.min() >= 13 * 10**9
    assert given.max() < 20 * 10**9


def test_some_members_of_a_household_share_a_number_and_strangers_hardly_ever() -> None:
    phones = _phones(0)
    known = np.flatnonzero(phones != NONE)
    order = known[np.argsort(phones[known], kind="stable")]
    shared = phones[order][1:] == phones[order][:-1]
    first, second = order[:-1][shared], order[1:][shared]
    home = household_of(Draws(7), PEOPLE)
    assert len(first) > 100
    assert (home[first] == home[second]).mean() > 0.99


def test_names_are_shared_by_many() -> None:
    names = names_for(Draws(7), PEOPLE)
    assert len(set(names.tolist())) < len(names) / 20

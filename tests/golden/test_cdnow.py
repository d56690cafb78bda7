"""CDNOW: 2,357 customers who first bought in the first quarter of 1997, seen to week 39; the data come with `lifetimes`.

Each figure stands with its paper and page; tolerances are half a unit of the last digit printed.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shopkeeper.methods.buying_process import Histories, drop_out_gain, fit_process, fit_spend, grouped


def _table(name: str) -> NDArray[np.void]:
    found = importlib.util.find_spec("lifetimes")  # found, never imported: the library is old and warns
    assert found is not None
    assert found.origin is not None
    return np.genfromtxt(Path(found.origin).parent / "datasets" / name, delimiter=",", names=True)


@pytest.fixture(scope="module")
def cdnow() -> Histories:
    """Weeks since the first purchase."""
    rows = _table("cdnow_customers_summary.csv")
    return grouped(rows["frequency"], rows["recency"], rows["T"])


def test_bg_nbd_gives_the_parameters_of_its_paper(cdnow: Histories) -> None:
    """Fader, Hardie & Lee 2005, Marketing Science 24(2), table 2."""
    fit = fit_process("bgnbd", cdnow)
    assert (fit.r, fit.alpha, fit.a, fit.b) == (
        pytest.approx(0.243, abs=0.0005), pytest.approx(4.414, abs=0.0005),
        pytest.approx(0.793, abs=0.0005), pytest.approx(2.426, abs=0.0005),
    )  # fmt: skip
    assert fit.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert not fit.at_bound


def test_bg_nbd_expects_what_its_authors_worksheet_expects(cdnow: Histories) -> None:
    """Customer 1 (x = 2, t_x = 30.43, T = 38.86) over 39 weeks: 1.226; Fader & Hardie, worksheet to the paper."""
    fit = fit_process("bgnbd", cdnow)
    assert fit.expected(cdnow, 39.0)[0] == pytest.approx(1.226, abs=0.0005)
    alive = fit.alive(cdnow)
    assert alive[cdnow.x[cdnow.group_of] == 0].min() == 1.0, "BG/NBD thinks every one-time buyer alive"


def test_mbg_nbd_and_the_nbd_give_their_published_parameters(cdnow: Histories) -> None:
    """MBG/NBD as BTYDplus prints it (Platzer 2016): .525, 6.183, .891, 1.614; NBD: .385, 12.072."""
    fit = fit_process("mbgnbd", cdnow)
    assert (fit.r, fit.alpha, fit.a, fit.b) == pytest.approx((0.525, 6.183, 0.891, 1.614), abs=0.0006)
    plain = fit_process("gamma_poisson", cdnow)
    assert (plain.r, plain.alpha) == pytest.approx((0.385, 12.072), abs=0.0006)
    assert drop_out_gain(fit, plain) > 300, "these customers do drop out"
    assert fit.alive(cdnow)[cdnow.x[cdnow.group_of] == 0].max() < 0.5


def test_gamma_gamma_gives_the_parameters_of_its_note() -> None:
    """Fader & Hardie 2013, "The Gamma-Gamma Model of Monetary Value", section 4: 946 repeat buyers."""
    rows = _table("cdnow_customers_summary_with_transactions.csv")
    again = rows[rows["x"] > 0]
    fit = fit_spend(again["x"], again["zbar"])
    assert fit.customers == 946
    assert (fit.p, fit.q, fit.gamma) == (
        pytest.approx(6.25, abs=0.005), pytest.approx(3.74, abs=0.005), pytest.approx(15.44, abs=0.01)
    )  # fmt: skip

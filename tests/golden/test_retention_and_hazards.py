"""Published retention and survival figures: sBG, Kaplan–Meier and Cox, with the tables they were computed from."""

from __future__ import annotations

import numpy as np
import pytest

from shopkeeper.methods.hazards import cox, survival_band
from shopkeeper.methods.retention import fit_retention
from shopkeeper.methods.survival import kaplan_meier

# Fader & Hardie 2007, table 1: of 1,000 customers, how many renewed up to year 7 (the years that the paper fits).
REGULAR = np.array([1000, 631, 468, 382, 326, 289, 262, 241])
HIGH_END = np.array([1000, 869, 743, 653, 593, 551, 517, 491])

# Freireich et al. 1963, weeks in remission as Cox 1972 (table 1) prints them; + as a second list of those still in it.
DRUG = [6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


@pytest.mark.parametrize(
    ("alive", "alpha", "beta"), [(REGULAR, 0.704, 1.182), (HIGH_END, 0.668, 3.806)], ids=["regular", "high end"]
)
def test_sbg_gives_the_parameters_of_its_paper(alive: np.ndarray, alpha: float, beta: float) -> None:  # type: ignore[type-arg]
    """Fader & Hardie 2007, Journal of Interactive Marketing 21(1), table 2; printed to three digits."""
    staying = np.zeros(7)
    staying[-1] = alive[-1]
    fit = fit_retention(-np.diff(alive), staying)
    assert (fit.alpha, fit.beta) == pytest.approx((alpha, beta), abs=0.0006)


def test_sbg_projects_the_years_that_it_has_not_seen() -> None:
    """The paper's point: fitted to 7 years, year 12 is 39.4 % for the high end and 17.3 % for the regular ones."""
    for alive, year_12 in ((HIGH_END, 0.394), (REGULAR, 0.173)):
        staying = np.zeros(7)
        staying[-1] = alive[-1]
        assert fit_retention(-np.diff(alive), staying).surviving(12)[12] == pytest.approx(year_12, abs=0.02)


def test_kaplan_meier_of_the_remissions() -> None:
    """Share in remission under the drug from week 6 on: .857, .807, .753, .690, .627, .538, .448 (Cox & Oakes 1984, p. 9)."""
    done, still = DRUG
    weeks, happened = np.array(done + still), np.array([True] * len(done) + [False] * len(still))
    curve = kaplan_meier(weeks, happened, np.ones(len(weeks), dtype=np.int64))
    published = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert (1 - curve.share_done).round(3).tolist() == published


def test_the_band_around_the_remissions() -> None:
    """R's survfit(conf.type = "log-log") at week 10: .753 (.503, .889)."""
    done, still = DRUG
    weeks, happened = np.array(done + still), np.array([True] * len(done) + [False] * len(still))
    curve = kaplan_meier(weeks, happened, np.ones(len(weeks), dtype=np.int64))
    events = np.array([(weeks[happened] == day).sum() for day in curve.days], dtype=float)
    at_risk = np.array([(weeks >= day).sum() for day in curve.days], dtype=float)
    low, high = survival_band(curve.share_done, events, at_risk)
    assert (low[2], high[2]) == pytest.approx((0.503, 0.889), abs=0.0006)


def test_cox_gives_the_effect_of_the_drug() -> None:
    """R's coxph with Efron's ties: 1.5721, standard error .4124 (Venables & Ripley, Modern Applied Statistics, section 13)."""
    done, still = DRUG
    weeks = np.array(PLACEBO + done + still)
    happened = np.array([True] * (len(PLACEBO) + len(done)) + [False] * len(still))
    placebo = np.array([[1.0]] * len(PLACEBO) + [[0.0]] * (len(done) + len(still)))
    fit = cox(weeks, happened, placebo)
    assert fit.coefficients[0] == pytest.approx(1.5721, abs=0.0001)
    assert fit.errors[0] == pytest.approx(0.4124, abs=0.0001)
    assert fit.events == 30

"""Every registered model over a small shop: an answer or a refusal, in words of both languages; and what the frame refuses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from shopkeeper.core.wording import LANGUAGES, catalogue
from shopkeeper.errors import NotEstimable, NotFound, UsageError
from shopkeeper.insight.models.declared import Option
from shopkeeper.insight.models.registry import model, models
from shopkeeper.insight.models.result import ModelResult
from shopkeeper.insight.models.run import Asked, estimate, read_asked
from shopkeeper.insight.models.said import Said, refusal
from shopkeeper.render.formats import Formats
from shopkeeper.views.lens import Lens
from shopkeeper.views.model_files import csv_text, workbook
from shopkeeper.views.models import answer_of, model_page, models_page, refusal_of
from shopkeeper.warehouse.shop import Shop
from tests.full_shop import make_full
from tests.tiny_shop import make_tiny

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with some rows of everything."""
    shop = make_full(tmp_path_factory.mktemp("full")).shop
    yield shop
    shop.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop without any rows."""
    shop = make_tiny(tmp_path_factory.mktemp("empty")).shop
    yield shop
    shop.close()


@pytest.mark.parametrize("name", models())
def test_a_model_answers_or_refuses_in_both_languages(full: Shop, name: str) -> None:
    for lang in LANGUAGES:
        page = model_page(full, Lens(full.id, lang), full.lake.snapshot(), name, Asked())
        assert (page.answer is None) != (page.refusal is None)
        if page.answer is not None:
            assert page.answer.method
            assert page.answer.basis.rows
            assert page.answer.figures or page.answer.tables
            assert workbook(page, lang).startswith(b"PK")
            assert csv_text(page, "", lang)
        elif page.refusal is not None:
            assert page.refusal.reason
            assert page.refusal.needed, "a refusal says what would be needed"


@pytest.mark.parametrize("name", models())
def test_a_model_without_data_refuses_with_words_of_the_catalogue(empty: Shop, name: str) -> None:
    with pytest.raises(NotEstimable) as caught:
        estimate(empty, model(name))
    assert isinstance(caught.value.told, Said)
    for lang in LANGUAGES:
        assert refusal_of(caught.value, lang).needed


@pytest.mark.parametrize("name", models())
def test_a_model_gives_the_same_answer_twice_and_no_number_that_is_none(full: Shop, name: str) -> None:
    try:
        once = estimate(full, model(name))
    except NotEstimable:
        return
    assert answer_of(once, Formats("en", "CNY")) == answer_of(estimate(full, model(name)), Formats("en", "CNY"))
    assert [n for n in numbers(once) if not math.isfinite(n)] == [], "what is unknown is None"
    ids = [f.id for f in once.figures], [t.id for t in once.tables], [p.id for p in once.pictures]
    assert all(len(set(names)) == len(names) for names in ids)
    for table in once.tables:
        assert {len(row) for row in table.rows} <= {len(table.columns)}
    for picture in once.pictures:
        for series in picture.series:
            assert all(len(part) in (0, len(series.values)) for part in (series.at, series.low, series.high))
            assert not picture.labels or len(series.values) == len(picture.labels)
    for figure in once.figures:
        if figure.value is not None and figure.low is not None and figure.high is not None:
            assert figure.low <= figure.value <= figure.high, figure.id


def numbers(result: ModelResult) -> Iterator[float]:
    """Every number of an answer."""
    cells = [cell for table in result.tables for row in table.rows for cell in row]
    cells += [v for f in result.figures for v in (f.value, f.low, f.high)]
    cells += [v for p in result.pictures for s in p.series for v in (*s.values, *s.at, *s.low, *s.high)]
    yield from (float(cell) for cell in cells if isinstance(cell, int | float | Decimal))


@pytest.mark.parametrize("name", models())
def test_a_model_has_its_words_its_references_and_the_tests_it_names(name: str) -> None:
    declared = model(name)
    wanted = [f"model.{name}_{part}" for part in ("name", "question", "breaks")]
    wanted += [f"model_option.{option.name}" for option in declared.options]
    wanted += [f"model_choice.{choice}" for option in declared.options for choice in option.choices]
    assert [key for key in wanted if key not in catalogue()] == []
    assert declared.references
    assert [check.test for check in declared.checks if not (ROOT / check.test).is_file()] == []
    assert all(option.read(str(option.default)) == option.default for option in declared.options)


def test_the_list_says_which_inputs_are_missing(full: Shop, empty: Shop) -> None:
    assert models_page(empty, Lens(empty.id), empty.lake.snapshot()).ready == 0
    page = models_page(full, Lens(full.id), full.lake.snapshot())
    entries = {entry.id: entry for group in page.groups for entry in group.entries}
    assert set(entries) == set(models())
    assert entries["rfm"].ready


def test_a_model_is_found_by_name_or_number_and_never_guessed() -> None:
    assert model("1") is model("rfm") is model("RFM")
    with pytest.raises(NotFound, match="did you mean rfm"):
        model("rmf")


def test_options_are_held_to_their_bounds(full: Shop) -> None:
    assert Option("days", "whole", 5, low=1, high=9).read("9") == 9
    for text in ("0", "10", "4.5", "many"):
        with pytest.raises(UsageError, match="1 to 9"):
            Option("days", "whole", 5, low=1, high=9).read(text)
    with pytest.raises(NotFound):
        Option("by", "choice", "day", choices=("day", "week")).read("dya")
    with pytest.raises(NotFound, match="follow_days"):
        estimate(full, model("rfm"), read_asked({"follow_day": "3"}))
    with pytest.raises(UsageError, match="after the last"):
        read_asked({}, "2020-02-02", "2020-02-01")


def test_a_refusal_keeps_what_is_needed_in_every_language() -> None:
    error = refusal("models.refused_inputs", ["visits", "order_lines.customer_id"])
    assert refusal_of(error, "en").needed == ("visits", "order lines: customer_id")
    assert refusal_of(error, "zh").needed == ("访客与会话", "订单明细：customer_id")
    plain = refusal_of(NotEstimable("nobody was observed", ["at least one start"]), "zh")
    assert "nobody was observed" in plain.reason
    assert plain.needed == ("at least one start",)

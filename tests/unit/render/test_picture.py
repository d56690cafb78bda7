"""Pictures as SVG: every kind draws what is known, leaves gaps, and escapes names of the data."""

from __future__ import annotations

import pytest

from shopkeeper.render.picture import DrawnPicture, DrawnSeries, picture_svg


def picture(kind: str, *series: DrawnSeries, labels: tuple[str, ...] = ("p", "q", "r")) -> DrawnPicture:
    return DrawnPicture("one", kind, "A < B", "x", "y", series, labels)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "mark", "n"), [("bar", "<rect", 2), ("heatmap", "<rect", 2), ("scatter", "<circle", 2)]
)
def test_what_is_unknown_leaves_a_gap(kind: str, mark: str, n: int) -> None:
    svg = picture_svg(picture(kind, DrawnSeries("tea", (1.0, None, 3.0))), str, str)
    assert svg.count(mark) == n
    assert "A &lt; B" in svg


def test_a_line_breaks_where_a_value_is_unknown() -> None:
    svg = picture_svg(picture("line", DrawnSeries("tea", (1.0, 2.0, None, 4.0, 5.0)), labels=tuple("abcde")), str, str)
    assert svg.split('class="line s0" d="')[1].split('"')[0].count("M") == 2


def test_stacked_bars_reach_their_sum() -> None:
    one = DrawnPicture(
        "one", "bar", "t", "x", "y", (DrawnSeries("a", (1.0,)), DrawnSeries("b", (3.0,))), ("p",), stacked=True
    )
    svg = picture_svg(one, lambda v: f"{v:g}", str)
    assert ">4<" in svg, "the axis ends at the height of the stack"


def test_a_band_is_drawn_and_nothing_known_draws_nothing() -> None:
    series = DrawnSeries("tea", (1.0, 2.0), (0.0, 1.0), (0.5, 1.5), (1.5, 2.5))
    assert 'class="band s0"' in picture_svg(picture("line", series, labels=()), str, str)
    assert picture_svg(picture("bar", DrawnSeries("tea", (None, None))), str, str) == ""


def test_a_name_of_the_data_is_escaped() -> None:
    svg = picture_svg(picture("heatmap", DrawnSeries("<script>", (1.0, 2.0, 3.0))), str, str)
    assert "<script>" not in svg

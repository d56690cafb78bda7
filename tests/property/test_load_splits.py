"""However the same rows are cut into files, and in whatever order those are loaded, the warehouse ends up the same."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shop_folders import HEADER, LINES, ShopFolder

KEYED = """
[[source]]
name = "lines"
files = "*"
[source.order_lines]
order_id = "order"
line_no = "line"
sku_id = "sku"
ordered_at = "day"
paid_at = "paid_at"
customer_id = "buyer"
quantity = "qty"
payable_amount = "paid"
"""
KEYED_HEADER = "order,line,sku,day,paid_at,buyer,qty,paid\n"


@st.composite
def rows(draw: st.DrawFn) -> list[str]:
    """Lines of a few orders, each key once."""
    keys = draw(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 4)), unique=True, min_size=1, max_size=8))
    found = []
    for order, line in keys:
        day = draw(st.integers(1, 28))
        paid = draw(st.sampled_from(["", f"2024-03-{day:02d}"]))
        buyer = draw(st.sampled_from(["", "Li"]))
        amount = draw(st.decimals(-99, 999, places=2))
        found.append(f"{order},{line},mug{line},2024-03-{day:02d},{paid},{buyer},{draw(st.integers(0, 9))},{amount}\n")
    return found


def loaded(files: list[list[str]], *, together: bool, header: str, mapping: str) -> dict[str, list[tuple[object, ...]]]:
    with tempfile.TemporaryDirectory() as folder:
        mugs = ShopFolder(Path(folder), mapping)
        try:
            paths = [mugs.drop(f"{n}.csv", header + "".join(lines)) for n, lines in enumerate(files) if lines]
            for report in [mugs.load(*paths)] if together else [mugs.load(path) for path in paths]:
                for part in report.tables:
                    assert part.rows_read == part.loaded + part.unchanged + part.quarantined
            return mugs.content("order_lines", "orders", "products", "customers", "shops")
        finally:
            mugs.lake.close()


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.data())
def test_rows_with_keys_may_be_cut_and_repeated_anyhow(data: st.DataObject) -> None:
    lines = data.draw(rows())
    parts = data.draw(st.lists(st.lists(st.sampled_from(lines), max_size=6), max_size=2))
    shuffled = data.draw(st.permutations(lines))
    cut = data.draw(st.integers(0, len(lines)))
    files = [*parts, shuffled[:cut], shuffled[cut:]]
    whole = loaded([lines], together=True, header=KEYED_HEADER, mapping=KEYED)
    assert loaded(files, together=data.draw(st.booleans()), header=KEYED_HEADER, mapping=KEYED) == whole


@settings(max_examples=3, deadline=None, derandomize=True)
@given(st.data())
def test_rows_without_line_numbers_may_be_cut_between_orders(data: st.DataObject) -> None:
    articles = st.lists(st.sampled_from("xyz"), min_size=1, max_size=3)
    orders = [[f"{o},{sku},2024-03-0{n + 1},1,{n}\n" for sku in data.draw(articles)] for n, o in enumerate("ABCD")]
    whole = loaded([[line for order in orders for line in order]], together=True, header=HEADER, mapping=LINES)
    shuffled = data.draw(st.permutations(orders))
    cut = data.draw(st.integers(0, 4))
    files = [[line for order in part for line in order] for part in (shuffled[:cut], shuffled[cut:])]
    assert loaded(files, together=data.draw(st.booleans()), header=HEADER, mapping=LINES) == whole

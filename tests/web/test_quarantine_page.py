"""The quarantine pages: found by filters, looked at, corrected, released and discarded, by the same functions as the command."""

from __future__ import annotations

import re
from html import unescape

import pytest

from shopkeeper.ingest.quarantine import Wanted, actions_of, held_row, held_rows
from tests.architecture import rules
from tests.shop_folders import HEADER
from tests.web.acting_shop import ActingShop, acting, send

__all__ = ["acting"]
LIST = "/data/quarantine"
FINE = "OK,mug,2024-03-31,1,10\n"


def ids(acting: ActingShop) -> list[str]:
    """The three rows in the order of their lines."""
    return [row.id for row in held_rows(acting.mugs.lake, Wanted(status="all"))]


def test_rows_are_found_by_table_reason_file_load_and_state(acting: ActingShop) -> None:
    acting.mugs.drop("b.csv", HEADER + FINE + "F,jug,2024-04-01,1,dear\n")
    acting.mugs.load()
    bob = acting.browser("bob")

    def lines(query: str) -> list[tuple[str, int]]:
        data = bob.get(f"/api/v1/quarantine{query}").json()["data"]
        assert data["total"] == len(data["rows"])
        return [(row["file_name"], row["source_line"]) for row in data["rows"]]

    everything = lines("")
    assert sorted(everything) == [("a.csv", 81), ("a.csv", 82), ("a.csv", 83), ("b.csv", 2)]
    assert lines("?file=b.csv") == lines("?reason=money") == [("b.csv", 2)]
    assert lines("?table=refunds") == lines("?status=released") == []
    load = bob.get("/api/v1/quarantine?file=a.csv").json()["data"]["rows"][0]["load_id"]
    assert len(lines(f"?load={load}&table=order_lines&status=open")) == 3
    assert bob.get(f"{LIST}?status=gone").status_code == 404
    assert bob.get(f"{LIST}?page=0").status_code == 400
    assert bob.get("/api/v1/quarantine?tabel=orders").status_code == 400


def test_a_long_quarantine_has_pages_and_a_page_beyond_the_last_shows_the_last(acting: ActingShop) -> None:
    acting.mugs.drop("c.csv", HEADER + FINE + "".join(f"X{n},jug,2024-05-01,bad,1\n" for n in range(120)))
    acting.mugs.load()
    bob = acting.browser("bob")
    seen = [
        row["id"] for page in (1, 2, 3) for row in bob.get(f"/api/v1/quarantine?page={page}").json()["data"]["rows"]
    ]
    assert (len(seen), len(set(seen))) == (123, 123)
    last = bob.get("/api/v1/quarantine?page=99").json()["data"]
    assert (last["page"], last["pages"], len(last["rows"])) == (3, 3, 23)
    html = bob.get(f"{LIST}?page=2").text
    assert 'rel="prev"' in html
    assert 'rel="next"' in html


def test_a_cell_is_corrected_and_the_row_released_with_what_it_became(acting: ActingShop) -> None:
    olive, row = acting.browser("olive"), ids(acting)[0]
    page = f"{LIST}/{row}"
    html = unescape(olive.get(page).text)
    headers = re.findall(r'name="header" value="([^"]*)"', html)
    values = re.findall(r'<input name="value" value="([^"]*)"', html)
    assert dict(zip(headers, values, strict=True)) == {
        "order": "C", "sku": "jug", "day": "2024-03-05", "qty": "some", "paid": "7.50",
    }  # fmt: skip
    values[headers.index("qty")] = "2"
    saved = send(olive, page, page, header=headers, value=values, then="save")
    assert (saved.status_code, held_row(acting.mugs.lake, row).status) == (303, "edited")
    assert dict(held_row(acting.mugs.lake, row).edits) == {"qty": "2"}, "only the cell that was changed"
    before = acting.mugs.lake.snapshot()
    released = send(olive, page, page, header=headers, value=values, then="release")
    assert released.status_code == 303
    assert acting.mugs.rows("SELECT quantity, payable_amount FROM order_lines WHERE order_id = 'C'")[0] == (2, 7.5)
    html = olive.get(page).text
    assert f"Released: snapshot {before + 1}" in html
    assert "The row in order_lines now" in html
    done = actions_of(acting.mugs.lake, held_row(acting.mugs.lake, row))
    assert [(a.by, a.action) for a in done] == [("olive", "edited"), ("olive", "released")]
    assert acting.audited() == [("olive", "quarantine.released"), ("olive", "quarantine.edited")]


def test_a_row_that_fails_again_stays_with_its_new_reason(acting: ActingShop) -> None:
    olive, row = acting.browser("olive"), ids(acting)[0]
    page = f"{LIST}/{row}"
    send(olive, page, page, header=["qty", "paid"], value=["3", "dear"], then="release")
    held = held_row(acting.mugs.lake, row)
    assert (held.status, held.column, held.reason) == ("edited", "payable_amount", "not a valid money")
    assert "not a valid amount" in olive.get(page).text
    assert acting.mugs.rows("SELECT count(*) FROM order_lines WHERE order_id = 'C'") == [(0,)]


def test_several_rows_are_discarded_with_one_reason_and_never_without(acting: ActingShop) -> None:
    olive, rows = acting.browser("olive"), ids(acting)
    assert send(olive, LIST, f"{LIST}/discard", id=rows[:2], why=" ").status_code == 400
    assert send(olive, LIST, f"{LIST}/discard", why="test orders").status_code == 400
    done = send(olive, LIST, f"{LIST}/discard", id=rows[:2], why="test orders")
    assert done.headers["location"].endswith("done=discarded&n=2")
    assert [held_row(acting.mugs.lake, row).status for row in rows] == ["discarded", "discarded", "open"]
    assert acting.audited() == [("olive", "quarantine.discarded")]
    assert "2 rows are discarded" in olive.get(done.headers["location"]).text
    page = f"{LIST}/{rows[0]}"
    send(olive, page, page, header=["qty"], value=["1"], then="save")  # a discarded row that is corrected waits again
    assert held_row(acting.mugs.lake, rows[0]).status == "edited"


def test_rows_are_released_together_and_the_list_says_what_happened(acting: ActingShop) -> None:
    script, rows = acting.script("olive"), ids(acting)
    assert (
        script.post(f"/api/v1/quarantine/{rows[0]}/cells", json={"cells": {"qty": "2"}}).json()["data"]["status"]
        == "edited"
    )
    olive = acting.browser("olive")
    done = send(olive, LIST, f"{LIST}/release", id=rows[:2])
    html = olive.get(done.headers["location"]).text
    assert "Released: snapshot" in html
    assert "set aside with the reason of today: 1" in html
    assert [held_row(acting.mugs.lake, row).status for row in rows] == ["released", "open", "open"]
    again = send(olive, LIST, f"{LIST}/release", id=rows[1:2])
    assert "Nothing was released" in olive.get(again.headers["location"]).text


def test_a_mapping_that_changed_since_the_server_began_is_seen(acting: ActingShop) -> None:
    olive, row = acting.browser("olive"), ids(acting)[0]
    page = f"{LIST}/{row}"
    text = (acting.mugs.folder / "shopkeeper.toml").read_text(encoding="utf-8")
    changed = text + 'channel_id = { value = "counter" }\n'
    (acting.mugs.folder / "shopkeeper.toml").write_text(changed, encoding="utf-8")
    send(olive, page, page, header=["qty"], value=["2"], then="save")
    refused = send(olive, page, page, then="release")
    assert refused.status_code == 400
    assert "the mapping has changed" in refused.text
    send(olive, page, page, then="release", present_mapping="true")
    assert acting.mugs.rows("SELECT channel_id FROM order_lines WHERE order_id = 'C'") == [("counter",)]


@pytest.mark.parametrize("name", ["bob", "vera"])
def test_who_is_no_operator_changes_nothing(acting: ActingShop, name: str) -> None:
    browser, row = acting.browser(name), ids(acting)[0]
    assert 'name="then"' not in browser.get(f"{LIST}/{row}").text
    before = acting.mugs.lake.snapshot()
    for address, form in ((f"{LIST}/{row}", {"then": "release"}), (f"{LIST}/discard", {"id": [row], "why": "x"})):
        assert send(browser, LIST, address, **form).status_code == 403
    script = acting.script(name)
    assert script.post("/api/v1/quarantine/release", json={"ids": [row]}).status_code == 403
    assert (acting.mugs.lake.snapshot(), acting.audited()) == (before, [])


def test_a_form_without_its_proof_changes_nothing_and_a_cookie_is_no_token(acting: ActingShop) -> None:
    olive, row = acting.browser("olive"), ids(acting)[0]
    before = acting.mugs.lake.snapshot()
    assert olive.post(f"{LIST}/{row}", data={"shop": "mugs", "then": "release"}).status_code == 403
    assert olive.post(f"{LIST}/release", data={"shop": "mugs", "id": row, "csrf": "1.2"}).status_code == 403
    assert olive.post("/api/v1/quarantine/release", json={"ids": [row]}).status_code == 403
    assert olive.post(f"/api/v1/quarantine/{row}/cells", json={"cells": {"qty": "1"}}).status_code == 403
    assert acting.mugs.lake.snapshot() == before


def test_a_viewer_sees_counts_and_no_row(acting: ActingShop) -> None:
    vera, row = acting.browser("vera"), ids(acting)[0]
    html = vera.get(LIST).text
    assert "7.50" not in html
    assert row not in html
    assert "3 rows here" in html
    assert vera.get(f"{LIST}/{row}").status_code == 403
    assert vera.get(f"/api/v1/quarantine/{row}").status_code == 403
    assert vera.get("/api/v1/quarantine").json()["data"]["rows"] == []


def test_a_cell_is_never_markup_and_its_line_ends_do_not_count_as_a_change(acting: ActingShop) -> None:
    acting.mugs.drop("d.csv", HEADER + FINE + '"<script>alert(1)</script>","two\nlines",2024-06-01,bad,1\n')
    acting.mugs.load()
    olive = acting.browser("olive")
    (row,) = held_rows(acting.mugs.lake, Wanted(file="d.csv"))
    page = f"{LIST}/{row.id}"
    html = olive.get(page).text
    assert "<script>alert" not in html
    assert re.search(r"<textarea[^>]*>\ntwo\nlines</textarea>", html)
    send(olive, page, page, header=["sku", "qty"], value=["two\r\nlines", "4"], then="save")
    assert dict(held_row(acting.mugs.lake, row.id).edits) == {"qty": "4"}


def test_an_id_that_is_none_offers_the_nearest(acting: ActingShop) -> None:
    bob, row = acting.browser("bob"), ids(acting)[0]
    answer = bob.get(f"/api/v1/quarantine/{row[:-1]}x")
    assert answer.status_code == 404
    assert row in answer.json()["error"]["allowed"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_pages_have_their_words_and_no_inline_code(acting: ActingShop, lang: str) -> None:
    olive = acting.browser("olive")
    olive.cookies.set("lang", lang)
    for path in (LIST, f"{LIST}/{ids(acting)[0]}"):
        html = olive.get(path).text
        assert rules.inline_code(path, html) == []
        assert len(re.findall("<h1", html)) == 1
        assert ("隔离区" in html) == (lang == "zh")
        assert ("不是有效的数量" in html) == (lang == "zh")

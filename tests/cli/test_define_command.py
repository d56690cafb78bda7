"""`shopkeeper define`: a file checked, accepted, listed and compared, with the exit codes of the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopkeeper.access.audit import recent_events, verify_audit
from shopkeeper.state import default_state_url, open_state
from tests.cli.conftest import Run
from tests.kpi_definitions import declare, indicator, measure, target
from tests.tiny_shop import line, make_tiny


def big(limit: float) -> str:
    """A share of dear lines, and a target for it."""
    return "\n".join((
        measure("big_paid", more=f'where = "payable_amount > {limit}"'), indicator("big_share", "big_paid", "paid_amount"),
        target("big_share", "2017-01-01", floor='"-5pp"', baseline=0.5, target='"+5pp"'),
    ))  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """March: 10 + 5 + 1; April: 20."""
    tiny = make_tiny(tmp_path / "tiny")
    tiny.put(order_lines=[line("o1", "2017-03-01", "Li", 10), line("o2", "2017-03-02", "Wu", 5),
                          line("o3", "2017-03-03", "Wu", 1), line("o4", "2017-04-30", "Li", 20)])  # fmt: skip
    tiny.shop.close()
    return tiny.shop.folder


def draft(tmp_path: Path, text: str, name: str = "big.toml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_is_checked_with_its_newest_value_and_nothing_is_kept(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    done = run("-C", folder, "define", "check", draft(tmp_path, big(7)))
    assert (done.code, "big_share" in done.out, "100.000%" in done.out, "Nothing is wrong" in done.out) == (
        0,
        True,
        True,
        True,
    )
    assert not (folder / "kpis").exists()
    assert not (folder / "data" / "state.sqlite").exists()
    assert run("-C", folder, "kpis", "--kpi", "big_share").code == 2


def test_every_mistake_of_a_file_is_told_and_the_check_ends_with_1(run: Run, folder: Path, tmp_path: Path) -> None:
    text = measure("a_b", "paybale_amount") + indicator("c_d", "paid_amount", "buyers") + target("C44", "2017-01-01")
    done = run("-C", folder, "define", "check", draft(tmp_path, text), "--format", "json")
    (found,) = done.json["data"]
    assert (done.code, found["acceptable"], len(found["problems"])) == (1, False, 3)
    assert [p["received"] for p in found["problems"]] == ["paybale_amount", "share", "C44"]
    refused = run("-C", folder, "define", "accept", draft(tmp_path, text), "--reason", "why not")
    assert refused.code == 2
    assert "nothing was changed" in refused.err
    assert not (folder / "kpis").exists()


def test_a_platform_that_no_shop_is_on_is_told_with_the_nearest(run: Run, folder: Path, tmp_path: Path) -> None:
    done = run("-C", folder, "define", "check", draft(tmp_path, target("C4", "2017-01-01", more='platform = "tmal"')))
    assert (done.code, "did you mean tmall?" in done.out) == (1, True)


def test_an_accepted_file_is_seen_everywhere_and_recorded(run: Run, folder: Path, tmp_path: Path) -> None:
    assert run("-C", folder, "define", "accept", draft(tmp_path, big(7))).code == 2  # without a reason
    done = run("-C", folder, "define", "accept", draft(tmp_path, big(7)), "--reason", "Know the dear ones")
    assert (done.code, "accepted as version 1: kpis/big.toml" in done.out) == (0, True)
    cells = run("-C", folder, "kpis", "--kpi", "big_share", "--format", "json").json["data"]
    assert [(c["period"], c["value"], c["numerator"]) for c in cells] == [
        ("2017-03", 0.625, "10.00"),
        ("2017-04", 1.0, "20.00"),
    ]
    assert "big_share" in {c["kpi"] for c in run("-C", folder, "kpis", "--format", "json").json["data"]}
    again = run("-C", folder, "define", "accept", draft(tmp_path, big(7)), "--reason", "again")
    assert "Nothing had changed" in again.out
    (row,) = (r for r in run("-C", folder, "define", "list", "--format", "json").json["data"] if r["origin"] == "own")
    assert (row["id"], row["file"], row["targets"][0]["baseline"]) == ("big_share", "kpis/big.toml", "50.0%")
    (version,) = run("-C", folder, "define", "list", "--versions", "--format", "json").json["data"]
    assert (version["number"], version["reason"], version["gone"]) == (1, "Know the dear ones", False)
    with open_state(default_state_url(folder / "data")) as state:
        assert verify_audit(state).ok
        (event,) = recent_events(state, shop="tiny")
        assert (event.action, event.target, event.details["version"]) == ("definitions.accepted", "kpis/big.toml", 1)


def test_two_versions_are_compared_with_the_rows_that_differ(run: Run, folder: Path, tmp_path: Path) -> None:
    for limit in (7, 3):
        run("-C", folder, "define", "accept", draft(tmp_path, big(limit)), "--reason", f"above {limit}")
    (found,) = run("-C", folder, "define", "diff", "big_share", "--format", "json").json["data"]
    assert (found["before"], found["after"], found["differing"], found["of"]) == ("version 1", "version 2", 1, 2)
    (cell,) = found["cells"]
    assert (cell["label"], cell["before_value"], cell["after_value"], cell["change_value"]) == (
        "2017-03",
        0.625,
        0.9375,
        0.3125,
    )
    (cause,) = found["causes"]
    assert "before only 0, after only 1, in both with another amount 0" in cause["text"]
    assert "10.00 → 15.00" in cause["text"]
    assert [row[1] for row in cause["samples"]] == ["o2"]
    assert run("-C", folder, "define", "diff", "big_share", "--between", "2", "now").out.startswith(
        "Own: no cell differs"
    )
    drafted = run("-C", folder, "define", "diff", "big_share", "--draft", draft(tmp_path, big(30)))
    assert "2 of 2 cells differ between now and draft" in drafted.out


def test_a_replaced_indicator_is_compared_with_the_built_in_one(run: Run, folder: Path, tmp_path: Path) -> None:
    text = indicator("!C4", "paid_amount", "orders", unit="money")
    run("-C", folder, "define", "accept", draft(tmp_path, text), "--reason", "We speak of orders")
    (row,) = (r for r in run("-C", folder, "define", "list", "--format", "json").json["data"] if r["id"] == "C4")
    assert row["origin"] == "replaced"
    told = run("-C", folder, "define", "diff", "C4").out
    assert "1 of 2 cells differ between built-in and version 1" in told
    assert "buyers" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("big_shar",), "did you mean big_share"), (("C4",), "one version only"),
        (("big_share", "--between", "1", "9"), "no version has this name"),
        (("big_share", "--period", "fortnight"), "fortnight"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused(
    run: Run, folder: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    run("-C", folder, "define", "accept", draft(tmp_path, big(7)), "--reason", "first")
    done = run("-C", folder, "define", "diff", *arguments)
    assert (done.code, said in done.err) == (2, True)


def test_what_was_changed_by_hand_applies_and_is_told_until_it_is_accepted(run: Run, folder: Path) -> None:
    path = declare(folder, big(7))
    listed = run("-C", folder, "define", "list")
    assert "not accepted yet: kpis/own.toml" in listed.out
    assert run("-C", folder, "define", "accept", "--reason", "as it stands").code == 0
    assert "not accepted yet" not in run("-C", folder, "define", "list").out
    path.unlink()
    assert run("-C", folder, "define", "accept", "--reason", "no longer asked for").code == 0
    versions = run("-C", folder, "define", "list", "--versions", "--format", "json").json["data"]
    assert [(v["number"], v["gone"]) for v in versions] == [(2, True), (1, False)]


def test_a_broken_file_is_told_by_every_command_that_needs_it(run: Run, folder: Path) -> None:
    declare(folder, "[[indicator]\n")
    for command in (("kpis",), ("define", "diff", "C4")):
        done = run("-C", folder, *command)
        assert (done.code, "kpis/own.toml" in done.err) == (2, True)
    assert run("-C", folder, "define", "list").code == 1
    assert "kpis/own.toml" in run("-C", folder, "doctor").out

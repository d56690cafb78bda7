"""Every indicator, unit, dimension, slice, grain, status and source has its word in English and in 简体中文."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import get_args

import pytest

from shopkeeper.core.period import GRAINS
from shopkeeper.core.wording import LANGUAGES, Language, catalogue, word
from shopkeeper.kpi.catalogue import INDICATORS, MATRIX
from shopkeeper.kpi.definition import DIMENSIONS, SLICES, Unit
from shopkeeper.kpi.missing import missing_words
from shopkeeper.kpi.result import Status
from shopkeeper.warehouse.model import COMMERCE_TABLES

PARTS = ("name", "definition", "formula")
SAME_IN_BOTH = {"kpi.K3_name"}
HAN = re.compile(r"[\u4e00-\u9fff]")
NEEDS: dict[str, dict[str, object]] = {
    "unpaid": {},
    "history": {"days": 365},
    "follow_up": {"days": 12},
    "currency": {"currencies": "EUR, USD"},
    "daily_only": {},
    "visits_twice": {"shop": "s1"},
    "column": {"table": "T", "column": "C"},
    "no_slice": {"slice": "S"},
    "previous": {},
    "empty": {},
    "origin": {},
    "fees": {},
    "is_acquisition": {},
}
TERMS = {
    "T1": "流量获取效率", "T2": "用户留存率", "T3": "访客平均价值", "T4": "自然流量占比",
    "C1": "支付转化率", "C2": "加购率", "C3": "下单支付转化率", "C4": "客单价",
    "K1": "获客成本", "K2": "退货率", "K3": "LTV/CAC", "K4": "运营费用率",
    "U1": "复购周期", "U2": "会员等级渗透", "U3": "复购率", "U4": "客服响应达标率",
    "N1": "内容ROI", "N2": "互动率", "N3": "完播率", "S1": "库存周转率",
    "S2": "履约时效", "S3": "滞销率", "D1": "数据准确率", "D2": "模型应用深度",
    "D3": "数据覆盖率",
}  # fmt: skip


def keys_of(section: str) -> set[str]:
    return {key.removeprefix(f"{section}.") for key in catalogue() if key.startswith(f"{section}.")}


def kpi_texts() -> dict[str, dict[Language, str]]:
    return {key: texts for key, texts in catalogue().items() if key.startswith(("kpi.", "kpi_"))}


def test_every_indicator_has_a_name_a_definition_and_a_formula_and_no_word_is_left_over() -> None:
    expected = {f"{indicator.word_key}_{part}" for indicator in INDICATORS.values() for part in PARTS}
    assert {f"kpi.{key}" for key in keys_of("kpi")} == expected


@pytest.mark.parametrize(
    ("section", "codes"),
    [
        ("kpi_dimension", DIMENSIONS),
        ("kpi_unit", get_args(Unit)),
        ("kpi_slice", SLICES),
        ("kpi_grain", GRAINS),
        ("kpi_status", get_args(Status)),
        ("kpi_source", COMMERCE_TABLES),
        ("kpi_need", NEEDS),
    ],
)
def test_every_code_has_its_word_and_no_word_is_left_over(section: str, codes: Iterable[str]) -> None:
    assert keys_of(section) == set(codes)


def test_every_word_is_written_in_both_languages() -> None:
    written = {key: {lang for lang, text in texts.items() if text.strip()} for key, texts in kpi_texts().items()}
    assert [key for key, languages in written.items() if languages != set(LANGUAGES)] == []


def test_no_chinese_text_is_the_english_one_except_a_deliberate_id() -> None:
    assert {key for key, texts in kpi_texts().items() if texts["zh"] == texts["en"]} == SAME_IN_BOTH


def test_chinese_texts_hold_chinese() -> None:
    without = {key for key, texts in kpi_texts().items() if not HAN.search(texts["zh"])}
    assert without - SAME_IN_BOTH == {"kpi_need.column"}


def test_chinese_texts_use_chinese_punctuation() -> None:
    assert [key for key, texts in kpi_texts().items() if re.search(r"[,;()]|: ", texts["zh"])] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_definitions_are_whole_sentences_and_formulas_are_not(lang: Language) -> None:
    stop = "." if lang == "en" else "。"
    keys = [indicator.word_key for indicator in INDICATORS.values()]
    assert [key for key in keys if not word(f"{key}_definition", lang).endswith(stop)] == []
    assert [key for key in keys if word(f"{key}_formula", lang).endswith(stop)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_ratio_shows_its_denominator(lang: Language) -> None:
    ratios = [i.word_key for i in INDICATORS.values() if i.denominator]
    assert [key for key in ratios if "÷" not in word(f"{key}_formula", lang)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_two_indicators_share_a_name(lang: Language) -> None:
    names = [word(f"{indicator.word_key}_name", lang) for indicator in INDICATORS.values()]
    assert len(set(names)) == len(names)


def test_the_matrix_goes_by_the_terms_that_operators_know() -> None:
    assert [i.id for i in MATRIX if not word(f"{i.word_key}_name", "zh").startswith(TERMS[i.id])] == []
    assert word("kpi.U3_returning_name", "zh") == "回购率"
    assert word("kpi.K2_refund_rate_name", "zh") == "退款率"


@pytest.mark.parametrize("kpi", ["C1", "C4"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_counts_as_in_business_advisor_says_so(kpi: str, lang: Language) -> None:
    assert "生意参谋" in word(f"{INDICATORS[kpi].word_key}_definition", lang)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("need", "values"), NEEDS.items())
def test_a_need_fills_all_its_placeholders(need: str, values: dict[str, object], lang: Language) -> None:
    text = word(f"kpi_need.{need}", lang, **values)
    assert all(str(value) in text for value in values.values())
    assert not re.search(r"[{}]", text)


@pytest.mark.parametrize("need", sorted({need for indicator in INDICATORS.values() for need in indicator.needs}))
def test_whatever_an_indicator_lacks_can_be_said_in_chinese(need: str) -> None:
    assert HAN.search(missing_words([need], "zh"))
    assert HAN.search(missing_words([need.split(".")[0]], "zh"))
    assert not HAN.search(missing_words([need], "en"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_windows_in_days_are_those_the_engine_uses(lang: Language) -> None:
    for indicator in INDICATORS.values():
        days = indicator.horizon_days or indicator.history_days
        texts = [word(f"{indicator.word_key}_{part}", lang) for part in PARTS]
        if days:
            assert any(str(days) in text for text in texts), indicator.id

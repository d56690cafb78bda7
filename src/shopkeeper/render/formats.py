"""Numbers, amounts, changes and days as a person reads them, in English and Chinese."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from decimal import Decimal

from shopkeeper.core.period import Period
from shopkeeper.core.wording import Language, word

Number = Decimal | float | int

NOTHING = "–"
_LOCALES: dict[Language, str] = {"en": "en_GB", "zh": "zh_Hans_CN"}
_SYMBOLS = {"CNY": "¥"}  # the trade writes ¥ in both languages; CLDR's English form would be CN¥
# Amounts from here on are shortened; the exact figure stays in the cell's title.
_SCALES: dict[Language, tuple[tuple[float, str, float], ...]] = {
    "en": ((1e9, "B", 1e9), (1e6, "M", 1e6)),
    "zh": ((1e8, "亿", 1e8), (1e5, "万", 1e4)),
}
_SUFFIXES = {
    "days": "format.days",
    "minutes": "format.minutes",
    "times": "format.times",
    "times_per_year": "format.times_per_year",
}


@dataclass(frozen=True)
class Formats:
    """How one reader of one shop sees numbers.

    >>> Formats("en", "USD").value(Decimal("4596039.58"), "money")
    '$4.60M'
    >>> Formats("zh", "CNY").value(Decimal("4596039.58"), "money")
    '¥459.6万'
    >>> Formats("en", "USD").value(None, "share")
    '–'
    """

    lang: Language
    currency: str

    @property
    def symbol(self) -> str:
        """The sign of the shop's currency."""
        return currency_symbol(self.currency, self.lang)

    def value(self, value: Number | None, unit: str) -> str:
        """A value in its unit, short enough for a table; "–" when unknown."""
        if value is None:
            return NOTHING
        if unit == "share":
            return self.share(float(value))
        if unit == "money":
            return self.money(value)
        if unit == "visitors_per_money":
            return word("format.per_money", self.lang, n=f"{_signed(value, 2)}", symbol=self.symbol)
        if unit in _SUFFIXES:
            return word(_SUFFIXES[unit], self.lang, n=_trimmed(float(value)))
        return self.count(value)

    def exact(self, value: Number | None, unit: str) -> str:
        """The same value unshortened, for titles and formulas."""
        if value is None:
            return NOTHING
        if unit == "money":
            return self._amount(value, 2)
        if unit == "share":
            return f"{_signed(float(value) * 100, 3)}%"
        return self.value(value, unit) if unit in _SUFFIXES else _trimmed(value, 3)

    def whole(self, value: Number | None, unit: str) -> str:
        """The same value unshortened but without needless cents, for figures that a reader adds up."""
        if value is None or unit != "money":
            return self.value(value, unit)
        return self._amount(value, 0 if abs(float(value)) >= 1000 else 2)

    def money(self, value: Number) -> str:
        """An amount: to the cent below a thousand, whole above, shortened when large."""
        size = abs(float(value))
        for floor, letter, divisor in _SCALES[self.lang]:
            if size >= floor:
                digits = 2 if self.lang == "en" else 1
                return self._amount(float(value) / divisor, digits) + letter
        return self._amount(value, 2 if size < 1000 else 0)

    def share(self, value: float) -> str:
        """A share as percent: one decimal, two below ten percent."""
        percent = value * 100
        return f"{_signed(percent, 1 if abs(percent) >= 10 or percent == 0 else 2)}%"

    def accuracy(self, value: float | None) -> str:
        """A share near one as percent, never rounded up to all: 99.998 % stays below 100.

        >>> Formats("en", "CNY").accuracy(0.99998), Formats("en", "CNY").accuracy(1.0), Formats("en", "CNY").accuracy(None)
        ('99.99%', '100.00%', '–')
        """
        if value is None:
            return NOTHING
        text = f"{value:.2%}"
        return "99.99%" if text == "100.00%" and value < 1 else text

    def count(self, value: Number) -> str:
        """A count or a number of units, whole."""
        return _signed(value, 0)

    def tiny(self, value: int) -> str:
        """A count in at most five characters, for the cells of a dense grid.

        >>> Formats("en", "CNY").tiny(48210), Formats("zh", "CNY").tiny(48210), Formats("zh", "CNY").tiny(812)
        ('48k', '4.8万', '812')
        """
        steps = ((1e9, "B"), (1e6, "M"), (1e3, "k")) if self.lang == "en" else ((1e8, "亿"), (1e4, "万"))
        for size, letter in steps:
            if value >= max(size, 1e4):
                return f"{value / size:.{0 if value >= 10 * size else 1}f}{letter}"
        return str(value)

    def change(self, value: float, kind: str) -> str:
        """The size of a change without its sign: percent, or percentage points of a share."""
        if kind == "points":
            return word("format.points", self.lang, n=f"{abs(value) * 100:.1f}")
        percent = abs(value) * 100
        return f"{percent:,.0f}%" if percent >= 1000 else f"{percent:.1f}%"

    def contribution(self, value: Number, unit: str) -> str:
        """A part of a change, with its sign."""
        text = self.whole(-value if value < 0 else value, unit)
        return text if value == 0 else f"{'+' if value > 0 else '−'}{text}"

    def _amount(self, value: Number, digits: int) -> str:
        text = f"{abs(value):,.{digits}f}"
        return f"{'−' if value < 0 else ''}{self.symbol}{text}"

    # --- time ---------------------------------------------------------------------------------------------------------

    def day(self, day: dt.date | None) -> str:
        """A day: 31 Dec 2017, 2017年12月31日."""
        return NOTHING if day is None else _date(day, "d MMM y" if self.lang == "en" else "y年M月d日", self.lang)

    def short_day(self, day: dt.date, today: dt.date) -> str:
        """A day without its year when that is this year's: 22 Nov, 11-22."""
        if day.year == today.year:
            return _date(day, "d MMM" if self.lang == "en" else "M-d", self.lang)
        return _date(day, "d MMM y" if self.lang == "en" else "y-M-d", self.lang)

    def days(self, first: dt.date | None, last: dt.date | None) -> str:
        """A range of days, the first one without the year when both are in it."""
        if first is None or last is None:
            return NOTHING
        if first == last:
            return self.day(last)
        if self.lang == "en":
            head = "d MMM" if first.year == last.year else "d MMM y"
            return f"{_date(first, head, 'en')} – {self.day(last)}"
        tail = "M月d日" if first.year == last.year else "y年M月d日"
        return f"{self.day(first)}—{_date(last, tail, 'zh')}"

    def period(self, period: Period) -> str:
        """A period's name: Dec 2017, 2017年12月, week 40 of 2017."""
        match period.grain:
            case "day":
                return self.day(period.start)
            case "week":
                year, week, _ = period.start.isocalendar()
                return word("format.week", self.lang, week=week, year=year)
            case "month":
                return _date(period.start, "MMM y" if self.lang == "en" else "y年M月", self.lang)
            case "quarter":
                quarter = (period.start.month + 2) // 3
                return word("format.quarter", self.lang, quarter=quarter, year=period.start.year)
            case "year":
                return word("format.year", self.lang, year=period.start.year)

    def tick(self, period: Period) -> str:
        """A period's name on an axis, as short as can be."""
        match period.grain:
            case "day" | "week":
                return _date(period.start, "d MMM" if self.lang == "en" else "M-d", self.lang)
            case "month":
                return _date(period.start, "MMM" if self.lang == "en" else "M月", self.lang)
            case _:
                return period.label

    def moment(self, at: dt.datetime | None, zone: str) -> str:
        """A moment in the shop's zone, to the minute."""
        if at is None:
            return NOTHING
        return _moment(at, "d MMM y, HH:mm" if self.lang == "en" else "y-MM-dd HH:mm", zone, self.lang)

    def ago(self, at: dt.datetime | None, now: dt.datetime) -> str:
        """How long ago, in words: 2 minutes ago."""
        if at is None:
            return NOTHING
        from babel.dates import format_timedelta

        return str(format_timedelta(at - now, add_direction=True, format="long", locale=_LOCALES[self.lang]))


@functools.lru_cache(maxsize=64)
def currency_symbol(currency: str, lang: Language) -> str:
    """The sign of a currency for readers of a language.

    >>> currency_symbol("USD", "zh"), currency_symbol("CNY", "en")
    ('US$', '¥')
    """
    from babel.numbers import get_currency_symbol

    # "en" as in the United States, whose dollar needs no country before it
    return _SYMBOLS.get(currency) or str(get_currency_symbol(currency, "en_US" if lang == "en" else _LOCALES[lang]))


@functools.lru_cache(maxsize=8192)
def _date(day: dt.date, pattern: str, lang: Language) -> str:
    from babel.dates import format_date

    return str(format_date(day, pattern, locale=_LOCALES[lang]))


@functools.lru_cache(maxsize=8192)
def _moment(at: dt.datetime, pattern: str, zone: str, lang: Language) -> str:
    import zoneinfo

    from babel.dates import format_datetime

    return str(format_datetime(at.astimezone(zoneinfo.ZoneInfo(zone)), pattern, locale=_LOCALES[lang]))


def _signed(value: Number, digits: int) -> str:
    text = f"{abs(value):,.{digits}f}"
    return f"−{text}" if value < 0 and text.strip("0.,") else text


def _trimmed(value: Number, digits: int = 1) -> str:
    text = _signed(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text

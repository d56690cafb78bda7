"""The bank account and the books: payouts in, everything else out; costs on the day that caused them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shopkeeper.errors import InternalError
from shopkeeper.twin import codes
from shopkeeper.twin.daily.later import Frame, Later, length
from shopkeeper.twin.daily.rows import DAY, NONE, texts
from shopkeeper.twin.daily.standing import payment_days

if TYPE_CHECKING:
    from shopkeeper.twin.daily.day import Day
    from shopkeeper.twin.daily.region import Region

_BANK = {k: n for n, k in enumerate(codes.BANK_KINDS)}
_BOOK = {k: n for n, k in enumerate(codes.LEDGER_KINDS)}
_PLATFORM_NAMES = ("支付宝", "京东支付", "抖音支付", "快手小店", "小红书", "多多支付", "收单机构", "收银通道")


class Books:
    """The money of one region. `balance` in fen."""

    def __init__(self, region: Region, staff: Frame, share_of_payroll: float) -> None:
        supply = region.p.supply
        self._r = region
        self._staff = staff
        self._share = share_of_payroll
        self.balance = round(supply.opening_cash_fen * region.scale)
        self._rent = round(supply.rent_fen * region.scale)
        self._due = Later()
        self._on_the_way = np.zeros(8, dtype=np.int64)  # paid out last night, at the bank this morning
        self._spend = self._freight = self._content = self._brushing = 0
        self._output_vat = self._input_vat = 0
        self._lines: list[tuple[int, int, str, int, str]] = []
        self._entries: list[tuple[int, int, int, str, str]] = []
        self.opening = self.balance

    def tell(self, day: Day) -> None:
        """Book a day; the balance must follow from its lines."""
        r, before = self._r, self.balance
        date = r.days.dates[day.day]
        self._lines, self._entries = [], []
        if day.day == 0:
            self._line(_BANK["opening"], 0, "期初余额", 0, "期初余额")
        self._costs(day)
        self._purchases(day)
        arriving, self._on_the_way = self._on_the_way, day.payouts
        for shop in np.flatnonzero(arriving):
            self._line(
                _BANK["payout"],
                36_000,
                _PLATFORM_NAMES[shop],
                int(arriving[shop]),
                f"{codes.PLATFORMS[shop]} 货款提现",
            )
        if date.weekday() == 0 and self._spend:
            self._line(_BANK["advertising"], 39_600, "广告平台", -self._spend, "推广费充值")
            self._spend = 0
        if date.weekday() == 4 and self._content:
            self._line(_BANK["content"], 40_200, "内容服务商", -self._content, "内容制作与达人费用")
            self._content = 0
        if date.day == 1:
            self._line(_BANK["rent"], 32_400, "房东", -self._rent, "房租")
            self._entry(int(NONE), _BOOK["rent"], self._rent, "房东", "当月房租")
        if date.day == 5:
            pay = self._payroll(day.day)
            self._line(_BANK["payroll"], 33_000, "员工", -pay, "工资")
            self._entry(int(NONE), _BOOK["labour"], pay, "员工", "工资")
        if date.day == 10 and self._freight:
            self._line(_BANK["freight"], 50_400, "快递公司", -self._freight, "上月快递费")
            self._freight = 0
        if date.day == 15:
            tax = max(0, self._output_vat - self._input_vat)
            if tax:
                self._line(_BANK["tax"], 51_000, "税务局", -tax, "增值税")
                self._entry(int(NONE), _BOOK["tax"], tax, "税务局", "增值税")
            self._input_vat = max(0, self._input_vat - self._output_vat)
            self._output_vat = 0
        self._write(day, before)

    def _line(self, kind: int, second: int, party: str, fen: int, note: str) -> None:
        self._lines.append((kind, second, party, fen, note))

    def _entry(self, shop: int, kind: int, fen: int, party: str, note: str) -> None:
        if fen:
            self._entries.append((shop, kind, fen, party, note))

    def _costs(self, day: Day) -> None:
        """Advertising, content, platform fees and freight of each shop."""
        freight = np.zeros(8, dtype=np.int64)
        if length(day.parcels):
            np.add.at(freight, day.parcels["shop"], day.parcels["freight_cost_fen"])
        for shop in range(8):
            self._entry(shop, _BOOK["marketing"], int(day.spend_fen[shop]), "广告平台", "推广费")
            self._entry(shop, _BOOK["marketing"], int(day.content_fen[shop]), "内容服务商", "内容费用")
            self._entry(shop, _BOOK["platform_fee"], int(day.fees[shop]), _PLATFORM_NAMES[shop], "平台扣点与服务费")
            self._entry(shop, _BOOK["fulfilment"], int(freight[shop]), "快递公司", "快递费")
        self._spend += int(day.spend_fen.sum())
        self._content += int(day.content_fen.sum())
        self._freight += int(freight.sum())
        if length(day.goods):
            share = self._r.catalogue.vat[day.goods["sku"]]
            self._output_vat += int(np.round(day.goods["receivable_fen"] * share / (1 + share)).sum())

    def _purchases(self, day: Day) -> None:
        """Suppliers are paid some weeks after receipt, with VAT."""
        if day.received:
            got = day.received
            share = self._r.catalogue.vat[got["sku"]]
            value = got["quantity"] * got["unit_cost_fen"]
            vat = np.round(value * share).astype(np.int64)
            self._input_vat += int(vat.sum())
            due = day.day + payment_days(got["supplier"])
            self._due.put(due, {"supplier": got["supplier"], "fen": value + vat})
            self._entry(int(NONE), _BOOK["purchase"], int(value.sum()), "供应商", "采购入库")
        owed = self._due.take(day.day)
        if owed:
            sums = np.bincount(owed["supplier"], owed["fen"]).astype(np.int64)
            for supplier in np.flatnonzero(sums):
                self._line(_BANK["supplier"], 45_000, f"供应商{supplier:02d}", -int(sums[supplier]), "采购货款")

    def _payroll(self, day: int) -> int:
        staff = self._staff
        there = (staff["valid_from"] <= day) & ((staff["left_day"] == NONE) | (staff["left_day"] > day))
        people = int(staff["monthly_cost_fen"][there].sum())
        return round(people * self._share)

    def _write(self, day: Day, before: int) -> None:
        """Tell lines and entries; every bank line's balance follows from the line above."""
        rows = sorted(self._lines, key=lambda line: line[1])
        first = (day.day + 1) * 100_000 + self._r.number * 1000
        amounts = np.array([fen for _, _, _, fen, _ in rows], dtype=np.int64)
        balances = before + np.cumsum(amounts)
        if rows:
            self.balance = int(balances[-1])
            self._r.rows.add(
                "bank_lines",
                {
                    "bank_line": first + np.arange(len(rows)),
                    "at": np.array([day.day * DAY + second for _, second, _, _, _ in rows]),
                    "kind": np.array([kind for kind, _, _, _, _ in rows]),
                    "party": texts([party for _, _, party, _, _ in rows]),
                    "amount_fen": amounts,
                    "balance_fen": balances,
                    "note": texts([note for _, _, _, _, note in rows]),
                },
            )
        if self.balance != before + int(amounts.sum()):
            raise InternalError("the twin's cash does not add up", where=f"region {self._r.number}, day {day.day}")
        entries = self._entries
        if entries:
            self._r.rows.add(
                "ledger_entries",
                {
                    "entry": first + np.arange(len(entries)),
                    "shop": np.array([e[0] for e in entries]),
                    "day": np.full(len(entries), day.day),
                    "kind": np.array([e[1] for e in entries]),
                    "amount_fen": np.array([e[2] for e in entries]),
                    "party": texts([e[3] for e in entries]),
                    "note": texts([e[4] for e in entries]),
                },
            )

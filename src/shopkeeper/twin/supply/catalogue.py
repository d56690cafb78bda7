"""The articles: categories, tag prices, appeal, quality, launch and end, costs over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shopkeeper.twin import codes
from shopkeeper.twin.draws import Array, Draws
from shopkeeper.twin.parameters import Parameters
from shopkeeper.twin.supply.dealing import dealt, spread_evenly

SLOTS = 2048
SHELF = 0.8  # how much more of the shelf goes to articles with more appeal
NOVELTY, NOVELTY_DAYS = 1.0, 70.0
PUT_AWAY = -0.1  # below this height of their season, seasonal articles are off the shelf
CLEARING_DAYS = 45  # a retired article is cleared for so long; what is left stays in the warehouse
_QUARTER_DAYS = 91


@dataclass(frozen=True)
class Catalogue:
    """Articles sorted by category. Arrays have one entry an article, n = number of articles.

    `slots`: for each category 2,048 places of a shelf, filled by appeal: shape (12, 2048).
    `appeal_at`: utility of an article by platform, without its price: shape (8, n).
    """

    size: int
    category: Array
    first_of: Array  # (13,) first article of each category
    list_fen: Array
    unit_price: Array  # tag price ÷ its category's ordinary price
    appeal: Array
    appeal_at: Array
    quality: Array
    product: Array
    supplier: Array
    launched: Array  # day of the world; ≤ 0 = on sale from the start
    ended: Array  # day of the world; large = goes on
    cost: Array  # (n_quarters, n) fen
    slots: Array
    vat: Array
    weight_g: Array
    swing: Array  # utility between an article's own season and the half-year without
    height: Array  # time of the year of its own season, 0–1

    def mood(self, day: int, phase: float) -> Array:
        """Utility that comes and goes: an article's own season, and novelty, which fades within months; shape (n,)."""
        season = self.swing * (np.cos(2.0 * np.pi * (phase - self.height)) - 0.15)
        age = np.where(self.launched >= 0, np.maximum(day - self.launched, 0), 1_000)
        mood: Array = season + NOVELTY * np.exp(-age / NOVELTY_DAYS)
        return mood

    def cost_of(self, day: int) -> Array:
        """Landed cost a unit of every article on a day, fen."""
        cost: Array = self.cost[min(day // _QUARTER_DAYS, len(self.cost) - 1)]
        return cost

    def on_sale(self, day: int, phase: float) -> Array:
        """Whether each article is shown: launched, not gone for good, and not put away until its season comes again."""
        away = (self.swing > 0.8) & (np.cos(2.0 * np.pi * (phase - self.height)) < PUT_AWAY)
        shown: Array = (self.launched <= day) & (day < self.ended + CLEARING_DAYS) & ~away
        return shown


def number_of_skus(parameters: Parameters, scale: float) -> int:
    """Fewer articles in a smaller world, so that an article still sells: 2,000 at scale 1, about 630 at 0.1."""
    number: int = max(96, round(parameters.supply.skus * min(1.0, scale) ** 0.5))
    return number


def make_catalogue(parameters: Parameters, draws: Draws, scale: float, days: int) -> Catalogue:
    """All articles of the world that runs `days` days."""
    n = number_of_skus(parameters, scale)
    shares = parameters.of_categories("skus")
    upto = np.concatenate([[0.0], np.cumsum(shares / shares.sum())])
    edges = np.round(upto * n).astype(np.int64)
    full = np.diff(np.round(upto * parameters.supply.skus).astype(np.int64))
    category = np.repeat(np.arange(len(shares)), np.diff(edges))
    sku = np.arange(n)
    supply = parameters.supply
    price = parameters.of_categories("price")[category]
    spread = parameters.of_categories("spread")[category]
    list_fen = _round_price(price * np.exp(spread * spread_evenly(draws, "list price", edges)))
    # Seen on shelves by e^(0.8 × appeal) and bought by e^appeal: what an article draws in all.
    appeal = supply.popularity * spread_evenly(draws, "appeal", edges, full, (1.0 + SHELF) * supply.popularity)
    born, ends = (dealt(draws, purpose, category, appeal) for purpose in ("born", "ends"))
    launched = np.where(born < supply.launched, draws.below("launch day", max(days, 1), sku), -1)
    ended = np.where(
        (ends < supply.retired) & (launched < 0), 60 + draws.below("end day", max(days, 1), sku), 1_000_000
    )
    share = parameters.of_categories("cost_share")[category] * np.exp(0.12 * draws.normal("cost", sku))
    quarters = np.arange(days // _QUARTER_DAYS + 2)
    drift = 1.0 + 0.004 * quarters[:, None] + 0.02 * draws.normal("cost drift", sku[None, :], quarters[:, None])
    cost = np.maximum(50, np.round(list_fen * np.minimum(share, 0.6) * drift)).astype(np.int64)
    return Catalogue(
        size=n,
        category=category,
        first_of=edges,
        list_fen=list_fen,
        unit_price=list_fen / 100.0 / price,
        appeal=appeal,
        appeal_at=appeal[None, :] + 0.35 * draws.normal("appeal there", sku[None, :], np.arange(8)[:, None]),
        quality=1.0 - np.minimum(0.05, parameters.of_categories("defect")[category] * np.exp(0.6 * draws.normal("quality", sku))),
        product=sku // 3,
        supplier=category * 3 + draws.below("supplier", 3, sku),
        launched=launched,
        ended=ended,
        cost=cost,
        slots=_shelves(draws, category, edges, appeal),
        vat=parameters.of_categories("vat")[category],
        swing=parameters.of_categories("swing")[category] * (0.6 + 0.8 * draws.uniform("swing", sku)),
        height=0.5 * (draws.uniform("collection", sku) < 0.5) + 0.06 * draws.normal("height", sku),
        weight_g=(parameters.of_categories("weight_g")[category] * np.exp(0.3 * draws.normal("weight", sku))).astype(np.int64),
    )  # fmt: skip


def _round_price(yuan: Array) -> Array:
    """Prices as shops write them: 49, 129, 399 …, in fen."""
    step = np.where(yuan < 100, 5, np.where(yuan < 300, 10, 20))
    return (np.maximum(np.round(yuan / step) * step - 1, 9) * 100).astype(np.int64)


def _shelves(draws: Draws, category: Array, edges: Array, appeal: Array) -> Array:
    """Who stands where: an article's share of its category's shelf grows with its appeal; places are shuffled."""
    shelves = np.empty((len(edges) - 1, SLOTS), dtype=np.int32)
    places = (np.arange(SLOTS) + 0.5) / SLOTS
    for c in range(len(edges) - 1):
        weight = np.exp(SHELF * appeal[edges[c] : edges[c + 1]])
        filled = edges[c] + np.searchsorted(np.cumsum(weight) / weight.sum(), places)
        order = np.argsort(draws.uniform("shelf", np.arange(SLOTS), c))
        shelves[c] = np.minimum(filled, edges[c + 1] - 1)[order]
    return shelves


_NAMES = {
    "tea": ("明前龙井", "正山小种", "茉莉银毫", "白毫银针", "老白茶饼", "桂花乌龙", "凤凰单丛", "陈皮普洱"),
    "teaware": ("青瓷盖碗", "紫砂小壶", "竹制茶则", "汝窑品茗杯", "旅行茶具", "铸铁壶承"),
    "snacks": ("桂花糕", "绿豆冰糕", "松子酥", "海盐坚果", "山楂球", "抹茶曲奇"),
    "skincare": ("山茶花精华", "牡丹保湿霜", "米酵洁面乳", "玉容面膜", "茶多酚乳液"),
    "fragrance": ("檀木线香", "桂子香薰", "雨后竹林香水", "白茶扩香石", "沉香礼盒"),
    "bedding": ("天丝四件套", "桑蚕丝被", "水洗棉被套", "乳胶枕", "羊毛垫"),
    "tableware": ("釉下彩饭碗", "胡桃木筷", "手绘鱼盘", "骨瓷汤碗", "琉璃杯"),
    "loungewear": ("莫代尔家居服", "真丝睡裙", "法兰绒套装", "竹节棉睡衣"),
    "dresses": ("新中式旗袍裙", "香云纱长裙", "立领连衣裙", "提花马面裙", "亚麻茶歇裙"),
    "scarves": ("桑蚕丝方巾", "羊绒围巾", "苏绣披肩", "真丝发带"),
    "stationery": ("洒金信笺", "徽墨套装", "手工线装本", "紫檀镇纸", "狼毫小楷"),
    "gifts": ("中秋雅集礼盒", "新春福礼", "伴手礼盒", "文房四宝礼盒"),
}
_STYLES = ("兰亭", "听雨", "山居", "清欢", "流觞", "采薇", "东篱", "云水", "鹤鸣", "踏雪", "拾光", "知秋")
_VARIANTS = {
    "tea": ("50g", "100g", "250g"),
    "snacks": ("单盒", "三盒装", "分享装"),
    "skincare": ("30ml", "50ml", "100ml"),
    "fragrance": ("小", "中", "礼盒装"),
    "bedding": ("1.5m", "1.8m", "2.0m"),
    "loungewear": ("S", "M", "L"),
    "dresses": ("S", "M", "L"),
    "gifts": ("标准", "尊享", "定制"),
}
_PLAIN = ("月白", "天青", "黛蓝")


def names_of(catalogue: Catalogue) -> list[tuple[str, str]]:
    """Title and variant of every article."""
    names = []
    for sku in range(catalogue.size):
        category = codes.CATEGORIES[int(catalogue.category[sku])]
        product = int(catalogue.product[sku])
        noun = _NAMES[category][product % len(_NAMES[category])]
        style = _STYLES[product // len(_NAMES[category]) % len(_STYLES)]
        variant = _VARIANTS.get(category, _PLAIN)[sku % 3]
        names.append((f"兰亭 {style}系列 {noun} {variant}", variant))
    return names

"""What a simulated stretch of time yields: one Arrow table a record, every column named, typed and explained.

    from shopkeeper.twin.world import World

    world = World(seed=7, scale=0.1, start=dt.date(2024, 1, 1))
    for stretch in world.run(until=dt.date(2026, 1, 1)):      # months; run(…, by="day") for days
        stretch.first, stretch.end                            # its days, half-open
        stretch.tables["order_lines"]                         # pyarrow.Table, schema RECORDS["order_lines"].schema

- Every record is in every stretch, perhaps with no row. Rows lie in the stretch in which they **became true**; nothing
  is yielded twice. An order is one row when it is placed; what becomes of it follows in `order_states`, `payments`,
  `shipments` and `refunds`.
- Catalogue rows (`shops`, `skus`, `suppliers`, `coupons` …) come in the first stretch in which they exist.
- Keys are whole numbers, unique in the world. `order`, `payment`, `refund` and `parcel` are long enough to be
  printed as they are.
- Columns that begin with `true_` are the truth: no file that the product reads may tell them. `person` is the same
  (a writer shows accounts, handles, phones, e-mail addresses and devices, never people).
- In SQL, `"order"` and `"at"` need quotes.
- Money is whole fen; moments are whole seconds in Asia/Shanghai; codes are dictionary columns whose sets are in `codes.py`.

Identities that hold at the end of every day (they are checked while the world runs):

    stock      on_hand today = on_hand yesterday + Σ stock_moves of the day           a warehouse and SKU
    cash       balance today = balance yesterday + Σ bank_lines of the day
    orders     placed so far = open (unpaid) + paid + cancelled;  paid = backlog + shipped + closed
    platforms  receivable of a shop today = yesterday + Σ settlement lines of the day (payouts are negative)
    lines      list = merchant + platform + influencer + payable;  receivable = payable + platform + influencer
    orders     payable of the order = Σ payable of its lines + freight = Σ its successful payments once it is paid
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pyarrow as pa

from shopkeeper.twin import codes
from shopkeeper.twin.fields import Record, code, count, day, fen, flag, index, key, moment, share, text

_SHOP = code("shop", codes.PLATFORMS, "The shop: one on each platform, the own site, the stores.")
_ORDER = key("order", "The order.")
_ACCOUNT = key("account", "The account that did it.")
_SKU = index("sku", "The article.")
_WAREHOUSE = code("warehouse", codes.WAREHOUSES, "Where: the online warehouse or the stores' own stock.")

CATALOGUE = (
    Record(
        "shops",
        "The eight shops.",
        (
            _SHOP,
            text("name", "Name shown, e.g. 兰亭旗舰店."),
            share("commission_share", "Platform's commission of the receivable."),
            share("payment_fee_share", "Payment and technical service fee of the receivable."),
            count("settle_days", "Days from completion (own site, stores: from payment) to settlement."),
            count("promise_hours", "Hours within which shipping is promised; 0 = handed over at once."),
        ),
    ),
    Record(
        "suppliers",
        "Who makes the articles.",
        (
            index("supplier", "The supplier."),
            text("name", "Name."),
            count("lead_time_days", "Promised days from order to receipt."),
            count("payment_days", "Days from receipt to payment."),
        ),
    ),
    Record(
        "skus",
        "One row an article. Variants of one product share its number.",
        (
            _SKU,
            text("code", "Merchant's code (商家编码), e.g. LT-TEA-0042-02."),
            text("barcode", "EAN-13."),
            index("product", "The product that it is a variant of."),
            text("name", "Title shown."),
            code("category", codes.CATEGORIES, "Its category; words in codes.CATEGORY_WORDS."),
            text("variant", "Colour, size or pack."),
            index("supplier", "Who makes it."),
            fen("list_fen", "Tag price at launch."),
            share("vat_share", "VAT on the price before it: 0.13, tea 0.09."),
            count("weight_g", "Weight in grams."),
            day("launched_day", "First day on sale."),
            day("ended_day", "Day from which it is not bought again; empty = goes on.", nullable=True),
            share("true_quality", "Chance that a unit is sound."),
        ),
    ),
    Record(
        "coupons",
        "Coupons and threshold offers (满减).",
        (
            index("coupon", "The offer."),
            _SHOP,
            text("name", "Name shown."),
            fen("threshold_fen", "Basket (list less article discounts) from which it applies."),
            fen("face_fen", "Amount off."),
            code("borne_by", codes.BEARERS, "Who bears it."),
            day("start_day", "First day."),
            day("end_day", "Last day."),
        ),
    ),
    Record(
        "campaigns",
        "Advertising and message campaigns.",
        (
            index("campaign", "The campaign."),
            _SHOP,
            text("name", "Name shown."),
            text("kind", "Advertising channel or message channel."),
            day("start_day", "First day."),
            day("end_day", "Last day."),
            fen("budget_fen", "Money set aside."),
        ),
    ),
    Record(
        "calendar",
        "Named days.",
        (
            day("day", "The day."),
            text("name", "Festival or event."),
            code("kind", ("retail", "public", "own"), "What it is."),
        ),
    ),
    Record(
        "prices",
        "Price of an article at a shop from a moment on; a row for every change.",
        (
            _SHOP,
            _SKU,
            moment("valid_from", "From when."),
            fen("list_fen", "Tag price."),
            fen("sale_fen", "Price asked, before coupons."),
        ),
    ),
    Record(
        "sku_costs",
        "Landed cost of an article, without VAT, from a day on.",
        (_SKU, day("valid_from", "First day."), fen("unit_cost_fen", "Cost a unit.")),
    ),
    Record(
        "promotions",
        "Placement of an article in a shop (page order, window).",
        (
            _SHOP,
            _SKU,
            day("start_day", "First day."),
            day("end_day", "Last day."),
            text("display", "Where, e.g. 首页首屏."),
        ),
    ),
    Record(
        "staff",
        "A member of staff from a day on.",
        (
            index("staff", "Who."),
            text("name", "Name."),
            day("valid_from", "First day of this state."),
            code("team", codes.TEAMS, "Team."),
            text("role", "Role."),
            index("reports_to", "Superior; empty for the head.", nullable=True),
            fen("monthly_cost_fen", "Cost a month."),
            day("left_day", "Last day, once left (then a row of its own).", nullable=True),
        ),
    ),
)

PEOPLE = (
    Record(
        "people",
        "Truth: a person, when their first account appears.",
        (
            key("person", "Who."),
            key("household", "Their household: members may share a phone or an address."),
            text("name", "Name."),
            code("gender", ("f", "m"), "Gender."),
            count("birth_year", "Year of birth."),
            code("province", codes.PROVINCES, "Where they live."),
            day("known_from", "Day of the first account."),
        ),
    ),
    Record(
        "accounts",
        "An account of a person at a shop, when it appears. What a file may show of it, and whose it truly is.",
        (
            key("account", "The account: person × 16 + shop."),
            key("person", "Truth: whose it is."),
            _SHOP,
            text("handle", "Nickname or buyer name as that platform shows it, unique there."),
            key("phone", "Mobile number given there, 11 digits; empty = none or not told.", nullable=True),
            text("email", "E-mail address given there.", nullable=True),
            text("open_id", "Wallet's or app's id of the person, shared by accounts of one wallet.", nullable=True),
            key("device", "Device last used."),
            moment("created_at", "When it appeared."),
            flag("is_member", "Whether it joined the membership, which tells its phone to the brand."),
        ),
    ),
    Record(
        "consents",
        "A consent given or withdrawn.",
        (
            _ACCOUNT,
            code("purpose", codes.PURPOSES, "For what."),
            moment("at", "When."),
            flag("granted", "Given or withdrawn."),
            text("evidence", "Where it is recorded."),
        ),
    ),
    Record(
        "contacts",
        "A message sent to an account.",
        (
            key("contact", "The message."),
            _ACCOUNT,
            _SHOP,
            code("channel", codes.MESSAGE_CHANNELS, "How."),
            index("campaign", "Why."),
            moment("sent_at", "When."),
            code("status", codes.MESSAGE_STATUSES, "Outcome."),
        ),
    ),
    Record(
        "subscriptions",
        "A change of a subscription (own site).",
        (
            key("subscription", "The subscription."),
            _ACCOUNT,
            _SHOP,
            _SKU,
            moment("at", "When."),
            code("change", codes.SUBSCRIPTION_CHANGES, "What changed."),
            fen("monthly_fen", "Recurring amount a month after it."),
        ),
    ),
)

SALES = (
    Record(
        "orders",
        "An order as placed; rows are sorted by moment within a day. Its lines follow in the same order.",
        (
            _ORDER,
            _SHOP,
            _ACCOUNT,
            key("person", "Truth: who."),
            moment("placed_at", "When."),
            code("order_type", codes.ORDER_TYPES, "How it was bought."),
            code("channel", codes.CHANNELS, "Where the sale came about."),
            code("terminal", codes.TERMINALS, "On what."),
            count("lines", "Number of its lines."),
            fen("freight_fen", "Freight that the buyer pays."),
            fen("payable_fen", "What the buyer owes, freight included."),
            fen("deposit_fen", "Deposit of a presale, part of it."),
            code("tier", codes.TIERS, "The buyer's tier then."),
            code("province", codes.PROVINCES, "Where it goes."),
            index("coupon", "Offer used.", nullable=True),
            index("campaign", "Campaign that the platform attributes it to.", nullable=True),
            key("subscription", "Subscription that it fulfils.", nullable=True),
            flag("is_brushing", "Brushing order (刷单): no goods, the money goes round. The brand declares it."),
            code("true_origin", codes.ORIGINS, "What truly brought the buyer."),
        ),
    ),
    Record(
        "order_lines",
        "An article of an order. list = merchant + platform + influencer + payable.",
        (
            _ORDER,
            count("line", "Number within the order, from 1."),
            _SKU,
            count("quantity", "Units."),
            fen("list_fen", "Tag price × quantity."),
            fen("merchant_fen", "Discount that the merchant bears: article discount and its part of coupons."),
            fen("platform_fen", "Discount that the platform bears."),
            fen("influencer_fen", "Discount that an influencer bears."),
            fen("payable_fen", "What the buyer owes for it."),
            fen("unit_cost_fen", "Landed cost a unit on that day."),
        ),
    ),
    Record(
        "order_states",
        "A change of an order's state after it was placed.",
        (_ORDER, _SHOP, code("state", codes.ORDER_STATES, "The new state."), moment("at", "When.")),
    ),
    Record(
        "payments",
        "An attempt to pay.",
        (
            key("payment", "The payment."),
            _ORDER,
            _SHOP,
            moment("at", "When."),
            fen("amount_fen", "Amount."),
            code("method", codes.PAY_METHODS, "How."),
            code("status", codes.PAY_STATUSES, "Outcome."),
            code("part", codes.PAY_PARTS, "Whole, or a presale's deposit or final payment."),
        ),
    ),
    Record(
        "refunds",
        "A refund once it is granted or rejected.",
        (
            key("refund", "The refund."),
            _ORDER,
            count("line", "Line concerned."),
            _SKU,
            _SHOP,
            _ACCOUNT,
            moment("requested_at", "When the buyer asked."),
            moment("at", "When it was granted or rejected."),
            count("quantity", "Units that come back; 0 = money only."),
            fen("amount_fen", "Money given back; 0 when rejected."),
            code("kind", codes.REFUND_KINDS, "Whether goods come back."),
            code("status", codes.REFUND_STATUSES, "Outcome."),
            code("reason", codes.REFUND_REASONS, "Reason that the buyer states."),
            code("true_cause", codes.REFUND_CAUSES, "The true cause."),
        ),
    ),
    Record(
        "shipments",
        "A parcel when it leaves. One parcel an order.",
        (
            key("parcel", "The parcel's number (快递单号)."),
            _ORDER,
            _SHOP,
            _WAREHOUSE,
            code("carrier", codes.CARRIERS, "Who carries it."),
            moment("due_at", "By when it was promised to leave."),
            moment("shipped_at", "When it left."),
            moment("delivered_at", "When it arrives: may lie after the stretch."),
            count("quantity", "Units inside."),
            fen("freight_cost_fen", "What the merchant pays for it."),
            flag("is_perfect", "Complete, undamaged and on time."),
        ),
    ),
    Record(
        "coupon_uses",
        "A redemption.",
        (
            index("coupon", "The offer."),
            _ORDER,
            _SHOP,
            _ACCOUNT,
            moment("at", "When."),
            fen("amount_fen", "What it took off."),
        ),
    ),
)

ATTENTION = (
    Record(
        "visitor_days",
        "A shop's day of visitors: distinct people. visitors = paid + organic + owned. Empty moments are told by nobody.",
        (
            _SHOP,
            day("day", "The day."),
            count("visitors", "Distinct visitors."),
            count("sessions", "Visits."),
            count("carting", "Distinct visitors who added to the cart."),
            count("paid", "Visitors brought by advertising."),
            count("organic", "Visitors who came by themselves."),
            count("owned", "Visitors brought by messages and followed accounts."),
            count("told_visitors", "What the platform's report says: less during a tracking break."),
        ),
    ),
    Record(
        "item_days",
        "A day of an article's page at Tmall and JD, whose reports tell it. Tmall has one page for all variants of a product.",
        (
            _SHOP,
            day("day", "The day."),
            index("sku", "Article whose page it is; at Tmall the first of its product."),
            count("visitors", "Distinct visitors of the page."),
            count("views", "Times it was opened."),
            count("carting", "Distinct visitors who added it to the cart."),
            count("favourites", "Visitors who kept it as a favourite."),
            count("stay_seconds", "Average stay."),
            count("buyers", "Distinct people who ordered it that day and pay."),
            count("told_visitors", "What the platform's report says: less during a tracking break."),
        ),
    ),
    Record(
        "sessions",
        "A visit of the own site.",
        (
            key("session", "The visit."),
            _SHOP,
            moment("started_at", "When."),
            key("device", "The visitor as the site knows them."),
            key("account", "Account, where signed in.", nullable=True),
            key("person", "Truth: who."),
            code("channel", codes.CHANNELS, "Where they came from."),
            code("origin", codes.ORIGINS, "Its origin."),
            count("pages", "Pages seen."),
            flag("added_to_cart", "Whether something was put into the cart."),
            key("order", "Order placed in it.", nullable=True),
        ),
    ),
    Record(
        "events",
        "A behaviour event of the own site.",
        (
            key("event", "The event."),
            key("session", "Its visit."),
            moment("at", "When."),
            code("name", codes.EVENT_NAMES, "What."),
            index("sku", "Article concerned.", nullable=True),
            fen("value_fen", "Amount that it carries.", nullable=True),
        ),
    ),
    Record(
        "ad_days",
        "A day of an advertisement.",
        (
            _SHOP,
            day("day", "The day."),
            code("channel", codes.AD_CHANNELS, "Advertising channel."),
            index("campaign", "Campaign."),
            index("ad", "Advertisement within it."),
            fen("spend_fen", "Money spent."),
            flag("is_acquisition", "Whether it is meant to win new buyers."),
            count("impressions", "Times shown."),
            count("clicks", "Clicks."),
            count("attributed_orders", "Orders that the platform claims for it."),
            fen("attributed_fen", "Sales that the platform claims for it."),
        ),
    ),
    Record(
        "posts",
        "A piece of content when it is published.",
        (
            key("post", "The post."),
            _SHOP,
            code("kind", codes.CONTENT_KINDS, "What it is."),
            text("title", "Its title."),
            text("influencer", "Who made it; empty = the brand.", nullable=True),
            moment("published_at", "When."),
            fen("cost_fen", "What it cost."),
        ),
    ),
    Record(
        "post_days",
        "A day of a piece of content.",
        (
            key("post", "The post."),
            _SHOP,
            day("day", "The day."),
            count("impressions", "Times shown."),
            count("plays", "Plays."),
            count("completed_plays", "Plays watched to the end."),
            count("reads", "Reads."),
            count("likes", "Likes."),
            count("comments", "Comments."),
            count("shares", "Shares."),
            count("saves", "Saves."),
            fen("cost_fen", "Cost booked that day."),
            fen("attributed_fen", "Paid amount attributed to it."),
            fen("attributed_margin_fen", "Margin attributed to it."),
        ),
    ),
    Record(
        "competitor_prices",
        "A competitor's price seen.",
        (
            text("competitor", "Whose."),
            _SHOP,
            _SKU,
            text("item", "Their article."),
            moment("seen_at", "When."),
            fen("price_fen", "Price asked."),
        ),
    ),
    Record(
        "brand_index",
        "The search index of the brand.",
        (text("name", "Which index."), day("day", "The day."), share("value", "Index points.")),
    ),
)

SUPPLY = (
    Record(
        "stock_moves",
        "Movements of an article's stock, summed by warehouse, kind and day.",
        (
            key("move", "The movement."),
            moment("at", "When; sales and returns are booked at 23:59:59."),
            _WAREHOUSE,
            _SKU,
            count("quantity", "Signed units, plus is in."),
            code("kind", codes.MOVE_KINDS, "Why."),
            fen("cost_fen", "Signed value at that day's cost."),
        ),
    ),
    Record(
        "stock_days",
        "An article's stock at the end of a day: Sundays and last days of months, articles that ever had stock.",
        (
            day("day", "The day, at its end."),
            _WAREHOUSE,
            _SKU,
            count("on_hand", "Units present."),
            count("available", "Units that can be sold: present less promised."),
            count("in_transit", "Units ordered and not received."),
            fen("value_fen", "Units present × cost of that day."),
            day("last_received_day", "Last receipt.", nullable=True),
            day("last_sold_day", "Last sale.", nullable=True),
        ),
    ),
    Record(
        "purchase_orders",
        "An article of a purchase order, when it is placed. Receipt follows in `receipts`.",
        (
            key("purchase", "The purchase order."),
            _SKU,
            index("supplier", "From whom."),
            _WAREHOUSE,
            day("ordered_day", "When."),
            day("due_day", "Promised for."),
            count("quantity", "Units."),
            fen("unit_cost_fen", "Cost a unit, without VAT."),
        ),
    ),
    Record(
        "receipts",
        "Goods of a purchase order when they arrive.",
        (
            key("purchase", "The purchase order."),
            _SKU,
            _WAREHOUSE,
            day("received_day", "When."),
            count("quantity", "Units."),
            share("true_defect_share", "Share of unsound units in the batch."),
        ),
    ),
)

SERVICE = (
    Record(
        "tickets",
        "A service conversation.",
        (
            key("ticket", "The conversation."),
            _SHOP,
            _ACCOUNT,
            key("order", "Order that it is about.", nullable=True),
            code("topic", codes.TICKET_TOPICS, "What it is about."),
            moment("opened_at", "When the customer wrote."),
            count("first_response_seconds", "Wait for the first answer."),
            flag("answered_by_bot", "Whether a bot gave it."),
            flag("resolved_by_bot", "Whether no person was needed."),
            flag("is_simple", "Whether it is a simple query."),
            moment("closed_at", "When it ended."),
            count("satisfaction", "Score 1–5.", nullable=True),
            index("staff", "Who answered; empty = only the bot.", nullable=True),
            text("question", "What the customer wrote."),
            text("answer", "What was answered first."),
        ),
    ),
    Record(
        "reviews",
        "A review.",
        (
            key("review", "The review."),
            _SHOP,
            _ORDER,
            count("line", "Line reviewed."),
            _SKU,
            _ACCOUNT,
            moment("at", "When."),
            count("stars", "Stars 1–5."),
            text("text", "What was written."),
        ),
    ),
)

MONEY = (
    Record(
        "settlements",
        "A line of a shop's platform statement. The sum so far is what the platform holds for the brand.",
        (
            key("settlement", "The line."),
            key("statement", "The statement: shop and day."),
            _SHOP,
            key("order", "Order that it settles; empty for payouts.", nullable=True),
            moment("at", "When."),
            code("kind", codes.SETTLEMENT_KINDS, "What."),
            fen("amount_fen", "Signed: plus is for the merchant; a payout to the bank is negative."),
        ),
    ),
    Record(
        "bank_lines",
        "A line of the brand's bank account.",
        (
            key("bank_line", "The line, in order of the statement."),
            moment("at", "When."),
            code("kind", codes.BANK_KINDS, "What."),
            text("party", "The other side."),
            fen("amount_fen", "Signed: plus is money in."),
            fen("balance_fen", "Balance after it."),
            text("note", "The bank's wording."),
        ),
    ),
    Record(
        "ledger_entries",
        "A cost in the books on the day that caused it, or cash in and out.",
        (
            key("entry", "The entry."),
            code("shop", codes.PLATFORMS, "Shop; empty = the brand as a whole.", nullable=True),
            day("day", "The day."),
            code("kind", codes.LEDGER_KINDS, "What."),
            fen("amount_fen", "A cost is positive."),
            text("party", "Payee or account."),
            text("note", "Wording."),
        ),
    ),
)

TRUTH = (
    Record(
        "true_lost_units",
        "Truth: units that buyers wanted and did not get because others had taken the last ones that day. Who saw an "
        "article sold out from the morning on looked at others and is not counted.",
        (day("day", "The day."), _WAREHOUSE, _SKU, count("units", "Units.")),
    ),
)

REPORTING = (
    Record(
        "reporting_faults",
        "A row that files tell late or wrong at first: writers leave it out, or write the wrong value, until `mended_at`.",
        (
            text("record", "Which record."),
            key(
                "key",
                "Value of its first column; of ad_days: (day of the world + 1) × 10 + shop, for that shop's whole day.",
            ),
            code("fault", codes.REPORT_FAULTS, "Told late, or told wrong and corrected."),
            text("column", "Wrong column; empty = the whole row is late.", nullable=True),
            key("told", "The wrong value, in the column's unit.", nullable=True),
            moment("mended_at", "From when files tell it rightly."),
        ),
    ),
)

RECORDS: dict[str, Record] = {
    r.name: r for r in (*CATALOGUE, *PEOPLE, *SALES, *ATTENTION, *SUPPLY, *SERVICE, *MONEY, *REPORTING, *TRUTH)
}


@dataclass(frozen=True)
class Stretch:
    """What became true in the days [first, end): a table for each of `RECORDS`."""

    first: dt.date
    end: dt.date
    tables: dict[str, pa.Table]

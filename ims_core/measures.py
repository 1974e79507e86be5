"""The book of KPIs: what each is called, means and needs, and its formula over the sums that `kpis` makes of a group and a period."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Kpi:
    """One KPI; `sql` is an expression over INPUTS, empty where it cannot be said."""

    name: str
    label: str
    says: str
    unit: Literal["money", "share", "days", "times", "count", "pieces"]
    better: Literal["up", "down", ""]
    formula: str
    sql: str
    needs: tuple[str, ...] = ()
    golden: tuple[dict[str, float], float] | None = field(default=None, compare=False)
    """Inputs and the value they must give; the numbers of kpis.md where it has some."""


NEEDS = {
    "stock": ("known_items > 0", "Nobody counted this and no receipt is known: drop a stock list, a stock count or a purchases file."),
    "cost": ("costed > 0", "Nothing here has a cost: drop an items file with costs, or a purchases file with prices."),
    "sales": ("sales_days > 0", "No sales are known in this period: drop a sales file."),
    "prices": ("revenue is not null and (unpriced = 0 or revenue <> 0)",
        "No price is known: drop a sales file or an items file with prices."),
    "both": ("priced_sales > 0", "No item sold has both a cost and a price for every sale: drop an items file with costs and prices."),
    "sixty_days": ("known_days >= 60", "Known for less than 60 days: too short to say what a year would be."),
    "quarter": ("known_days >= 90", "Known for less than 90 days: nothing can have lain that long."),
    "half_year": ("known_days >= 180", "Known for less than 180 days: nothing can have lain that long."),
    "demand": ("demand > 0", "Nothing was asked for in this period."),
    "cycles": ("cycles > 0", "No delivery ended an order cycle in this period: drop a purchases file with days of receipt."),
    "receipts": ("lead_pieces > 0",
        "No delivery of a known order came in this period: drop a purchases file with days of order and receipt."),
    "counts": ("counted_records > 0", "Nothing was counted a second time in this period: count on the Scan page, or drop a stock count."),
    "losses": ("looked_at", "Nobody counted, adjusted or scrapped anything yet: losses show once stock is counted a second time."),
    "forecast": ("forecast_items > 0", "There is no forecast of that time: run it on the Forecast page."),
    "expected": ("expected_daily_value > 0", "No demand is expected."),
    "customer_orders": (
        "false",
        "No customer orders are known, only sales: it takes a file of customer orders with the days ordered, promised and shipped, "
        "and the quantities ordered and shipped.",
    ),
}  # fmt: skip
"""What a KPI can lack: a condition over INPUTS, and what to do where it does not hold. The first that fails is said."""

INPUTS = {
    "days": "days in the period of which the books know",
    "known_days": "days since the first movement",
    "items": "items",
    "known_items": "items counted or received at least once",
    "value_days": "sum over the days of the stock at cost",
    "opening_value": "stock at cost on the eve of the period",
    "closing_value": "stock at cost on its last day",
    "opening_pieces": "pieces on the eve of the period",
    "closing_pieces": "pieces on its last day",
    "costed": "items with a cost",
    "cogs": "cost of goods sold, less returns",
    "known_cogs": "the same, of items counted or received at least once",
    "priced_cogs": "the same, of pieces sold at a known price",
    "known_priced_cogs": "cost of pieces sold at a known price, of items counted or received at least once",
    "revenue": "sales, less returns",
    "costed_revenue": "the same, of items with a cost",
    "known_costed_revenue": "sales, less returns, of items with a cost that were counted or received at least once",
    "unpriced": "pieces sold without a price",
    "priced_sales": "sales, less returns, of items with a cost and a price for every sale",
    "priced_lost": "counted, adjusted or scrapped away of these, at cost",
    "priced_found": "counted or adjusted on of these, at cost",
    "sold": "pieces sold",
    "returned": "pieces returned by customers",
    "received": "pieces received",
    "opened": "pieces of opening stock told of in the period",
    "paid": "goods received at cost",
    "lost_value": "counted, adjusted or scrapped away, at cost",
    "found_value": "counted or adjusted on, at cost",
    "looked_at": "whether anybody ever counted, adjusted or scrapped",
    "sales_days": "days with sales in the shop",
    "item_days": "days of items in use since their first",
    "out_days": "of these, days without stock",
    "ran_out": "times that stock of an item came to an end",
    "demand": "pieces asked for: sold, and estimated for the days without stock",
    "lost_demand": "of these, estimated for the days without stock",
    "served": "pieces sold of items whose stock is known",
    "cycles": "deliveries that ended an order cycle",
    "short_cycles": "of these, with a shortage",
    "dead_value": "stock at cost that nobody asked for in 180 days",
    "slow_value": "stock at cost that nobody asked for in 90 to 179 days",
    "expected_daily_value": "expected demand of a day, at cost",
    "forecast_items": "items with a forecast",
    "lead_pieces": "pieces received of known orders",
    "lead_days_pieces": "the same times their days from order to receipt",
    "lead_squares": "the same times the square of these days",
    "lead_receipts": "deliveries of known orders",
    "counted_records": "records counted again",
    "accurate_records": "of these, within tolerance",
    "counted_off": "sum of what each record was off, at cost and without sign",
    "counted_book": "what the book had of them, at cost",
    "carrying_rate": "yearly cost of holding stock, as a share of its value",
}
"""What the formulas are made of."""

UNKNOWN = "null::double"
"""The formula of what no data of ours tells yet."""

_OUT = {"item_days": 30.0, "out_days": 15.0}

KPIS = (
    Kpi("stock_value", "Stock value", "What lies in stock, at moving average cost.", "money", "", "pieces × average cost on the last day",
        "closing_value", ("stock", "cost"), ({"closing_value": 120.0}, 120)),
    Kpi("average_inventory", "Average inventory level", "What lay in stock on an average day, at cost.", "money", "",
        "sum of every day's stock at cost ÷ days", "value_days / nullif(days, 0)", ("stock", "cost"),
        ({"value_days": 5550.0, "days": 30.0}, 185)),
    Kpi("turnover", "Inventory turnover", "How often a year the stock is sold, at cost.", "times", "up",
        "cost of goods sold × 365 ÷ days ÷ average inventory", "known_cogs * 365 / nullif(value_days, 0)",
        ("stock", "cost", "sales", "sixty_days"), ({"known_cogs": 120_000.0, "value_days": 20_000.0 * 365}, 6)),
    Kpi("days_of_inventory", "Days of inventory (past)", "How many days of past sales the average stock would last.", "days", "down",
        "average inventory ÷ (cost of goods sold ÷ days)", "value_days / nullif(known_cogs, 0)", ("stock", "cost", "sales"),
        ({"known_cogs": 120_000.0, "value_days": 20_000.0 * 365}, 60.8333333333)),
    Kpi("days_of_cover", "Days of cover (ahead)", "How many days the stock of the last day lasts at the demand that is expected.", "days",
        "",
        "stock at cost ÷ expected demand of a day at cost", "closing_value / nullif(expected_daily_value, 0)",
        ("stock", "cost", "forecast", "expected"), ({"closing_value": 300.0, "expected_daily_value": 20.0}, 15)),
    Kpi("gmroi", "Gross margin return (GMROI)", "Gross profit a year for each unit of money in stock.", "times", "up",
        "(sales − cost of goods sold) × 365 ÷ days ÷ average inventory",
        "(known_costed_revenue - known_priced_cogs) * 365 / nullif(value_days, 0)",
        ("stock", "cost", "sales", "prices", "sixty_days"),
        ({"known_costed_revenue": 1_000_000.0, "known_priced_cogs": 700_000.0, "value_days": 100_000.0 * 365}, 3)),
    Kpi("sell_through", "Sell-through", "Share of what was there to sell that was sold, returns taken off.", "share", "up",
        "(sold − returned) ÷ (on hand at first + opening stock + received)",
        "(sold - returned) / nullif(opening_pieces + opened + received, 0)", ("stock", "sales"),
        ({"sold": 45.0, "returned": 5.0, "opening_pieces": 60.0, "opened": 0.0, "received": 40.0}, 0.4)),
    Kpi("dead_stock", "Dead stock", "Stock at cost that lay 180 days without a sale.", "money", "down",
        "stock at cost of items with 180 days in stock since their last sale, or since they first came", "dead_value", ("stock", "cost",
        "half_year"),
        ({"dead_value": 5.0}, 5)),
    Kpi("slow_stock", "Slow stock", "Stock at cost that lay 90 to 179 days without a sale.", "money", "down",
        "stock at cost of items with 90 to 179 days in stock since their last sale, or since they first came", "slow_value",
        ("stock", "cost", "quarter"), ({"slow_value": 5.0}, 5)),
    Kpi("carrying_cost", "Carrying cost", "What the average stock costs a year: capital, space and risk.", "money", "down",
        "average inventory × yearly rate", "value_days / nullif(days, 0) * carrying_rate", ("stock", "cost"),
        ({"value_days": 5550.0, "days": 30.0, "carrying_rate": 0.2}, 37)),
    Kpi("revenue", "Sales", "What was sold, returns taken off.", "money", "up", "pieces × price, less returns", "revenue", ("sales",
        "prices"),
        ({"revenue": 9.0}, 9)),
    Kpi("cogs", "Cost of goods sold", "What the goods sold had cost, returns taken off.", "money", "", "pieces × average cost of the day",
        "cogs", ("sales", "cost"), ({"cogs": 9.0}, 9)),
    Kpi("gross_margin", "Gross margin", "Share of sales that is left after what the goods cost.", "share", "up",
        "(sales − cost of goods sold) ÷ sales", "(costed_revenue - priced_cogs) / nullif(costed_revenue, 0)", ("sales", "prices", "cost"),
        ({"costed_revenue": 1_000_000.0, "priced_cogs": 700_000.0}, 0.3)),
    Kpi("purchases", "Purchases", "What was received, at cost.", "money", "", "pieces received × their cost", "paid", ("stock", "cost"),
        ({"paid": 9.0}, 9)),
    Kpi("stockout_rate", "Days without stock", "Share of days on which items in use had nothing to sell.", "share", "down",
        "item-days at zero ÷ item-days since each item's first", "out_days / nullif(item_days, 0)", ("stock",), (_OUT, 0.5)),
    Kpi("stockout_events", "Times sold out", "How often stock of an item came to an end.", "count", "down",
        "changes from above zero to zero",
        "ran_out", ("stock",), ({"ran_out": 2.0}, 2)),
    Kpi("ready_rate", "Ready rate", "Share of days on which items in use had something to sell.", "share", "up", "1 − days without stock",
        "1 - out_days / nullif(item_days, 0)", ("stock",), (_OUT, 0.5)),
    Kpi("fill_rate", "Fill rate", "Share of the pieces asked for that were there. What was not there to be sold is estimated.", "share",
        "up",
        "sold ÷ (sold + estimated lost), lost = sold a day with stock × days without", "served / nullif(demand, 0)",
        ("stock", "sales", "demand"), ({"served": 150.0, "demand": 300.0}, 0.5)),
    Kpi("cycle_service", "Cycle service level", "Share of order cycles, from one delivery of an item to the next, without a shortage.",
        "share",
        "up", "(cycles − cycles with a day at zero) ÷ cycles; cycles without demand count too", "1 - short_cycles / nullif(cycles, 0)",
        ("stock", "cycles"), ({"cycles": 20.0, "short_cycles": 1.0}, 0.95)),
    Kpi("lead_time", "Supplier lead time", "Days from order to receipt, each piece counting alike.", "days", "down",
        "sum of pieces × days ÷ pieces", "lead_days_pieces / nullif(lead_pieces, 0)", ("receipts",),
        ({"lead_days_pieces": 90.0, "lead_pieces": 10.0}, 9)),
    Kpi("lead_time_spread", "Spread of lead time", "How far lead times stray from their mean (standard deviation).", "days", "down",
        "√(mean of days² − (mean of days)²), each piece counting alike",
        "sqrt(greatest(lead_squares / nullif(lead_pieces, 0) - (lead_days_pieces / nullif(lead_pieces, 0)) ** 2, 0))", ("receipts",),
        ({"lead_squares": 850.0, "lead_days_pieces": 90.0, "lead_pieces": 10.0}, 2)),
    Kpi("record_accuracy", "Inventory accuracy", "Share of counted records that were right: A within 1 %, B 3 %, C 5 %.", "share", "up",
        "records within tolerance ÷ records counted; plus and minus are never netted", "accurate_records / nullif(counted_records, 0)",
        ("counts",), ({"accurate_records": 0.0, "counted_records": 2.0}, 0)),
    Kpi("value_accuracy", "Accuracy of value", "Share of the counted book value that was right.", "share", "up",
        "1 − sum of what each record was off × cost ÷ book × cost", "1 - counted_off / nullif(counted_book, 0)", ("counts", "cost"),
        ({"counted_off": 10.0, "counted_book": 200.0}, 0.95)),
    Kpi("shrinkage", "Shrinkage", "What was counted, adjusted or scrapped away, as a share of sales.", "share", "down",
        "losses at cost ÷ sales, of items with a cost and a price for every sale",
        "priced_lost / nullif(priced_sales, 0)", ("losses", "cost", "sales", "prices", "both"),
        ({"priced_lost": 10.0, "priced_sales": 500.0}, 0.02)),
    Kpi("net_shrinkage", "Shrinkage, net", "The same, with what was found taken off.", "share", "down",
        "(losses − finds) at cost ÷ sales, of the same items",
        "(priced_lost - priced_found) / nullif(priced_sales, 0)", ("losses", "cost", "sales", "prices", "both"),
        ({"priced_lost": 10.0, "priced_found": 4.0, "priced_sales": 500.0}, 0.012)),
    Kpi("write_offs", "Losses", "What was counted, adjusted or scrapped away, at cost.", "money", "down",
        "pieces × average cost of the day",
        "lost_value", ("losses", "cost"), ({"lost_value": 9.0}, 9)),
    Kpi("line_fill", "Line fill", "Share of ordered lines shipped complete from stock.", "share", "up",
        "lines shipped complete ÷ lines", UNKNOWN, ("customer_orders",)),
    Kpi("order_fill", "Order fill", "Share of customer orders shipped complete from stock.", "share", "up",
        "orders shipped complete ÷ orders", UNKNOWN, ("customer_orders",)),
    Kpi("otif", "On time, in full", "Share of orders due that came complete by the promised day; open ones past due count as failures.",
        "share", "up", "orders complete by the promised day ÷ orders due", UNKNOWN, ("customer_orders",)),
    Kpi("fulfilment_time", "Order fulfilment time", "Median days from order to shipment, open orders counted with their age.",
        "days", "down", "median of shipped − ordered", UNKNOWN, ("customer_orders",)),
)  # fmt: skip

BOOK = {kpi.name: kpi for kpi in KPIS}

"""What a supplier's unreliability costs: the safety stock that covers how far its lead times stray, beyond what steady ones would need.

    items(db, day) -> a row an item with a supplier whose lead times are known
    suppliers(db, day) -> the same, a row a supplier

Safety stock of a lead time that strays (σ_L) against one that never does, both at the lead time that proposals reckon with
(lead_times.learned: the item's own deliveries of a year first, then its supplier's): σ = √((L + R)σ_d² + d²σ_L²), kpis: lead time
demand. The quantiles are those that proposals are made of (reorder.levels).
"""

from datetime import date

import pandas as pd

from ims_core import bottlenecks, forecasting, lead_times, policy, reorder
from ims_core.db import Database
from ims_core.lead_times import ENOUGH, YEAR

FORMULA = (
    "safety stock at the real spread of lead time − safety stock if every delivery took the mean; × unit cost; × carrying rate a year; "
    "lead times as proposals have them"
)


def items(db: Database, day: date) -> pd.DataFrame:
    """Items of which ENOUGH deliveries taught how far lead times stray, the dearest extra stock first.

    item_id sku name supplier_id supplier lead_days spread (days) rate safety steady extra (pieces) unit_cost extra_value carrying (a year)
    """
    shop, until = policy.shop(db), forecasting.known_until(db, day)
    found = lead_times.learned(reorder.terms(db, day, shop), lead_times.delivered(db, day - YEAR, day))
    found = found[(found["deliveries"] >= ENOUGH) & found["supplier_id"].notna()].rename(columns={"lead_spread": "spread"})
    supply = found.rename(columns={"item_id": "unique_id", "spread": "lead_sd"})
    history, closed = reorder.asked(db, until)
    supply = reorder.in_open_days(supply, closed, until or day)
    real = reorder.levels(history, supply, shop.service, until or day).set_index("unique_id")
    steady = reorder.levels(history, supply.assign(lead_sd=0.0), shop.service, until or day).set_index("unique_id")
    told = pd.DataFrame({
        "rate": real["rate"], "safety": real["reorder_point"] - real["expected_demand"],
        "steady": steady["reorder_point"] - steady["expected_demand"], "extra": real["reorder_point"] - steady["reorder_point"],
    })  # fmt: skip
    found = found.merge(told, left_on="item_id", right_index=True)
    found = found.assign(extra_value=found["extra"] * found["unit_cost"])
    found = found.assign(carrying=found["extra_value"] * shop.carrying_rate)
    return found.sort_values("extra_value", ascending=False, ignore_index=True)[[
        "item_id", "sku", "name", "supplier_id", "supplier", "lead_days", "spread", "rate", "safety", "steady", "extra", "unit_cost",
        "extra_value", "carrying",
    ]]  # fmt: skip


def suppliers(db: Database, day: date) -> pd.DataFrame:
    """bottlenecks.suppliers of a year, with what their unreliability costs: extra (pieces) extra_value carrying (a year), uncosted (items).

    Empty where fewer than ENOUGH deliveries taught anything, or it is nobody's first choice. The dearest first.
    """
    led = bottlenecks.suppliers(db, day - YEAR, day)
    each = items(db, day).assign(uncosted=lambda found: found["unit_cost"].isna() & (found["extra"] > 0))
    sums = each.groupby("supplier_id", as_index=False)[["extra", "extra_value", "carrying", "uncosted"]].sum()
    found = led.merge(sums, on="supplier_id", how="left")
    return found.sort_values(["extra_value", "late_days"], ascending=False, ignore_index=True)

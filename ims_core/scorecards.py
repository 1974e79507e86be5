"""What a supplier's unreliability costs: the safety stock that covers how far its lead times stray, beyond what steady ones would need.

    items(db, day) -> a row an item with a supplier whose lead times are known
    suppliers(db, day) -> the same, a row a supplier

Safety stock of a lead time that strays (σ_L) against one that never does, both at the mean lead time that the deliveries of a year
showed: σ = √((L + R)σ_d² + d²σ_L²), kpis: lead time demand. The quantiles are those that proposals are made of (reorder.levels).
"""

from datetime import date

import pandas as pd

from ims_core import bottlenecks, forecasting, policy, reorder
from ims_core.db import Database
from ims_core.lead_times import ENOUGH, YEAR

FORMULA = "safety stock at the real spread of lead time − safety stock if every delivery took the mean; × unit cost; × carrying rate a year"


def items(db: Database, day: date) -> pd.DataFrame:
    """Items whose preferred supplier made ENOUGH deliveries, the dearest extra stock first.

    item_id sku name supplier_id supplier lead_days spread (days) rate safety steady extra (pieces) unit_cost extra_value carrying (a year)
    """
    return _items(db, day, bottlenecks.suppliers(db, day - YEAR, day))


def _items(db: Database, day: date, led: pd.DataFrame) -> pd.DataFrame:
    """led: bottlenecks.suppliers of the year."""
    shop, until = policy.shop(db), forecasting.known_until(db, day)
    led = led[(led["deliveries"] >= ENOUGH) & led["supplier_id"].notna()][["supplier_id", "real", "spread"]]
    found = reorder.terms(db, day, shop).drop(columns="lead_days").merge(led, on="supplier_id")
    supply = found.rename(columns={"item_id": "unique_id", "real": "lead_days", "spread": "lead_sd"})
    history, closed = reorder.asked(db, until)
    supply = reorder.in_open_days(supply, closed, until or day)
    real = reorder.levels(history, supply, shop.service, until or day).set_index("unique_id")
    steady = reorder.levels(history, supply.assign(lead_sd=0.0), shop.service, until or day).set_index("unique_id")
    told = pd.DataFrame({
        "rate": real["rate"], "safety": real["reorder_point"] - real["expected_demand"],
        "steady": steady["reorder_point"] - steady["expected_demand"], "extra": real["reorder_point"] - steady["reorder_point"],
    })  # fmt: skip
    found = found.merge(told, left_on="item_id", right_index=True)
    found = found.assign(lead_days=found["real"], extra_value=found["extra"] * found["unit_cost"])
    found = found.assign(carrying=found["extra_value"] * shop.carrying_rate)
    return found.sort_values("extra_value", ascending=False, ignore_index=True)[[
        "item_id", "sku", "name", "supplier_id", "supplier", "lead_days", "spread", "rate", "safety", "steady", "extra", "unit_cost",
        "extra_value", "carrying",
    ]]  # fmt: skip


def suppliers(db: Database, day: date) -> pd.DataFrame:
    """bottlenecks.suppliers of a year, with what their unreliability costs: extra (pieces) extra_value carrying (a year), uncosted (items).

    Empty where a supplier made fewer than ENOUGH deliveries or is nobody's first choice. The dearest first.
    """
    led = bottlenecks.suppliers(db, day - YEAR, day)
    each = _items(db, day, led).assign(uncosted=lambda found: found["unit_cost"].isna() & (found["extra"] > 0))
    sums = each.groupby("supplier_id", as_index=False)[["extra", "extra_value", "carrying", "uncosted"]].sum()
    found = led.merge(sums, on="supplier_id", how="left")
    return found.sort_values(["extra_value", "late_days"], ascending=False, ignore_index=True)

"""Purchase orders of which nothing more will come."""

from datetime import date

import pytest

from ims_core import alerts, ledger, orders, people
from ims_core.errors import Refused
from tests.builders import Shop
from tests.test_bottlenecks import comes, order

DAY = date(2026, 6, 1)


def test_a_closed_order_is_late_and_on_order_no_more_until_that_is_undone(shop: Shop) -> None:
    tea, north = shop.item("TEA"), shop.supplier("North", lead_days=6)
    old = order(shop, north, {tea: 10}, date(2016, 3, 1), date(2016, 3, 7))
    comes(shop, old, tea, 4, date(2016, 3, 8))
    new = order(shop, north, {tea: 7}, date(2026, 5, 1), date(2026, 5, 8))
    change = orders.close(shop.db, people.LOCAL, [old], DAY)
    assert alerts.late(shop.db, DAY)["order_id"].tolist() == [new]
    assert ledger.overview(shop.db, DAY)["on_order"].tolist() == [7]
    assert ledger.change(shop.db, change)["what"] == "Closed order PO 1: nothing more will come"
    with pytest.raises(Refused, match="Load the page again"):
        orders.close(shop.db, people.LOCAL, [old, new], DAY)
    ledger.undo(shop.db, people.LOCAL, change)
    assert ledger.overview(shop.db, DAY)["on_order"].tolist() == [13]

from datetime import date, timedelta

import numpy as np

from ims_core import classes
from tests.builders import Shop


def test_an_item_that_strays_a_little_over_the_border_keeps_its_class() -> None:
    before = classes.letters(np.array([70.0, 20, 6, 4]))
    assert before.tolist() == ["A", "A", "B", "C"]
    shares = np.array([81.0, 9, 6, 4])  # the second begins at 81 %: a B by the plain cut
    assert classes.letters(shares).tolist() == ["A", "B", "B", "C"]
    assert classes.letters(shares, before).tolist() == ["A", "A", "B", "C"]
    assert classes.letters(np.array([85.0, 6, 5, 4]), before).tolist() == ["A", "B", "B", "C"]


def test_classes_do_not_flip_from_month_to_month() -> None:
    wobble = [81.0 if month % 2 else 79.0 for month in range(24)]
    usage = np.array([wobble, [99.0 - share for share in wobble], [1.0] * 24])
    seen = {tuple(classes.kept_letters(usage[:, :months])) for months in range(12, 25)}
    assert len(seen) == 1


def test_a_season_is_not_unevenness() -> None:
    season = np.array([[10.0 * (1 + month) for month in range(12)] * 2])
    months = np.array([1 + month % 12 for month in range(24)])
    category = np.zeros(1, np.int64)
    assert classes.evenness(season, category, months)[0] < 1e-9
    assert classes.evenness(season[:, :12], category, months[:12])[0] > 0.5
    assert np.isnan(classes.evenness(season[:, :5], category, months[:5]))[0]


def test_items_are_classed_by_what_they_bring_and_how_they_sell(shop: Shop) -> None:
    often, seldom = shop.item("OFTEN", cost=10), shop.item("SELDOM", cost=1)
    never = shop.item("NEVER", cost=1)
    for week in range(40):
        shop.move("sale", often, 5, date(2025, 8, 4) + timedelta(weeks=week))
    for week in range(0, 40, 8):
        shop.move("sale", seldom, 1, date(2025, 8, 4) + timedelta(weeks=week))
    found = classes.of_items(shop.db, date(2026, 5, 10)).set_index("item_id")
    assert found.loc[[often, seldom, never], "abc"].tolist() == ["A", "C", "C"]
    assert found.loc[[often, seldom, never], "kind"].tolist() == ["smooth", "intermittent", "new"]
    assert found.loc[[often, seldom, never], "xyz"].tolist() == ["X", "", ""]

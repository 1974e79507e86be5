"""What people type stands on every screen as they typed it, whatever signs it has; and what is no name or amount is refused."""

from datetime import timedelta

import pytest

from ims_core import items, people, policy, suppliers
from ims_core.errors import Refused
from ims_core.web import doing
from tests.builders import Shop
from tests.test_pages import opened

SIGNS = "**b** _i_ ~~s~~ `c` [x](http://y) $x^2$ :red[z] <b>h</b> \N{HEBREW LETTER ALEF}"
READ_AS_MARKDOWN = (
    *("title", "header", "subheader", "markdown", "caption", "error", "warning", "info", "success", "metric"),
    *("button", "checkbox", "toggle", "expander", "number_input", "text_input", "selectbox"),
)
TYPED = ("selectbox", "text_input", "number_input")
"""Whose value is text as it is; their label is markdown."""


def test_no_sign_in_a_name_is_read_as_markdown(on_disk: Shop) -> None:
    today = doing.today()
    policy.set_shop(on_disk.db, people.LOCAL, currency="$*x*$")
    item = on_disk.item(f"C {SIGNS}", name=SIGNS, category=SIGNS, cost=2, price=5)
    on_disk.supplier(SIGNS, lead_days=7, min_order=10_000)
    suppliers.save_terms(on_disk.db, people.LOCAL, [{"item_id": item, "supplier_id": 1, "cost": 2, "preferred": True}])
    on_disk.place(SIGNS)
    on_disk.move("receipt", item, 30, day=today - timedelta(days=60), place=SIGNS)
    for ago in range(0, 56, 4):  # more leaves than came: estimated, and sold out
        on_disk.move("sale", item, 3, day=today - timedelta(days=ago), place=SIGNS, unit_price=5)
    for page in ("today", "item", "reorders", "quality", "settings"):
        screen = opened(page, item=str(item))
        assert not screen.exception, page
        assert not screen.error, page
        found = [(kind, each) for kind in READ_AS_MARKDOWN for each in getattr(screen, kind)]
        shown = [
            str(getattr(each, part, "")) for kind, each in found for part in ("value", "label") if part == "label" or kind not in TYPED
        ]
        assert [text for text in shown if "**b**" in text or "$x^2$" in text or "$*x*$" in text] == [], page


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        ({"sku": "\u200b", "name": "Kettle"}, "has no code"),
        ({"sku": "K", "name": "\u202e\x00"}, "has no name"),
        ({"sku": "K", "name": "Kettle", "cost": 1e308}, "slip of the keyboard"),
        ({"sku": "K", "name": "Kettle", "price": "12,50"}, "must be a number"),
        ({"sku": "K", "name": "Kettle", "price": -1}, "cannot be negative"),
    ],
)
def test_what_is_no_name_or_amount_is_refused(shop: Shop, edit: dict[str, object], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        items.save(shop.db, people.LOCAL, [edit])


def test_a_code_that_nobody_sees_and_what_has_no_end_or_stands_there_already_are_refused(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    with pytest.raises(Refused, match="barcode is empty"):
        items.link_barcode(shop.db, people.LOCAL, kettle, "\u200b")
    with pytest.raises(Refused, match="There is a place called Shop already"):
        shop.place("shop ")
    with pytest.raises(Refused, match="slip of the keyboard"):
        shop.supplier("Nordlicht", lead_days=1e9)
    with pytest.raises(Refused, match="no time zone"):
        policy.set_shop(shop.db, people.LOCAL, timezone="localtime")  # machines list it, the database does not know it
    with pytest.raises(Refused, match="8 are the most"):
        policy.set_shop(shop.db, people.LOCAL, currency="thalers of the land")

"""The labels page: what is chosen, what it will look like, and what is downloaded."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ims_core import items, people, stickers
from tests.builders import Shop
from tests.test_pages import field, opened, said

KETTLE = "4006381333931"


@pytest.fixture
def shelf(on_disk: Shop) -> Shop:
    """A kettle with two barcodes, of one and of a crate, twelve on hand; a mug without any; a cellar."""
    kettle = on_disk.item("KETTLE", name="Kettle", price=19)
    items.link_barcode(on_disk.db, people.LOCAL, kettle, "14006381333938", 12)
    items.link_barcode(on_disk.db, people.LOCAL, kettle, KETTLE)
    on_disk.item("MUG", name="Mug")
    on_disk.place("Cellar")
    on_disk.move("receipt", kettle, 12)
    return on_disk


def chosen(screen: AppTest, label: str, choice: Any) -> AppTest:
    field(screen.selectbox, label).set_value(choice)
    return screen.run()


def test_all_that_is_shown_gets_a_label_until_rows_are_ticked(shelf: Shop) -> None:
    assert "2 labels on 1 sheet**, for all that are shown" in said(opened("labels"))
    assert "1 label on 1 sheet" in said(opened("labels", find="kettle"))


def test_a_label_says_the_barcode_of_one_piece_and_not_of_the_crate(shelf: Shop) -> None:
    found = items.printed(shelf.db).set_index("sku")["barcode"]
    assert found["KETTLE"] == KETTLE
    assert found.isna()["MUG"]


def test_as_many_as_on_hand_are_as_many_as_on_hand(shelf: Shop) -> None:
    assert "12 labels on 1 sheet" in said(chosen(opened("labels"), "How many", "on_hand"))


def test_the_first_free_label_and_the_sheet_decide_how_many_sheets(shelf: Shop) -> None:
    screen = opened("labels")
    field(screen.number_input, "Labels of each").set_value(12).run()
    assert "24 labels on 1 sheet" in said(screen)
    field(screen.number_input, "First free label of the sheet").set_value(2).run()
    assert "24 labels on 2 sheets" in said(screen)
    screen = chosen(screen, "Printed on", "Label printer, 57 × 32 mm")
    assert "First free label of the sheet" not in [found.label for found in screen.number_input]
    assert not screen.exception


def test_places_get_labels_too(shelf: Shop) -> None:
    screen = opened("labels")
    screen = screen.button_group(key="of").set_value("places").run()
    assert "2 labels on 1 sheet" in said(screen)  # the cellar and the shop
    assert [found.label for found in screen.selectbox] == ["Printed on"]
    assert not screen.toggle  # a place has no price
    assert not screen.exception


def test_what_cannot_be_printed_says_why_instead_of_a_picture(shelf: Shop) -> None:
    screen = chosen(opened("labels", find="mug"), "How many", "on_hand")
    assert "There is nothing to print" in said(screen)
    screen = opened("labels")
    field(screen.number_input, "Labels of each").set_value(500).run()
    for number in range(5):
        shelf.item(f"CUP{number}", name=f"Cup {number}")
    assert "2,000 are the most at once" in said(screen.run())


def test_words_that_fit_nothing_say_so(shelf: Shop) -> None:
    assert "Nothing fits these words" in said(opened("labels", find="teapot"))


def test_the_picture_shows_the_first_sheet_only() -> None:
    many = [stickers.of_item(1, "Kettle", "K", KETTLE, copies=100)]
    sheet = stickers.SHEETS["A4, 3×8, 66 × 33.8 mm (Herma 4670)"]
    picture = stickers.preview(many, sheet, wide=600)
    assert picture.width == 600
    assert picture.height / picture.width == pytest.approx(297 / 210, rel=0.01)
    assert stickers.sheets(many, sheet, first=22) == 6

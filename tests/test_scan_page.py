"""The scan page: what beeps become on the screen, what waits for a word, and what is never posted twice."""

import io
from itertools import count
from typing import Any

import numpy as np
import pytest
import zxingcpp
from PIL import Image
from streamlit.testing.v1 import AppTest

from ims_core import items, people
from ims_core.web import pictures, sign_in
from tests.builders import CRATE, WATER, Shop
from tests.test_pages import button, field, opened, said


@pytest.fixture
def bar(on_disk: Shop) -> Shop:
    """Water in bottles and crates of twelve, and a cellar."""
    on_disk.water("Water")
    return on_disk


class Scanner:
    """What the browser's part of the scanner sends: a list that grows."""

    def __init__(self, screen: AppTest, mode: str) -> None:
        self.screen, self.mode, self.number, self.lines = screen, mode, count(1), list[dict[str, Any]]()

    def beep(self, *codes: str, turn: int = 0, **now: Any) -> AppTest:
        for code in codes:
            number = next(self.number)
            self.lines.append({"key": f"page-{number}", "number": number, "code": code, "mode": self.mode, "turn": turn, **now})
        return self.again()

    def again(self) -> AppTest:
        self.screen.session_state["scanner"] = {"reads": self.lines}
        return self.screen.run()


def scanner(mode: str) -> Scanner:
    return Scanner(opened("scan", mode=mode), mode)


def test_beeps_are_posted_each_once_also_when_the_browser_sends_them_again(bar: Shop) -> None:
    hand = scanner("receive")
    screen = hand.beep(WATER, WATER, place="Cellar")
    assert "+1 Water to Cellar" in said(screen)
    assert "2 in Cellar" in said(screen)
    hand.again()
    fresh = Scanner(opened("scan", mode="receive"), "receive")  # a new session, to which the browser sends what it still has
    fresh.lines = hand.lines
    assert not fresh.again().exception
    assert bar.on_hand("WATER") == 2


def test_a_pack_waits_for_yes_and_says_what_it_will_do_as_its_number_changes(bar: Shop) -> None:
    screen = scanner("receive").beep(CRATE)
    assert "+12 Water to Shop, 1 × 12" in said(screen)
    assert bar.on_hand("WATER") == 0
    field(screen.number_input, "How many times 12").set_value(3).run()
    assert "+36 Water to Shop, 3 × 12" in said(screen)
    button(screen, "Post").click().run()
    assert bar.on_hand("WATER") == 36


def test_what_comes_of_an_item_with_lots_says_its_lot(bar: Shop) -> None:
    bar.move("receipt", 1, 5, lot="B1")
    screen = scanner("receive").beep(WATER)
    assert "Which lot? Water is kept by lots." in said(screen)
    field(screen.text_input, "Lot").set_value("B2").run()
    assert "Which lot?" not in said(screen)
    button(screen, "Post").click().run()
    assert bar.db.rows("select lot, sum(qty)::int from movements group by lot order by lot") == [("B1", 5), ("B2", 1)]


def test_what_is_dropped_is_not_posted(bar: Shop) -> None:
    screen = scanner("receive").beep(CRATE)
    button(screen, "Drop").click().run()
    assert bar.on_hand("WATER") == 0
    assert "1 × 12" not in said(screen)


def test_one_more_and_undo_are_one_touch_each(bar: Shop) -> None:
    screen = scanner("receive").beep(WATER)
    button(screen, "One more").click().run()
    assert bar.on_hand("WATER") == 2
    button(screen, "Undo").click().run()
    assert bar.on_hand("WATER") == 1
    assert "Undone: +1 Water to Shop" in said(screen)


def test_three_of_them_are_typed_as_on_a_till(bar: Shop) -> None:
    scanner("receive").beep(f"3*{WATER}")
    assert bar.on_hand("WATER") == 3


def test_an_unknown_code_is_linked_to_an_item_and_then_posted(bar: Shop) -> None:
    screen = scanner("receive").beep("24006381333935")
    assert "24006381333935 is not known here" in said(screen)
    assert "Perhaps Water: a packing of 4006381333931" in said(screen)
    field(screen.number_input, "Pieces it stands for").set_value(6)
    button(screen, "Link and go on").click().run()
    assert bar.on_hand("WATER") == 6


def test_an_unknown_code_becomes_a_new_item(bar: Shop) -> None:
    screen = scanner("receive").beep("96385074")
    field(screen.text_input, "Name").set_value("Tea")
    field(screen.text_input, "Item code").set_value("TEA")
    button(screen, "Make it and go on").click().run()
    assert bar.on_hand("TEA") == 1


def test_a_code_with_a_wrong_check_digit_is_not_offered_to_be_linked(bar: Shop) -> None:
    screen = scanner("receive").beep("4006381333913")
    assert "check digit" in said(screen)
    assert "Link and go on" not in [found.label for found in screen.button]
    button(screen, "Drop").click().run()
    screen = scanner("receive").beep("ims:place:Attic")  # a label of a place that is no more
    assert "no place called Attic" in said(screen).replace("\\", "")
    assert "Link and go on" not in [found.label for found in screen.button]
    button(screen, "Drop").click().run()
    assert "Attic" not in said(screen)


def test_in_a_move_a_scanned_place_is_where_the_next_items_go(bar: Shop) -> None:
    bar.move("receipt", 1, 10)
    hand = scanner("move")
    screen = hand.beep(WATER)
    assert "Where to" in said(screen)
    screen = hand.beep("ims:place:Cellar", WATER, WATER)  # faster than the browser hears of the place
    assert "1 Water from Shop to Cellar" in said(screen)
    assert field(screen.selectbox, "To").value == "Cellar"
    stock = bar.db.rows("select place, on_hand from stock order by place")
    assert [(place, int(pieces)) for place, pieces in stock] == [("Cellar", 2), ("Shop", 8)]


def test_a_count_adds_up_beep_by_beep_and_is_booked_as_one(bar: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    bar.move("receipt", 1, 20, unit_cost=90)
    screen = scanner("count").beep(WATER, WATER, CRATE, place="Shop")
    assert "14 Water counted in Shop" in said(screen)
    with monkeypatch.context() as staff:
        staff.setattr(sign_in, "person", lambda db: people.Person("Stefan", "staff"))
        button(screen, "Book 1 count").click().run()
    assert "a manager books it" in said(screen)  # and what was counted waits for one
    assert bar.on_hand("WATER") == 20
    button(screen, "Book 1 count").click().run()
    assert bar.on_hand("WATER") == 14
    assert bar.db.scalar("select count(*) from counts") == 1


def test_looking_up_posts_nothing(bar: Shop) -> None:
    bar.move("receipt", 1, 4)
    before = bar.db.version
    assert "Water: 4 in Shop" in said(scanner("look").beep(WATER))
    assert bar.db.version == before


@pytest.mark.parametrize("line", [{}, {"key": "x", "code": None, "mode": 7}, {"key": 5, "code": {"a": 1}, "qty": "many", "order_id": "x"}])
def test_whatever_a_browser_sends_ends_as_a_sentence(bar: Shop, line: dict[str, Any]) -> None:
    hand = scanner("sell")
    hand.lines = [line]
    assert not hand.again().exception
    assert bar.db.scalar("select count(*) from movements") == 0


# -- pictures


def picture(*codes: str) -> Any:
    """A photo of EAN codes, one below the other."""
    images = [np.asarray(zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.EAN13).to_image(scale=4)) for code in codes]
    return np.vstack([np.pad(image, 40, constant_values=255) for image in images])


def jpeg(pixels: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG")
    return out.getvalue()


def test_each_code_of_a_photo_is_posted_once_though_the_page_is_drawn_again(bar: Shop) -> None:
    tea = bar.item("TEA", name="Tea")
    items.link_barcode(bar.db, people.LOCAL, tea, "4012345678901")
    screen = opened("scan", mode="receive")
    screen.session_state["scan-way"] = "photo"
    screen.run()
    screen.file_uploader[0].upload("shelf.jpg", jpeg(picture(WATER, "4012345678901")))
    screen.run().run()
    assert "2 codes on shelf.jpg" in said(screen)
    assert (bar.on_hand("WATER"), bar.on_hand("TEA")) == (1, 1)


def test_a_photo_without_a_code_says_what_helps(bar: Shop) -> None:
    screen = opened("scan", mode="receive")
    screen.session_state["scan-way"] = "photo"
    screen.run()
    screen.file_uploader[0].upload("cat.jpg", jpeg(np.full((300, 300), 90, np.uint8)))
    assert "No code was found on cat.jpg" in said(screen.run())


def test_a_code_that_stays_under_the_camera_is_told_once() -> None:
    told: list[str] = []
    stream = pictures.Stream(2, told.append)
    for _ in range(4):
        stream.look(picture(WATER))
    assert told == [WATER]

"""Counting on the screen: staff count, a manager books."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from ims_core import audit, tallies
from ims_core.people import Person
from ims_core.web import doing, sign_in
from tests.builders import Shop
from tests.test_pages import button, field, opened, said


@pytest.fixture
def shelf(on_disk: Shop) -> Iterator[Shop]:
    """A kettle (40 at 8) and a mug (10 at 2), staff and a manager."""
    for sku, pieces, cost in (("KETTLE", 40, 8), ("MUG", 10, 2)):
        on_disk.move("receipt", on_disk.item(sku, cost=cost), pieces, day=doing.today())
    yield on_disk
    assert audit.check(on_disk.db)["ok"].all()


def type_in(screen: AppTest, **pieces: float) -> None:
    """Whatever line is shown next, so many stand there."""
    while screen.number_input and (name := next((name for name in pieces if f"### {name}" in said(screen)), None)):
        field(screen.number_input, "How many stand there?").set_value(pieces[name])
        button(screen, "Next").click().run()


def test_staff_count_a_sheet_and_a_manager_books_it(shelf: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    here = [Person("Stefan", "staff")]
    monkeypatch.setattr(sign_in, "person", lambda db: here[0])
    screen = opened("count")
    button(screen, "Open the sheet").click().run()
    screen = opened("count", sheet="1")
    type_in(screen, Kettle=5, Mug=9)
    assert "in the book" not in said(screen)
    button(screen, "Counting is finished").click().run()
    assert "Second count: 2 of 2 lines" in said(screen)
    here[0] = Person("Martha", "manager")
    assert "in the book" not in said(opened("count", sheet="1"))  # a second count that saw the first is none
    here[0] = Person("Stefan", "staff")
    type_in(screen, Kettle=5, Mug=9)
    assert "a manager books them" in said(screen)
    assert "Nothing is lost" in said(screen)
    assert not [found for found in screen.button if "ook 2 lines" in found.label]
    here[0] = Person("Martha", "manager")
    screen = opened("count", sheet="1")
    button(screen, "Approve and book 2 lines").click().run()
    assert not screen.exception
    assert (shelf.on_hand("KETTLE"), shelf.on_hand("MUG")) == (5, 9)
    assert tallies.one(shelf.db, 1)["step"] == "booked"
    assert shelf.db.scalar("select who from changes order by change_id desc limit 1") == "Martha"

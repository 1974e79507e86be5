"""Ask and do, and the small words that pages speak."""

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from ims_core import items, ledger, people, policy
from ims_core.web import doing, grids, tables
from tests.builders import Shop


@pytest.fixture
def working(on_disk: Shop) -> Shop:
    """A shop with 36 kettles."""
    on_disk.move("receipt", on_disk.item("KETTLE"), 36)
    return on_disk


def test_the_same_act_twice_is_one_act(working: Shop) -> None:
    def twice() -> None:
        import streamlit as st

        from ims_core import ledger as book
        from ims_core.web import doing as here

        key, entry = here.act("record"), book.Record("receipt", 1, 5, "Shop", here.today())
        if not st.session_state.get("clicked"):
            st.session_state["clicked"] = True
            book.record(here.db(), here.who(), entry, key=key)  # the first click, whose answer never reached the screen
            here.do(book.record, entry, key=key, done="Recorded.")

    assert not AppTest.from_function(twice).run().exception
    assert working.on_hand("KETTLE") == 41


def test_long_work_is_not_begun_twice(working: Shop) -> None:
    def impatient() -> None:
        from ims_core import demo
        from ims_core.web import doing as here

        here.memory()["at_work"] = (0.4, "Opening the sample shop: reading sales.csv")
        here.do(demo.open_sample, working="Opening the sample shop", done="Open.")

    screen = AppTest.from_function(impatient).run()
    assert "Opening the sample shop is still at work" in screen.error[0].value


def test_edits_carry_the_number_of_their_row_and_nothing_else_unchanged() -> None:
    base = pd.DataFrame({"item_id": [7, 8], "name": ["Kettle", "Mug"]})
    typed = {"edited_rows": {1: {"name": "Cup"}, 0: {}}, "added_rows": [{"name": "Jug"}, {"active": True}, {"name": None}]}
    assert grids.edits(base, typed, ["item_id"]) == [{"name": "Cup", "item_id": 8}, {"name": "Jug"}]


def test_what_is_typed_over_a_known_row_can_be_saved(working: Shop) -> None:
    typed = {"edited_rows": {0: {"cost": 9.5}}}
    base = items.catalogue(working.db)
    number = int(base["item_id"][0])
    items.save(working.db, people.LOCAL, grids.edits(base, typed, ["item_id"]))
    assert working.db.scalar("select cost::double from items where item_id = ?", [number]) == 9.5


def test_an_answer_is_kept_until_the_next_change(working: Shop) -> None:
    asked = []

    def question(db: object) -> int:
        asked.append(db)
        return len(asked)

    assert [doing.ask(question), doing.ask(question)] == [1, 1]
    policy.set_shop(working.db, people.LOCAL, currency="$")
    assert doing.ask(question) == 2


def test_an_answer_may_be_changed_by_who_asked_for_it(working: Shop) -> None:
    doing.ask(ledger.on_hand)["on_hand"] = 0
    assert doing.ask(ledger.on_hand)["on_hand"].sum() == 36


def test_text_of_users_is_shown_as_it_is() -> None:
    assert doing.plain("![x](http://a.b) :red[y] $z$ <b>") == r"\!\[x\]\(http\://a\.b\) \:red\[y\] \$z\$ \<b\>"


def test_every_word_must_be_found_somewhere() -> None:
    frame = pd.DataFrame({"name": ["Blue kettle", "Red kettle", None], "sku": ["K1", "K2", "K3"]})
    assert list(tables.matching(frame, "kettle k2", ["name", "sku"])["sku"]) == ["K2"]
    assert list(tables.matching(frame, " ", ["name", "sku"])["sku"]) == ["K1", "K2", "K3"]

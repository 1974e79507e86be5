"""What was asked once is not worked out again until something changes."""

import threading
from dataclasses import dataclass

import pandas as pd
import pytest

from ims_core.errors import Refused
from ims_core.web.answers import Answers


@pytest.fixture
def answers() -> Answers:
    """Room for some frames."""
    return Answers(100_000)


def test_two_who_ask_at_once_wait_for_one_answer(answers: Answers) -> None:
    begun, go_on = threading.Event(), threading.Event()
    asked, heard = [], []

    def slow() -> str:
        asked.append(1)
        begun.set()
        go_on.wait(10)
        return "412 items"

    people = [threading.Thread(target=lambda: heard.append(answers.get(1, "stock", slow))) for _ in range(2)]
    people[0].start()
    begun.wait(10)
    people[1].start()
    assert not answers.known(1, "stock")
    go_on.set()
    for person in people:
        person.join(10)
    assert (len(asked), heard) == (1, ["412 items"] * 2)


def test_the_next_change_forgets_what_was_known(answers: Answers) -> None:
    answers.get(1, "stock", lambda: 36)
    assert answers.known(1, "stock")
    assert not answers.known(2, "stock")
    assert answers.get(2, "stock", lambda: 35) == 35


def test_a_refusal_is_told_and_not_kept(answers: Answers) -> None:
    def refused() -> int:
        raise Refused("There is no item number 7.")

    with pytest.raises(Refused):
        answers.get(1, "item 7", refused)
    assert answers.get(1, "item 7", lambda: 7) == 7


def test_what_was_asked_for_longest_ago_makes_room(answers: Answers) -> None:
    big = pd.DataFrame({"qty": range(5_000)})  # 40,000 bytes
    for name in ("stock", "items"):
        answers.get(1, name, lambda: big)
    answers.get(1, "stock", lambda: big)
    answers.get(1, "movements", lambda: big)
    assert [answers.known(1, name) for name in ("stock", "items", "movements")] == [True, False, True]


def test_who_asks_may_change_the_answer(answers: Answers) -> None:
    mine = answers.get(1, "stock", lambda: pd.DataFrame({"on_hand": [36]}))
    mine.loc[0, "on_hand"] = 0
    assert answers.get(1, "stock", list)["on_hand"].tolist() == [36]


def test_what_holds_several_parts_is_one_for_all_and_makes_room_with_them(answers: Answers) -> None:
    @dataclass(frozen=True)
    class Orders:
        lines: pd.DataFrame

    orders = Orders(pd.DataFrame({"qty": range(10_000)}))  # 80,000 bytes
    assert answers.get(1, "orders", lambda: orders) is orders
    answers.get(1, "stock", lambda: pd.DataFrame({"qty": range(5_000)}))
    assert not answers.known(1, "orders")

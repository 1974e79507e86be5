from datetime import date

import pandas as pd

from ims_core import charts


def history(*levels: tuple[date, float]) -> pd.DataFrame:
    return pd.DataFrame(levels, columns=["day", "on_hand"])


def test_stock_is_drawn_as_steps_up_to_the_day_in_view() -> None:
    figure = charts.stock_history(history((date(2026, 5, 1), 10), (date(2026, 5, 3), 4)), date(2026, 5, 9))
    line = figure.data[0]
    assert line.line.shape == "hv"
    assert [str(day)[:10] for day in line.x] == ["2026-05-01", "2026-05-03", "2026-05-09"]
    assert list(line.y) == [10, 4, 4]
    assert figure.layout.annotations[0].text == "<b>4</b> now"


def test_what_is_below_zero_is_marked() -> None:
    figure = charts.stock_history(history((date(2026, 5, 1), 3), (date(2026, 5, 3), -2)), date(2026, 5, 3))
    assert [list(part.y) for part in figure.data] == [[3, -2], [0, -2]]
    assert len(charts.stock_history(history((date(2026, 5, 1), 3)), date(2026, 5, 3)).data) == 1


def test_a_picture_of_nothing_is_empty_and_no_error() -> None:
    assert len(charts.stock_history(history(), date(2026, 5, 3)).data[0].x) == 0


def test_the_picture_in_words() -> None:
    moved = history((date(2026, 5, 1), 3), (date(2026, 5, 3), -2), (date(2026, 5, 4), 7))
    assert charts.stock_history_alt("Kettle", moved, date(2026, 5, 9)) == (
        "Stock of Kettle since 1 May 2026: 7 on 9 May 2026, lowest -2 on 3 May 2026."
    )
    assert charts.stock_history_alt("Kettle", history(), date(2026, 5, 9)) == "Stock of Kettle: no movement yet."


def test_a_fan_has_a_band_for_each_pair_of_quantiles_and_the_expectation() -> None:
    asked = pd.DataFrame({"ds": pd.to_datetime(["2026-05-04", "2026-05-11"]), "y": [3.0, 4.0]})
    comes = pd.DataFrame({"ds": pd.to_datetime(["2026-05-18"]), "mean": [4.0], "q05": [1.0], "q25": [3.0], "q75": [5.0], "q95": [8.0]})
    figure = charts.fan(asked, comes)
    assert [list(part.y) for part in figure.data] == [[3.0, 4.0], [8.0], [1.0], [5.0], [3.0], [4.0]]


def test_the_words_at_the_end_of_a_line_have_room_and_those_of_a_late_day_stand_before_it() -> None:
    long = charts.stock_history(history((date(2026, 5, 1), 1_234_567)), date(2026, 5, 9))
    assert long.layout.margin.r > 8 * len("1,234,567 now")
    comes = pd.DataFrame({"ds": pd.to_datetime(["2026-05-18", "2026-05-25"]), "mean": [4.0, 4.0], "q05": [1.0, 1.0], "q95": [8.0, 8.0]})
    asked = pd.DataFrame({"ds": pd.to_datetime(["2026-05-04", "2026-05-11"]), "y": [3.0, 4.0]})
    words = {note.text: note.xanchor for note in charts.fan(asked, comes, gone=date(2026, 5, 22)).layout.annotations}
    assert words["stock gone 22 May 2026"] == "right"

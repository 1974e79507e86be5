import numpy as np
import streamlit as st

from ims_core import headlines, items, labels, quality, scores
from ims_core.web import closed, ui

make = st.column_config
ICONS = {"item": "category", "line": "rule", "day": "event_busy", "file": "upload_file"}
WAYS = {"stock": "Show them", "count": "Count", "items": "Mend", "item": "Open it", "analysis": "Prices", "movements": "Movements",
        "suppliers": "Suppliers", "upload": "Upload"}  # fmt: skip

today, sign = ui.today(), ui.shop().currency
if not ui.ask(items.any_yet):
    ui.page("Quality")
    says = "Here stands what in your data is doubtful, and how much money rests on it. Nothing is known yet: drop the files you have."
    ui.empty(says, "Drop your files", "upload", icon="rule")
    st.stop()

head = st.container()
with ui.waiting("Looking through the books"):
    seen = ui.ask(quality.of_shop, today)
with head:
    ui.page("Quality", f"{seen.says(sign)} {ui.ask(headlines.sales_known, today)}")


def findings() -> None:
    """What to fix next: a line each, with its money, the items behind it and the way to where it is fixed."""
    with st.container(border=True, gap="small"):
        for line in seen.fix.itertuples():
            unit = quality.RULES[line.rule].unit
            sentence, way = st.columns([5, 2], vertical_alignment="center")
            money = f"**{ui.plain(labels.money(line.money, sign))}** {ui.plain(line.of)}  \n" if line.of else ""
            sentence.markdown(f":orange[:material/{ICONS[unit]}:]  {money}{ui.plain(line.what)}")
            with way.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
                if unit == "item" and st.button("Items", key=f"items-{line.rule}", icon=":material/list:", type="tertiary"):
                    behind(line.rule)
                if line.rule == "gaps":
                    closed.beside_gaps()
                if line.page != quality.HERE:
                    ui.link(line.page, WAYS[line.page], **line.query)


@st.dialog("The items behind it", width="large", icon=":material/list:")
def behind(rule: str) -> None:
    """The items of one finding, the most money first; a click opens the item."""
    st.markdown(ui.plain(seen.fix.set_index("rule").loc[rule, "what"]))
    found, of = seen.found[(seen.found["rule"] == rule) & seen.found["item_id"].notna()], quality.RULES[rule].doubts
    money = {name: make.NumberColumn(f"{quality.CALLED[name]} ({sign})", format="%,.2f") for name in of}
    ui.table(found, f"behind-{rule}", alt="Items of this finding", order=["name", *of, "sku"], extra=money, save_as="Items to mend")


def sources() -> None:
    """Each source in five ways; below, what was counted."""
    with ui.waiting("Looking at each source"):
        found = ui.ask(scores.scores, today)
    st.caption("How good each source is, in five ways. Empty where nothing can be said: that is not 100 %.")
    wide = found.assign(of_what=found["source"].map(scores.SOURCES), score=np.floor(100 * found["score"]))  # 99.9 is not all
    wide = wide.pivot(index="of_what", columns="dimension", values="score").reindex(scores.SOURCES.values()).dropna(how="all").reset_index()
    shown = {name: make.ProgressColumn(label, format="%.0f %%", min_value=0, max_value=100) for name, label in scores.DIMENSIONS.items()}
    ui.table(wide, "scores", alt="Scores of each source", order=["of_what", *scores.DIMENSIONS], opens=False, blank="–",
             extra=shown | {"of_what": make.TextColumn("Source", pinned=True, width=115)})  # fmt: skip
    with st.expander("What was counted", icon=":material/calculate:"):
        known = found[found["of"].notna()].sort_values("score", kind="stable")
        told = known.assign(source=known["source"].map(scores.SOURCES), dimension=known["dimension"].map(scores.DIMENSIONS))
        extra = {"source": "Source", "dimension": "Is it …", "score": make.NumberColumn("Score", format="percent"),
                 "right": make.NumberColumn("So many", format="localized"), "of": make.NumberColumn("of", format="localized"),
                 "says": make.TextColumn("What", width="large")}  # fmt: skip
        ui.table(
            told, "counted", alt="The numbers behind the scores", order=list(extra), extra=extra, opens=False, save_as="Scores", rows=30
        )


fixing, rated = st.tabs(["Fix next", "Sources"], key="part", on_change="rerun", bind="query-params")
if fixing.open:
    with fixing:
        if seen.fix.empty:
            st.success("Nothing is doubtful: every rule was looked at, and none is broken.", icon=":material/check_circle:")
        else:
            findings()
            ui.excel(seen.fix, "Fix next", ["what", "found", "unit", "money", "of"])
if rated.open:
    with rated:
        sources()

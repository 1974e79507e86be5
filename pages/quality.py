import streamlit as st

from ims_core import items, labels, quality
from ims_core.web import ui

make = st.column_config
ICONS = {"item": "category", "line": "rule", "day": "event_busy", "file": "upload_file"}
WAYS = {"stock": "Show them", "count": "Count", "items": "Fill in", "item": "Open it", "analysis": "Prices", "movements": "Movements",
        "quality": "The items", "suppliers": "Suppliers", "upload": "Upload"}  # fmt: skip

today, sign = ui.today(), ui.shop().currency
if not ui.ask(items.any_yet):
    ui.page("Quality")
    says = "Here stands what in your data is doubtful, and how much money rests on it. Nothing is known yet: drop the files you have."
    ui.empty(says, "Drop your files", "upload", icon="rule")
    st.stop()

head = st.container()
with ui.waiting("Looking through the books"):
    seen = ui.ask(quality.of_shop, today)


def rests(of: str, called: str) -> str:
    """How much of one kind of money is in doubt; empty where there is none of it at all."""
    part, whole = seen.doubted[of], seen.whole[of]
    return f"{labels.money(part, sign)} of {labels.money(whole, sign)} {called} ({part / whole:.0%})" if whole > 0 else ""


told = " and ".join(part for part in (rests("orders", "of proposed orders"), rests("stock", "of stock value")) if part)
with head:
    ui.page("Quality", f"{told} rest on doubtful data." if told else "No stock has a cost yet and nothing is proposed to be ordered.")


def findings() -> None:
    """What to fix next: a line each, with its money and the way to where it is fixed."""
    with st.container(border=True, gap="small"):
        for line in seen.fix.itertuples():
            rule = quality.RULES[line.rule]
            sentence, way = st.columns([5, 1], vertical_alignment="center")
            money = f"**{ui.plain(labels.money(line.money, sign))}** {ui.plain(line.of)}  \n" if line.of else ""
            sentence.markdown(f":orange[:material/{ICONS[rule.unit]}:]  {money}{ui.plain(line.what)}")
            with way.container(horizontal_alignment="right"):
                ui.link(line.page, WAYS[line.page], **line.query)


def behind() -> None:
    """The items of one finding; a click opens the item."""
    of_items = seen.fix[seen.fix["unit"] == "item"]
    if of_items.empty:
        return
    st.subheader("The items behind it", anchor=False)
    rule = st.selectbox("Finding", of_items["rule"].tolist(), format_func=lambda name: quality.RULES[name].many.capitalize(), key="rule",
                        label_visibility="collapsed", width=420, bind="query-params")  # fmt: skip
    found, of = seen.found[(seen.found["rule"] == rule) & seen.found["item_id"].notna()], quality.RULES[rule].doubts
    money = {name: make.NumberColumn(f"{quality.CALLED[name]} ({sign})", format="%,.2f") for name in of}
    ui.table(found, f"behind-{rule}", alt="Items of this finding", order=["name", *of, "sku"], extra=money, save_as="Items to mend")


st.subheader("Fix next", anchor=False)
if seen.fix.empty:
    st.success("Nothing is doubtful: every rule was looked at, and none is broken.", icon=":material/check_circle:")
else:
    findings()
    with st.container(horizontal=True):
        ui.excel(seen.fix, "Fix next", ["what", "found", "unit", "money", "of"])
    behind()

from functools import partial

import streamlit as st

from ims_core import audit, copies, exporting, labels, policy, settings
from ims_core.web import closed, team, telling, ui

shop, where = ui.shop(), settings.load()
ui.page("Settings", "What holds for the whole shop. Every change here can be undone, too.")
TABS = ["Shop", "People", "Alerts", "Backup", "Proof"]
about, crew, alarms, data, proof = st.tabs(TABS, key="settings", on_change="rerun", bind="query-params")

if about.open:
    with about, st.form(ui.act("shop")):
        sign = ui.plain(shop.currency)
        with st.grid(3, min_column_width=220):
            name = st.text_input("Name of the shop", shop.name, max_chars=60)
            signs = list(dict.fromkeys([shop.currency, "€", "$", "£", "CHF", "kr", "zł", "₹", "¥"]))
            currency = st.selectbox("Currency", signs, accept_new_options=True, help="One for the whole shop; amounts are not converted.")
            zones = policy.zones()
            zone = st.selectbox("Time zone", zones, index=zones.index(shop.timezone), help="Decides at what hour a day ends.")
        with st.grid(3, min_column_width=220):
            service = st.slider("Enough in … of 100 cases", 50.0, 99.9, shop.service * 100, step=0.1, format="%.1f")
            review = st.number_input("Orders are placed every … days", 1, 90, shop.review_days)
            lead = st.number_input("Lead time where nothing is known (days)", 0, 365, shop.lead_days)
        with st.grid(3, min_column_width=220):
            line = st.number_input(f"Staff may book count differences up to ({sign} a line)", 0.0, 1e9, shop.count_line, step=10.0,
                                   help="A count or adjustment that differs by more is booked by a manager.")  # fmt: skip
            sheet = st.number_input(f"and up to ({sign} a count sheet)", 0.0, 1e9, shop.count_sheet, step=50.0,
                                    help="All differences of the sheet added up without their signs.")  # fmt: skip
            a_day = st.number_input("Lines to count a day", 1, 500, shop.count_a_day)
        standard = f"Capital, space and risk; {policy.Shop.carrying_rate:.0%} where nobody knows better."
        with st.grid(3, min_column_width=220):
            holding = st.number_input("Holding stock costs … % of its value a year", 0.0, 100.0, round(shop.carrying_rate * 100, 2),
                                      step=1.0, help=standard)  # fmt: skip
            tax = st.number_input("Prices of sale hold … % sales tax", 0.0, 50.0, round(shop.sales_tax * 100, 2), step=1.0,
                                  help="Sales and margin are told without it. 0 where prices and tills are without tax.")  # fmt: skip
        blind = st.toggle("Staff count without seeing what the book says", shop.count_blind)
        if st.form_submit_button("Save", type="primary", icon=":material/check:"):
            wanted = {"name": name.strip(), "currency": currency, "timezone": zone, "service": round(service / 100, 4),
                      "review_days": int(review), "lead_days": int(lead), "count_line": float(line), "count_sheet": float(sheet),
                      "count_a_day": int(a_day), "count_blind": bool(blind),
                      "carrying_rate": round(holding / 100, 4), "sales_tax": round(tax / 100, 4)}  # fmt: skip
            if changed := {key: value for key, value in wanted.items() if value != getattr(shop, key)}:
                ui.do(policy.set_shop, done="Settings saved.", **changed)
            else:
                st.info("Nothing was changed.", icon=":material/info:")

    with about:
        st.subheader("Closed days", anchor=False)
        closed.show()

if crew.open:
    with crew:
        team.show(ui.who())

if alarms.open:
    with alarms:
        telling.show(ui.who())

if data.open:
    with data:
        st.markdown("Everything is in one file on this machine. A backup is a copy of it in another folder, made while you work.")
        lies = [where.database, where.database.with_name(f"{where.database.name}.wal")]  # what is new lies in the log beside it for a while
        size = sum(file.stat().st_size for file in lies if file.exists()) / 1e6
        st.table({"Database": ui.plain(where.database), "Size": f"{size:,.1f} MB", "Changes so far": f"{ui.db().version:,}",
                  "Backups": ui.plain(where.backups)}, border="horizontal", width="content")  # fmt: skip
        if st.button("Back up now", type="primary", icon=":material/save:"):
            with ui.working("Writing the backup"):
                made = copies.backup(ui.db(), ui.who(), where.backups)
            st.success(ui.plain(f"{made.name} is written and was opened to check it."), icon=":material/check_circle:")
        ui.download("Download everything", partial(exporting.everything, ui.db(), ui.today()), f"whole-shop-{ui.today()}.zip", key="whole")
        st.caption("A zip of csv files for any spreadsheet. An empty shop takes it in and shows the same stock, demand and orders. "
                   "It leaves out who did what when, and forecast runs.")  # fmt: skip
        kept = copies.kept(where.backups)
        newest = f"{labels.count(len(kept), 'backup')}, the newest {kept[0].name}." if kept else "No backup yet."
        st.caption(ui.plain(f"{newest} To go back to one: stop the program, then python -m ims_core restore {where.backups}"))

if proof.open:
    with proof:
        rules = ui.ask(audit.check)
        broken = int((~rules["ok"]).sum())
        if broken:
            st.error(
                f"{broken} of {len(rules)} rules do not hold. Make a backup and tell whoever looks after the program.",
                icon=":material/gpp_bad:",
            )
        else:
            st.success(f"All {len(rules)} rules hold: every balance is the sum of its movements.", icon=":material/verified:")
        rules["result"] = rules["ok"].map({True: ["holds"], False: ["broken"]})
        wide = 230 if ui.on_phone() else "large"  # a phone must show the result, too
        result = st.column_config.MultiselectColumn("Result", options=["holds", "broken"], color=["green", "red"])
        ui.table(rules, "proof", alt="Rules of the ledger and whether they hold", order=["rule", "result", "found"], rows=20,
                 extra={"rule": st.column_config.TextColumn("Rule", width=wide), "result": result})  # fmt: skip

import streamlit as st

from ims_core import importing, labels, ledger
from ims_core.web import drop, ui

key = ui.act("drop")
ui.page(
    "Upload",
    "Drop the files you have: sales, items, stock, purchases, suppliers. Nothing is written before you commit.",
    icon="upload_file",
)

files = st.file_uploader(
    "Drop your files here", type=["csv", "tsv", "txt", "xlsx", "xls", "xlsm", "ods"], accept_multiple_files=True, key=key,
    help="csv, tsv, xlsx, xls; many at once. Columns may stand in any order, with titles above and totals below.",
)  # fmt: skip

if files:
    dropped = tuple(file.file_id for file in files)
    if st.session_state.get("dropped") != dropped:
        with ui.working(f"Looking at {len(files):,} {'file' if len(files) == 1 else 'files'}") as progress:
            contents = [(file.name, file.getvalue()) for file in files]
            st.session_state.update(plan=importing.preview(ui.db(), contents, progress, ui.today()), dropped=dropped)

    plan = st.session_state["plan"]
    for _, sentence in plan.unreadable:
        st.error(ui.plain(sentence), icon=":material/unknown_document:")
    if plan.known:
        names = ", ".join(name for name, _ in plan.known[:5]) + (" …" if len(plan.known) > 5 else "")
        st.info(ui.plain(f"In the shop already, nothing to do: {names}."), icon=":material/done_all:")

    if plan.groups:
        counts = plan.counts
        with st.container(horizontal=True):
            st.metric("Lines read", f"{plan.lines:,}", border=True)
            st.metric("Used", f"{counts['used']:,}", border=True)
            st.metric("Joined", f"{counts['joined']:,}", border=True, help="Lines that say again what another line says")
            st.metric("Set aside", f"{counts['set aside']:,}", border=True, help="Lines that are no goods: totals, postage, fees")
            st.metric("Refused", f"{counts['refused']:,}", border=True, help="Lines with a value that cannot be read; kept with the import")
        revised = drop.questions(plan, key)
        for index in range(len(plan.groups)):
            revised = drop.group(revised, index, key)
        if revised is not plan:
            st.session_state["plan"] = revised
            st.rerun()
        drop.problems(plan)

    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(ui.plain(plan.says()))
        if plan.counts["used"] and st.button("Commit", type="primary", icon=":material/check:", key=f"{key}-commit"):
            st.session_state.pop("dropped")
            ui.do(importing.commit, plan, done=f"Imported: {plan.counts['used']:,} lines", working="Writing the import")

past = ui.ask(importing.past)
st.subheader("Imports so far", anchor=False)
if past.empty:
    st.markdown(":gray[None yet. What you commit is listed here, and can be undone whole.]")
for done in past.head(10).itertuples():
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        state = " · :gray[undone]" if done.undone else ""
        unused = [
            f"{count:,.0f} {name}"
            for name, count in (("joined", done.joined), ("set aside", done.set_aside), ("refused", done.refused))
            if count
        ]
        told = ", ".join([f"{done.used:,.0f} of {done.lines:,.0f} lines used", *unused])
        when = f"{labels.day_text(done.done_at)}, {done.done_at:%H:%M} UTC"
        st.markdown(f"**{ui.plain(done.what)}**{state}  \n:gray[{ui.plain(f'{when} · {done.who} · {told}')}]")
        with st.container(horizontal=True, width="content"):
            if unused:
                rest = ui.ask(importing.not_used, int(done.change_id))
                ui.download(
                    "Lines not used",
                    drop.sheet_maker("Lines not used", rest),
                    f"lines-not-used-{done.change_id}.xlsx",
                    key=f"rest-{done.change_id}",
                )
            if not done.undone and st.button("Undo import", icon=":material/undo:", key=ui.act(f"undo-{done.change_id}")):
                ui.do(ledger.undo, int(done.change_id), done=f"Undone: {done.what}")

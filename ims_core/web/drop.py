"""A drop on the screen, from the files to *Commit*: kept until it is written or discarded, whatever page is opened meanwhile."""

from dataclasses import dataclass, field, replace
from datetime import date

import pandas as pd
import streamlit as st

from ims_core import importing, labels, outlook, people
from ims_core.db import Database
from ims_core.labels import FILE_ENDINGS, FILE_KINDS
from ims_core.plans import Group, Plan
from ims_core.progress import Progress, quiet
from ims_core.web import fields, left, panels, questions
from ims_core.web.doing import act, db, do, memory, plain, shop, today, working
from ims_core.web.tables import download, on_phone

FEW = 8
"""Kinds of files up to which all are listed; more are sorted by what they are."""
AT_ONCE = 30
"""Lines of a long list that are drawn at once."""
CHEAP = 60_000
"""Lines up to which it is reckoned unasked what a commit would do."""


@dataclass
class Held:
    """What was dropped and what came of it, as long as it is neither written nor discarded."""

    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """The upload's number -> name, content."""
    seen: set[str] = field(default_factory=set)
    """The uploads that the drop area shows; after another page was open it is empty, and the files are still here."""
    plan: Plan | None = None
    before: Plan | None = None
    """The plan until files came or went: what was said of the others holds."""
    day: date | None = None
    """The day on which the counts were made, as the person says."""
    foreseen: tuple[Plan, outlook.Outlook] | None = None


def held() -> Held:
    """What this session has dropped and not yet committed."""
    mine: Held = st.session_state.setdefault("drop", Held())
    return mine


def area() -> Held:
    """The place where files are dropped; whatever changes there is looked at anew."""
    key, mine = act("drop"), held()
    files = st.file_uploader(
        "Drop more files" if mine.files else "Drop your files here", type=FILE_ENDINGS, accept_multiple_files=True, key=key,
        on_change=_changed, args=(key,),
        help="Many at once, also a zip. Columns may stand in any order, with titles above and totals below.",
    )  # fmt: skip
    mine.seen = {file.file_id for file in files}
    if mine.files and mine.plan is None:
        with working(f"Looking at {labels.many(len(mine.files), 'file')}") as progress:
            mine.plan = importing.preview(db(), list(mine.files.values()), progress, today(), mine.before)
        st.rerun()
    return mine


def _changed(key: str) -> None:
    """Somebody dropped files or took one away: these, and only these, come and go."""
    mine, now = held(), {file.file_id: file for file in st.session_state[key] or []}
    for gone in mine.seen - set(now):
        mine.files.pop(gone, None)
    mine.files |= {number: (file.name, file.getvalue()) for number, file in now.items() if number not in mine.files}
    mine.before = mine.plan or mine.before
    mine.seen, mine.plan, mine.foreseen = set(now), None, None


def show(mine: Held) -> None:
    """What was understood, what is open, what is left out, and the way to write it."""
    plan = mine.plan
    if plan is None:
        return
    _unreadable(plan)
    if plan.known:
        names = _listed([name for name, _ in plan.known])
        st.info(plain(f"In the shop already, nothing to do: {names}."), icon=":material/done_all:")
    if plan.twins:
        st.info(
            plain(f"The same to the letter as another file here, so it counts once: {_listed([*plan.twins])}."), icon=":material/file_copy:"
        )
    if plan.groups:
        _figures(plan)
        revised = _counted(mine, questions.packs(questions.ask_all(plan, day_too=bool(plan.days and plan.counted and not mine.day))))
        revised = _groups(revised)
        if revised is not plan:
            mine.plan = revised
            st.rerun()
        _corrected(plan)
        _not_used(plan)
    _finish(mine, plan)


def _unreadable(plan: Plan) -> None:
    """Which files cannot be read; of many the sentences are one click away."""
    says = "  \n".join(plain(sentence) for _, sentence in plan.unreadable)
    if len(plan.unreadable) > 2:
        names = _listed([name for name, _ in plan.unreadable])
        st.error(plain(f"{len(plan.unreadable):,} files cannot be read: {names}."), icon=":material/unknown_document:")
        with st.expander("Why, and what to do"):
            st.markdown(says)
    elif says:
        st.error(says, icon=":material/unknown_document:")


def _listed(names: list[str]) -> str:
    """The first three names, and how many more."""
    some = list(dict.fromkeys(names))
    return ", ".join(some[:3]) + (f" and {len(some) - 3:,} more" if len(some) > 3 else "")


def _files(groups: list[Group]) -> str:
    return _listed([table.name for group in groups for table in group.tables])


def _figures(plan: Plan) -> None:
    counts = plan.counts
    told = [
        ("Lines read", plan.lines, ""), ("Used", counts["used"], "Lines that are written"),
        ("Joined", counts["joined"], "Lines that say again what another line says"),
        ("Set aside", counts["set aside"], "Lines that are no goods: totals, postage, fees; and files that are not for us"),
        ("Refused", counts["refused"], "Lines with a value that cannot be read; they are kept with the import"),
    ]  # fmt: skip
    if on_phone():
        st.markdown(" · ".join(f"**{count:,}** {label.lower()}" for label, count, _ in told))
        return
    with st.container(horizontal=True):
        for label, count, means in told:
            st.metric(label, f"{count:,}", border=True, help=means or None)


# -- what is open


def _counted(mine: Held, plan: Plan) -> Plan:
    """Announce stock figures that name no day, and ask which day they were counted on."""
    if mine.day and (plan.days or plan.day != mine.day):  # a mapping was changed since: the day is still what was said
        plan = replace(plan, day=mine.day, days=())
    if not plan.counted:
        return plan
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        named = [group for group in plan.groups if group.counted]
        tell = "tells" if len({table.name for group in named for table in group.tables}) == 1 else "tell"
        on = "" if plan.days else f" as counted on {labels.day_text(plan.day)}"
        st.markdown(
            f":material/inventory_2: **Stock of {labels.many(plan.counted, 'item')}**{on}"
            f"  \n:gray[{plain(_files(named))} {tell} what there is, but not of which day{_since(plan)}.]", width="content",
        )  # fmt: skip
        chosen = None
        if plan.days:
            chosen = st.segmented_control("Which day was it?", plan.days, key=f"{act('drop')}-then-or-now", format_func=_then_or_now)
        key = f"{act('drop')}-counted-on{'-asked' if plan.days else ''}"
        day = chosen or fields.day(
            "Or on" if plan.days else "These counts were made on", None if plan.days else plan.day, key=key, width=220
        )
    if day and (plan.days or day != plan.day):
        mine.day = day
        return replace(plan, day=day, days=())
    return plan


def _since(plan: Plan) -> str:
    """Why two days are possible, where they are."""
    if not plan.days:
        return ""
    return f". Nothing is known after {labels.day_text(plan.days[0])}: a list of then is of that day, shelves counted now are of today"


def _then_or_now(day: date) -> str:
    return f"Today, {labels.day_text(day)}" if day == today() else f"{labels.day_text(day)}, the last day known"


# -- the files


def _groups(plan: Plan) -> Plan:
    """A line each kind of file, those that wait for an answer first; many are sorted by what they are."""
    order = sorted(range(len(plan.groups)), key=lambda index: (_rank(plan.groups[index]), index))
    if len(order) > FEW:
        order = _chosen(plan, order)
    for index in order[:AT_ONCE]:
        plan = panels.panel(plan, index)
    if len(order) > AT_ONCE:
        st.caption(f"{len(order) - AT_ONCE:,} more are not drawn; choose what to show above.")
    return plan


def _chosen(plan: Plan, order: list[int]) -> list[int]:
    parts = {"To look at": [index for index in order if _rank(plan.groups[index]) < 2]}
    for kind, label in FILE_KINDS.items():
        parts[label] = [index for index in order if plan.groups[index].mapping.kind == kind]
    parts = {label: found for label, found in parts.items() if found} | {"All": order}
    counted = {label: f"{label} · {len(found):,}" for label, found in parts.items()}
    chosen = st.segmented_control("Show", list(parts), default=next(iter(parts)), required=True, key="drop-kinds",
                                  format_func=counted.__getitem__, label_visibility="collapsed", persist_state="session")  # fmt: skip
    return parts.get(chosen or "All", order)


def _rank(group: Group) -> int:
    """What waits for the person first, what is not for us last."""
    if group.lacking:
        return 0
    return 1 if group.questions else 3 if group.mapping.kind == "ignore" else 2


# -- what is otherwise, and what is not used


def _corrected(plan: Plan) -> None:
    """Of files that correct what the shop has, each line that is booked: as it stood, and as it stands now."""
    found = [group.corrections.assign(file=group.name) for group in plan.groups if len(group.corrections)]
    if found:
        left.corrections(pd.concat(found, ignore_index=True))


def _not_used(plan: Plan) -> None:
    """Every line that will not be used, by reason, and every cell that cannot be read: before anything is written."""
    found = [group.reasons.assign(file=group.name) for group in plan.groups if len(group.reasons)]
    wrong = plan.problems
    if not found and not len(wrong):
        return
    views = (["Lines not used"] if found else []) + ([f"Problems ({len(wrong):,})"] if len(wrong) else [])
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        view = views[0]
        if len(views) == 1:
            st.markdown(f"**{view}**", width="content")
        else:
            view = st.segmented_control("Show", views, default=view, required=True, key=f"{act('drop')}-rest",
                                        label_visibility="collapsed", width="content") or view  # fmt: skip
        outcome, name = (None, "lines-not-used.xlsx") if view == "Lines not used" else ("refused", "problems.xlsx")
        maker = left.workbook_maker(plan.groups, outcome, wrong if len(wrong) else None)
        download("Excel to mend", maker, name, key=f"{act('drop')}-rest-{name}")
    if view != "Lines not used":
        left.problems(wrong)
        return
    together = pd.concat(found, ignore_index=True).sort_values("lines", ascending=False, kind="stable", ignore_index=True)
    key = f"{act('drop')}-reasons-{len(together)}-{int(together['lines'].sum())}"
    for why in left.reasons(together, key, "Why lines are not used").itertuples():
        group = next(group for group in plan.groups if group.name == why.file)
        left.lines(group, str(why.outcome), str(why.reason))


# -- the end


def _finish(mine: Held, plan: Plan) -> None:
    """What will happen, in words; *Commit* and *Discard*."""
    waits = plan.lacking
    with st.container(border=True, key="drop-finish"):
        st.markdown(f"**{plain(plan.says())}**")
        if plan.writes and not plan.whole and (foreseen := _foreseen(mine, plan)):
            st.markdown(plain(foreseen.says(shop().currency)))
            left.items_changed(foreseen.differs)
            left.placeless(plan.groups)
        if waits:
            todo = "Say which columns they need, or leave them out." if len(waits) > 1 else "Say which column it needs, or leave it out."
            st.markdown(f":orange[:material/pending:] Not used as it is: {plain(_files(waits))}. {todo}")
        if open_questions := sum(not question.taken for question in plan.questions):
            st.markdown(f":orange[:material/pending:] {labels.many(open_questions, 'question')} above must be answered first.")
        with st.container(horizontal=True, horizontal_alignment="right"):
            st.button("Discard", icon=":material/delete:", key=f"{act('drop')}-discard", on_click=discard)
            if waits and st.button("Leave them out" if len(waits) > 1 else "Leave it out", key=f"{act('drop')}-leave"):
                groups = tuple(panels.not_ours(group) if group.lacking else group for group in plan.groups)
                mine.plan = replace(plan, groups=groups)
                st.rerun()
            if plan.writes and st.button(
                "Commit", type="primary", icon=":material/check:", key=f"{act('drop')}-commit",
                disabled=bool(waits or open_questions),
            ):  # fmt: skip
                do(_commit, plan, done=f"Imported: {labels.many(plan.counts['used'], 'line')}", working="Writing the import")


def _foreseen(mine: Held, plan: Plan) -> outlook.Outlook | None:
    """What a commit would do to the stock; where that takes long, a button asks for it."""
    if mine.foreseen is None or mine.foreseen[0] is not plan:
        if plan.lines > CHEAP and not st.button(
            "Reckon what it changes", icon=":material/calculate:", type="tertiary", key=f"{act('drop')}-reckon"
        ):
            return None
        mine.foreseen = (plan, outlook.foresee(db(), plan))
    return mine.foreseen[1]


def _commit(here: Database, who: people.Person, plan: Plan, progress: Progress = quiet) -> int:
    change_id: int = importing.commit(here, who, plan, progress)
    discard()
    return change_id


def discard() -> None:
    """Let go of what was dropped; the drop area is empty again."""
    for name in [name for name in st.session_state if str(name).startswith("drop-kinds")]:
        del st.session_state[name]
    st.session_state["drop"] = Held()
    memory()["done"] += 1

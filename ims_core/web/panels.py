"""One kind of file of a drop, closed to a line and opened to its columns, what was mended, and what is not used."""

import zlib
from dataclasses import replace

import pandas as pd
import streamlit as st

from ims_core import importing, kinds, labels, recognising, vocabulary
from ims_core.labels import FIELDS, FILE_KINDS, KIND_FIELDS, KIND_NEEDS
from ims_core.plans import Group, Plan
from ims_core.recognising import Mapping
from ims_core.web import left
from ims_core.web.doing import act, db, plain, working
from ims_core.web.tables import on_phone

ICONS = {"items": "category", "stock": "inventory_2", "counts": "fact_check", "sales": "point_of_sale", "purchases": "local_shipping",
         "customer_orders": "assignment", "suppliers": "storefront", "ignore": "block"}  # fmt: skip


REMARKS = 4
"""Remarks on how files were read that are shown of one kind of file."""


def panel(plan: Plan, index: int) -> Plan:
    """One line a kind of file, opened to see and change how it was understood; the plan as it is then."""
    shown = plan.groups[index]
    name = key(shown)
    opened = f"{name}-open"  # the line's words change with what is answered, and with them Streamlit would forget that it was open
    st.session_state[opened] = bool(st.session_state.get(opened, shown.lacking))
    with st.expander(_headline(shown), icon=f":material/{ICONS[shown.mapping.kind]}:", key=opened, on_change="rerun") as box:
        if not box.open:
            return plan
        if shown.as_on:
            st.markdown(f":gray[:material/history: Understood as last time, {labels.day_text(shown.as_on)}.]")
        _read(shown)
        _printed(shown)
        mapping = _needed(shown, name) if shown.lacking else shown.mapping
        off = shown.off
        chosen = st.segmented_control(
            "Show", ["Columns", "Mended", "Not used", "Problems"], default="Columns", key=f"{name}-view", label_visibility="collapsed",
            required=True,
        )  # fmt: skip
        if chosen == "Columns" and mapping is shown.mapping:
            mapping = _columns(shown, name)
        elif chosen == "Mended":
            off = _fixes(shown, name)
        elif chosen == "Not used":
            left.left(shown, name)
        elif chosen == "Problems":
            left.wrong(shown)
    return revised(plan, index, mapping, off)


def revised(plan: Plan, index: int, mapping: Mapping, off: frozenset[str]) -> Plan:
    """The plan looked at again where one of its groups is understood in another way now."""
    shown = plan.groups[index]
    if mapping == shown.mapping and off == shown.off:
        return plan
    with working(f"Looking at {shown.name} again") as progress:
        progress(0.5, f"Cleaning {labels.many(shown.lines, 'line')}")
        return importing.revise(db(), plan, index, mapping, off)


def as_kind(shown: Group, kind: str) -> Mapping:
    """The columns matched anew, as the person says what the file is."""
    return replace(recognising.recognise(shown.tables[0], kind), answers={**shown.mapping.answers, "kind": kind})


def not_ours(shown: Group) -> Group:
    """The group left out, as the person says."""
    return replace(shown, mapping=as_kind(shown, "ignore"), cleaned=None)


def key(shown: Group) -> str:
    """A name for what belongs to this group on the screen, the same however it is understood and wherever it stands."""
    return f"{act('group')}-{number(shown)}"


def number(shown: Group) -> int:
    """What tells one group of a drop from the others."""
    return zlib.crc32(repr((shown.tables[0].header, shown.hashes[0], shown.tables[0].sheet)).encode())


def _read(shown: Group) -> None:
    """What stands above the table in its file, and what there is to know about how it was read."""
    if title := " · ".join(line.strip() for line in shown.tables[0].title.splitlines() if line.strip()):
        st.markdown(f":gray[:material/title: Above it stands: {plain(title[:300])}]")
    remarks = dict.fromkeys(remark for table in shown.tables for remark in table.remarks)
    for remark in list(remarks)[:REMARKS]:
        st.markdown(f":orange[:material/info: {plain(remark)}]")
    if len(remarks) > REMARKS:
        st.caption(f"And {len(remarks) - REMARKS:,} more remarks of this kind.")


def _printed(shown: Group) -> None:
    """Totals that the file prints, held against its lines."""
    for total in shown.cleaned.totals.head(4).itertuples() if shown.cleaned else ():
        says = f"{_label(str(total.field))} {labels.pieces(total.printed)}, the total in row {total.row},"
        if total.apart:
            st.markdown(f":orange[:material/rule: {plain(says)} differs by {labels.pieces(total.apart)} from its lines.]")
        else:
            st.markdown(f":gray[:material/done: {plain(says)} agrees with its lines.]")


def _headline(shown: Group) -> str:
    kind = FILE_KINDS[shown.mapping.kind].lower()
    says = f"**{plain(shown.name)}** · {kind}"
    if shown.mapping.kind == "ignore":
        if shown.said:  # its lines stand in another file of the drop
            return f"**{plain(shown.name)}** · {labels.many(shown.lines, 'line')} · :gray[{plain(shown.said)}]"
        return f"{says} · {labels.many(shown.lines, 'line')} · :gray[nothing of ours was found in it; open to say what it is]"
    if shown.lacking:
        return f"{says} · {labels.many(shown.lines, 'line')} · :orange[needs a column for {plain(' and '.join(shown.lacking).lower())}]"
    counts = shown.cleaned.counts if shown.cleaned else {}
    parts = [f"{counts.get('used', 0):,} of {labels.many(shown.lines, 'line')} used"]
    parts += [f"{counts[outcome]:,} {outcome}" for outcome in ("joined", "set aside") if counts.get(outcome)]
    parts += [f":orange[{counts['refused']:,} refused]"] if counts.get("refused") else []
    parts += [f":gray[{plain(shown.said)}]"] if shown.said else []
    parts += [":gray[as last time]"] if shown.as_on else []
    parts += [f":orange[{len(shown.questions)} to answer]"] if shown.questions else []
    return f"{says} · {', '.join(parts)}"


# -- columns


def _needed(shown: Group, key: str) -> Mapping:
    """Ask which column holds what the file cannot do without."""
    kind, header = shown.mapping.kind, shown.tables[0].header
    st.markdown(
        f":orange[:material/help:] To be used as {FILE_KINDS[kind].lower()}, this file needs a column for "
        f"**{plain(' and for '.join(shown.lacking).lower())}**. Which one is it? If it has none, say below what else it is."
    )
    found: dict[str, str] = {}
    for group in KIND_NEEDS[kind]:
        if any(name in shown.mapping.columns for name in group):
            continue
        label = " or ".join(FIELDS[name].label.lower() for name in group)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            column = st.selectbox(f"Column with the {label}", header, None,
                                  key=f"{key}-{group[0]}-needed", placeholder="Choose a column", width=320,
                                  format_func=lambda name: f"{name}  ·  {_sample(shown, name, 2)}")  # fmt: skip
            field = group[0]
            if column and len(group) > 1:
                field = st.selectbox(
                    "which is its", group, key=f"{key}-{group[0]}-field", width=160, format_func=lambda name: FIELDS[name].label
                )
        if column:
            found[field] = column
    if not found:
        return shown.mapping
    kept = {name: column for name, column in shown.mapping.columns.items() if column not in found.values()}
    return _settled(shown.mapping, kept | found)


def _columns(shown: Group, key: str) -> Mapping:
    """Their columns beside ours, with samples; what is chosen here counts from the next run."""
    kinds = list(FILE_KINDS)
    kind = st.selectbox(
        "This is",
        kinds,
        kinds.index(shown.mapping.kind),
        format_func=FILE_KINDS.__getitem__,
        key=f"{key}-kind-{shown.mapping.kind}",
        width=280,
    )
    if kind != shown.mapping.kind:
        return as_kind(shown, kind)
    if (forgotten := _answers(shown, key)) is not None:
        return forgotten
    if kind == "ignore":
        return shown.mapping
    frame, header = _beside(shown), shown.tables[0].header
    edited = st.data_editor(
        frame, key=f"{key}-columns-{zlib.crc32(repr((kind, shown.mapping.columns)).encode())}", hide_index=True,
        disabled=["column", "sure", "how", "sample"], alt="Their columns and what they mean to us", placeholder="",
        height="content" if len(header) <= 11 else 420, column_order=["column", "means", "sample", "how"] if on_phone() else None,
        column_config={
            "column": st.column_config.TextColumn("Their column", pinned=True, width=110 if on_phone() else 180),
            "means": st.column_config.SelectboxColumn("Means", options=[FIELDS[name].label for name in KIND_FIELDS[kind]],
                                                      width=100 if on_phone() else 170),
            "sample": st.column_config.TextColumn("For example", width=100 if on_phone() else "large"),
            "how": st.column_config.TextColumn("How sure", width=70 if on_phone() else "small"),
            "sure": st.column_config.ProgressColumn("", min_value=0, max_value=1, format=" ", width="small"),
        },
    )  # fmt: skip
    return _mapped(shown.mapping, dict(zip(edited["column"], edited["means"], strict=True)))


def _beside(shown: Group) -> pd.DataFrame:
    ours = {column: name for name, column in shown.mapping.columns.items()}
    return pd.DataFrame(
        [
            {
                "column": column,
                "means": FIELDS[ours[column]].label if column in ours else None,
                "sample": _sample(shown, column, 4),
                "how": _how_sure(shown.mapping, ours[column]) if column in ours else "not used",
                "sure": shown.mapping.confidence.get(ours[column], 1.0) if column in ours else None,
            }
            for column in shown.tables[0].header
        ]
    )


def _how_sure(mapping: Mapping, name: str) -> str:
    if mapping.answers.get(f"column {name}") == mapping.columns[name]:
        return "you said so"
    sure = mapping.confidence.get(name, 1.0)
    return "sure" if sure >= kinds.SURE else "likely" if sure >= vocabulary.PERHAPS else "a guess"


def _answers(shown: Group, key: str) -> Mapping | None:
    """What was answered, each with a way back; the mapping without an answer that was taken back."""
    for about, answer in shown.mapping.answers.items():
        if about == "kind" or about.startswith("column "):
            continue
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown(f":gray[You said of {plain(_about(shown, about))}:] {plain(said(about, answer))}", width="content")
            if st.button("Ask again", key=f"{key}-{about}-again", type="tertiary"):
                return replace(shown.mapping, answers={name: told for name, told in shown.mapping.answers.items() if name != about})
    return None


def _about(shown: Group, about: str) -> str:
    return f"“{shown.mapping.columns[about]}”" if about in shown.mapping.columns else "this file"


def _mapped(mapping: Mapping, means: dict[str, str | None]) -> Mapping:
    chosen = {label: column for column, label in means.items() if label}
    if len(chosen) < sum(bool(label) for label in means.values()):
        st.warning("Two of their columns mean the same. Choose one of them and clear the other.", icon=":material/rule:")
        return mapping
    names = {FIELDS[name].label: name for name in KIND_FIELDS[mapping.kind]}
    columns = {names[label]: column for label, column in chosen.items()}
    return mapping if columns == mapping.columns else _settled(mapping, columns)


def _settled(mapping: Mapping, columns: dict[str, str]) -> Mapping:
    """The mapping with the columns that the person chose: what is theirs is not asked again."""
    theirs = {name: column for name, column in columns.items() if mapping.columns.get(name) != column}
    kept = {about: answer for about, answer in mapping.answers.items() if about not in theirs and about.removeprefix("column ") in columns}
    settled = {f"column {name}": column for name, column in theirs.items()}
    confidence = mapping.confidence | dict.fromkeys(theirs, 1.0)
    return replace(mapping, columns=columns, confidence=confidence, answers=kept | settled | {"kind": mapping.kind})


def _sample(shown: Group, column: str, most: int) -> str:
    cells = shown.tables[0].rows.column(column).slice(0, 200).to_pylist()
    return ", ".join(list(dict.fromkeys(cell.strip()[:40] for cell in cells if cell and cell.strip()))[:most])


# -- questions


CHOICES = {
    "dmy": "Day first (31/12)", "mdy": "Month first (12/31)", "point": "One thousand two hundred", "comma": "A little over one",
    "left out": "Leave them out", "as written": "Take the numbers as written",
    "ignore": "Not for us", "joined": "The same again: count once", "new": "New: count them too",
    "stay": "They stay", "gone": "They are gone: take them back",
    "add": "They add up", "last": "The later list counts",
} | {kind: label for kind, label in FILE_KINDS.items() if kind != "ignore"}  # fmt: skip


def said(about: str, choice: str) -> str:
    """A choice as people say it."""
    if about.startswith("column "):
        return "No, leave it out" if choice == recognising.NO else f"“{choice}”"
    words = choice.replace("_", " ") or "no"
    return CHOICES.get(choice, words[0].upper() + words[1:])


# -- what was mended


def _fixes(shown: Group, name: str) -> frozenset[str]:
    """Each rule with its count, an example, and a switch."""
    if shown.cleaned is None or not len(shown.cleaned.fixes):
        st.markdown(":gray[Nothing had to be mended.]")
        return shown.off
    off = set(shown.off)
    for fix in shown.cleaned.fixes.to_dict("records"):
        rule = str(fix["rule"])
        example = f"  \n:gray[For example: {plain(fix['before'])} → {plain(fix['after'])}]" if fix["before"] and fix["after"] else ""
        says = f"{plain(fix['title'])} · **{labels.many(int(fix['count']), 'line')}**{example}"
        if st.toggle(says, value=bool(fix["on"]), disabled=bool(fix["always"]), key=f"{name}-{rule}-on"):
            off.discard(rule)
        elif fix["on"]:
            off.add(rule)
    return frozenset(off)


def _label(name: str) -> str:
    return FIELDS[name].label

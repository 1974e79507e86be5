"""What the files of a drop leave open, asked in one place."""

from dataclasses import replace

import pandas as pd
import pyarrow.compute as pc
import streamlit as st

from ims_core import labels, recognising
from ims_core.plans import Plan
from ims_core.web import panels
from ims_core.web.doing import plain

DAY_TOO = " One more must be answered, below these: the day of the counts."
FEW = 8
"""Questions that are asked at once."""
MOST = 200
"""Packs that are asked for at once."""


def ask_all(plan: Plan, day_too: bool) -> Plan:
    """What the files leave open, asked once; what is marked is taken if nobody answers. day_too: the day of the counts is asked below."""
    asked = [(index, question) for index, group in enumerate(plan.groups) for question in group.questions]
    if not asked:
        return plan
    must = sum(not question.taken for _, question in asked)
    with st.container(border=True):
        st.markdown(f":orange[:material/help:] {_how_many(len(asked), must)}{DAY_TOO if day_too else ''}")
        for index, question in sorted(asked, key=lambda pair: bool(pair[1].taken))[:FEW]:
            group = plan.groups[index]
            answer = st.segmented_control(
                plain(f"{group.name}: {question.text}" if len(plan.groups) > 1 else question.text), question.choices,
                default=question.taken or None, key=f"{panels.key(group)}-asked-{question.about}",
                format_func=lambda choice, about=question.about: plain(panels.said(about, choice)),
            )  # fmt: skip
            if answer is not None and answer != question.taken:
                told = (
                    panels.as_kind(group, answer)
                    if question.about == "kind"
                    else recognising.answered(group.mapping, question.about, answer)
                )
                return panels.revised(plan, index, told, group.off)
        if len(asked) > FEW:
            st.caption(f"{labels.many(len(asked) - FEW, 'more question')} after these.")
    return plan


def packs(plan: Plan) -> Plan:
    """How many pieces the packs hold of which no file and nobody said it; lines that are told in them are not used until then."""
    for index, group in enumerate(plan.groups):
        open_ones = group.cleaned.packs if group.cleaned else None
        if open_ones is None or not open_ones.num_rows or "packs" in group.off:
            continue
        found = open_ones.slice(0, MOST).to_pandas().assign(holds=pd.Series(dtype="Int64"))
        with st.container(border=True), st.form(f"{panels.key(group)}-packs", border=False):
            lines = labels.many(int(pc.sum(open_ones["lines"]).as_py()), "line")
            st.markdown(
                f":orange[:material/package_2:] **How many pieces does each hold?** {plain(group.name)} tells {lines} in packs of a size "
                "that nobody told. They are not used until you say it; it is remembered for the next file of this form."
            )
            config = {"item": None, "name": "Item", "unit": "Told in", "lines": "Lines",
                      "holds": st.column_config.NumberColumn("Pieces in one", min_value=2, max_value=100_000, step=1)}  # fmt: skip
            typed = st.data_editor(found, column_config=config, disabled=["name", "unit", "lines"], hide_index=True, width="stretch",
                                   key=f"{panels.key(group)}-holds-{open_ones.num_rows}")  # fmt: skip
            if st.form_submit_button("Count them so", icon=":material/check:"):
                said = {f"{recognising.HOLDS}{item}": str(holds) for item, holds in typed[["item", "holds"]].dropna().to_numpy()}
                if said:
                    return panels.revised(plan, index, replace(group.mapping, answers={**group.mapping.answers, **said}), group.off)
            if open_ones.num_rows > MOST:
                st.caption(
                    f"{labels.many(open_ones.num_rows - MOST, 'more item')} after these; a file of items with pack sizes tells all at once."
                )
    return plan


def _how_many(asked: int, must: int) -> str:
    says = f"**{labels.many(asked, 'question')}**"
    if must == asked:
        return f"{says} to be answered before *Commit*."
    says += f", {must:,} to be answered before *Commit*" if must else ""
    return f"{says}. :gray[What is marked is taken if you do not answer.]"

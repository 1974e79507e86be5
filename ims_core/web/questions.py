"""What the files of a drop leave open, asked in one place."""

import streamlit as st

from ims_core import labels, recognising
from ims_core.plans import Plan
from ims_core.web import panels
from ims_core.web.doing import plain

FEW = 8
"""Questions that are asked at once."""


def ask_all(plan: Plan) -> Plan:
    """What the files leave open, asked once; what is marked is taken if nobody answers."""
    asked = [(index, question) for index, group in enumerate(plan.groups) for question in group.questions]
    if not asked:
        return plan
    must = sum(not question.taken for _, question in asked)
    with st.container(border=True):
        st.markdown(f":orange[:material/help:] {_how_many(len(asked), must)}")
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


def _how_many(asked: int, must: int) -> str:
    says = f"**{labels.many(asked, 'question')}**"
    if must == asked:
        return f"{says} to be answered before *Commit*."
    says += f", {must:,} to be answered before *Commit*" if must else ""
    return f"{says}. :gray[What is marked is taken if you do not answer.]"

"""How a drop is shown before it is written: what each file is, its columns beside ours, what is mended, what is wrong."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import streamlit as st

from ims_core import importing, recognising
from ims_core.labels import FIELDS, FILE_KINDS, KIND_FIELDS
from ims_core.plans import Group, Plan
from ims_core.recognising import Mapping
from ims_core.web.doing import db, plain, working
from ims_core.web.tables import download

ICONS = {"items": "category", "stock": "inventory_2", "counts": "fact_check", "sales": "point_of_sale", "purchases": "local_shipping",
         "suppliers": "storefront", "ignore": "block"}  # fmt: skip

CHOICES = {
    "dmy": "Day first (31/12)", "mdy": "Month first (12/31)", "point": "One thousand two hundred", "comma": "A little over one",
    "add": "They add up", "last": "The later list counts", "": "No, leave it out", "ignore": "Not for us",
} | {kind: label for kind, label in FILE_KINDS.items() if kind != "ignore"}  # fmt: skip


def group(plan: Plan, index: int, key: str) -> Plan:
    """One line a kind of file, opened to see and change how it was understood; the plan as it is then."""
    shown = plan.groups[index]
    with st.expander(_headline(shown), icon=f":material/{ICONS[shown.mapping.kind]}:", key=f"{key}-{index}", on_change="rerun") as box:
        if not box.open:
            return plan
        mapping, off = shown.mapping, shown.off
        columns, mended, wrong = st.tabs(["Columns", "What was mended", f"Problems ({_problems(shown):,})"])
        with columns:
            mapping = _columns(shown, f"{key}-{index}-columns")
        with mended:
            off = _fixes(shown, f"{key}-{index}-fixes")
        with wrong:
            _wrong(shown)
    return _revised(plan, index, mapping, off)


def questions(plan: Plan, key: str) -> Plan:
    """What the files leave open, asked once; what is marked is taken if nobody answers."""
    for index, shown in enumerate(plan.groups):
        for question in shown.questions:
            answer = st.segmented_control(
                f"{plain(shown.name)}: {plain(question.text)}", question.choices, default=question.taken or None,
                format_func=lambda choice: CHOICES.get(choice, f"Yes, “{plain(choice)}”"), key=f"{key}-{index}-{question.about}",
            )  # fmt: skip
            if answer is not None and answer != question.taken:
                told = _as_kind(shown, answer) if question.about == "kind" else _answered(shown.mapping, question.about, answer)
                return _revised(plan, index, told, shown.off)
    return plan


def problems(plan: Plan) -> None:
    """Everything that cannot be used as it is, to look at and to take along."""
    found = plan.problems
    if not len(found):
        return
    refused = int(found.refused.sum())
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{len(found):,} problems**, {refused:,} of them on lines that are not used.")
        download("Problems as Excel", sheet_maker("Problems", found.drop(columns="refused")), "problems.xlsx", key="problems-excel")
    _problem_table(found)


def _headline(shown: Group) -> str:
    kind = FILE_KINDS[shown.mapping.kind].lower()
    says = f"**{plain(shown.name)}** · {kind} · {shown.lines:,} lines"
    if shown.mapping.kind == "ignore":
        return f"{says} · :gray[nothing of ours was found in it; open to say what it is]"
    if shown.lacking:
        return f"{says} · :orange[needs a column for {plain(', '.join(shown.lacking).lower())}]"
    parts = [f"{count:,} {outcome}" for outcome, count in (shown.cleaned.counts if shown.cleaned else {}).items() if count]
    return f"{says} · {', '.join(parts)}" + (f" · :orange[{len(shown.questions)} to answer]" if shown.questions else "")


def _columns(shown: Group, key: str) -> Mapping:
    """Their columns beside ours, with samples; what is chosen here counts from the next run."""
    kinds = list(FILE_KINDS)
    kind = st.selectbox("This is", kinds, kinds.index(shown.mapping.kind), format_func=FILE_KINDS.__getitem__, key=f"{key}-kind", width=280)
    if kind != shown.mapping.kind:
        return _as_kind(shown, kind)
    if kind == "ignore":
        return shown.mapping
    ours = {column: FIELDS[name].label for name, column in shown.mapping.columns.items()}
    first = shown.tables[0]
    frame = pd.DataFrame({
        "column": first.header, "means": [ours.get(name) for name in first.header],
        "sample": [_sample(shown, name) for name in first.header], "sure": [_sure(shown.mapping, name) for name in first.header],
    })  # fmt: skip
    edited = st.data_editor(
        frame, key=f"{key}-{kind}", hide_index=True, disabled=["column", "sure", "sample"], alt="Their columns and what they mean to us",
        height=min(38 + 35 * len(frame), 420),
        column_config={
            "column": st.column_config.TextColumn("Their column", pinned=True),
            "means": st.column_config.SelectboxColumn("Means", options=[FIELDS[name].label for name in KIND_FIELDS[kind]]),
            "sure": st.column_config.ProgressColumn("Sure", min_value=0, max_value=1, format="percent"),
            "sample": st.column_config.TextColumn("For example", width="large"),
        },
    )  # fmt: skip
    return _mapped(shown.mapping, dict(zip(edited.column, edited.means, strict=True)))


def _as_kind(shown: Group, kind: str) -> Mapping:
    """The columns matched anew, as the person says what the file is."""
    return replace(recognising.recognise(shown.tables[0], kind), answers={**shown.mapping.answers, "kind": kind})


def _mapped(mapping: Mapping, means: dict[str, str | None]) -> Mapping:
    chosen = {label: column for column, label in means.items() if label}
    if len(chosen) < sum(bool(label) for label in means.values()):
        st.warning("Two of their columns mean the same. Choose one of them and clear the other.", icon=":material/rule:")
        return mapping
    names = {FIELDS[name].label: name for name in KIND_FIELDS[mapping.kind]}
    columns = {names[label]: column for label, column in chosen.items()}
    if columns == mapping.columns:
        return mapping
    settled = {f"column {name}": column for name, column in columns.items()}
    confidence = {
        name: mapping.confidence.get(name, 1.0) if mapping.columns.get(name) == column else 1.0 for name, column in columns.items()
    }
    return replace(mapping, columns=columns, confidence=confidence, answers={**mapping.answers, **settled, "kind": mapping.kind})


def _answered(mapping: Mapping, about: str, answer: str) -> Mapping:
    answers = {**mapping.answers, about: answer}
    if about.startswith("column "):
        kept = {name: column for name, column in mapping.columns.items() if name != about.removeprefix("column ")}
        return replace(mapping, columns=kept, answers=answers)
    return replace(mapping, answers=answers)


def _fixes(shown: Group, key: str) -> frozenset[str]:
    """Each rule with its count, an example, and a switch."""
    if shown.cleaned is None or not len(shown.cleaned.fixes):
        st.markdown(":gray[Nothing had to be mended.]")
        return shown.off
    off = set(shown.off)
    for fix in shown.cleaned.fixes.itertuples():
        example = f": {plain(fix.before)} → {plain(fix.after)}" if fix.before and fix.after else ""
        if st.toggle(f"{plain(fix.title)} · **{fix.count:,}**{example}", value=bool(fix.on), key=f"{key}-{fix.rule}"):
            off.discard(str(fix.rule))
        elif fix.on:
            off.add(str(fix.rule))
    return frozenset(off)


def _wrong(shown: Group) -> None:
    if not _problems(shown) or shown.cleaned is None:
        st.markdown(":gray[Every value could be read.]")
        return
    _problem_table(shown.cleaned.problems)


def _problem_table(found: pd.DataFrame) -> None:
    text, names = st.column_config.TextColumn, ["file", "sheet", "row", "column", "value", "problem", "suggestion"]
    titles = {"file": "File", "sheet": "Sheet", "column": "Column", "value": "Value", "problem": "Problem", "suggestion": "What to do"}
    st.dataframe(
        found.head(1000),
        hide_index=True,
        alt="Problems: file, row, column, value and what is wrong",
        height=min(38 + 35 * len(found), 320),
        column_order=[name for name in names if name != "sheet" or found.sheet.notna().any()],
        column_config={name: text(title) for name, title in titles.items()} | {"row": st.column_config.NumberColumn("Row", format="%d")},
    )


def _revised(plan: Plan, index: int, mapping: Mapping, off: frozenset[str]) -> Plan:
    shown = plan.groups[index]
    if mapping == shown.mapping and off == shown.off:
        return plan
    with working(f"Looking at {shown.name} again") as progress:
        progress(0.5, "Cleaning")
        return importing.revise(db(), plan, index, mapping, off)


def _problems(shown: Group) -> int:
    return 0 if shown.cleaned is None else len(shown.cleaned.problems)


def _sure(mapping: Mapping, column: str) -> float | None:
    return next((mapping.confidence.get(name) for name, taken in mapping.columns.items() if taken == column), None)


def _sample(shown: Group, column: str) -> str:
    cells = shown.tables[0].rows.column(column).slice(0, 200).to_pylist()
    return ", ".join(list(dict.fromkeys(cell.strip()[:40] for cell in cells if cell and cell.strip()))[:4])


def sheet_maker(title: str, frame: pd.DataFrame) -> Callable[[], bytes]:
    """What a download button calls on the click: the frame as a workbook."""

    def make() -> bytes:
        from ims_core import workbooks  # heavy, and needed only here

        return workbooks.sheet({title: frame})

    return make

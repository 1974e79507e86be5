"""Products that come in variants: each variant is an item, though exports name the product on its first line only."""

import re
from collections.abc import Collection, Sequence

import pyarrow as pa

from ims_core import scratch, values
from ims_core.labels import KIND_FIELDS
from ims_core.reading import Table
from ims_core.recognising import Mapping

WRITTEN = re.compile(r"\((?P<first>value:position|group:value)\)", re.I)
"""How PrestaShop says over a column in what way its variants are written."""


def name(pad: scratch.Pad, mapping: Mapping, header: Sequence[str]) -> None:
    """A variant is an item of its own, named after its product and itself; shops' exports name the product on its first line only."""
    told = {"variant", "parent", "name"} & set(mapping.columns)
    if not told & {"variant", "parent"} or "name" not in told:
        return
    above = "last_value({0} ignore nulls) over (partition by source, parent order by row)"
    shared = [name for name in ("name", "category", "supplier") if name in KIND_FIELDS[mapping.kind]] if "parent" in told else []
    further = [_option(name) for name in _beside(mapping.columns["variant"], header)] if "variant" in told else []
    options = f"nullif(concat_ws(' / ', {', '.join(further)}), 'Default Title')" if further else "null"
    filled = [f"case when parent is not null and coalesce(sku, barcode, variant) is not null then coalesce({name}, {above.format(name)})"
              f" else {name} end as {name}" for name in shared]  # fmt: skip
    pad.lay(
        "typed",
        f"""
        with options as (select "source  table" as source, "source  row" as row, {options} as options from cells),
             filled as (select * {f"replace ({', '.join(filled)})" if filled else ""} from typed)
        select filled.* replace (
            case when options is null or ends_with(lower(name), lower(' ' || options)) then name else name || ' ' || options end as name)
        from filled left join options using (source, row)
    """,
    )


def leave_totals(pad: scratch.Pad, mapping: Mapping, tables: Sequence[Table], off: Collection[str]) -> None:
    """What is on hand of a product is what its combinations tell (`combined`); its total is kept as `own_total`."""
    lines = [(source, row) for source, table in enumerate(tables) for row in table.combined]
    if not lines or mapping.kind != "items" or "on_hand" not in mapping.columns:
        return
    sources, rows = zip(*lines, strict=True)
    pad.put(
        combined=pa.table({"source": pa.array(sources, pa.int32()), "row": pa.array(rows, pa.int64()), "is_product": [True] * len(rows)})
    )
    left = "false" if "combined" in off else "is_product"
    emptied = ", ".join(f"case when {left} then null else {name} end as {name}" for name in ("on_hand", "on_hand_text"))
    pad.lay(
        "typed",
        f"""
        select t.* replace ({emptied}, case when is_product then format('{{:g}}', t.on_hand::double) end as own_total)
        from typed t left join combined using (source, row)
    """,
    )


def set_pictures_aside(pad: scratch.Pad, mapping: Mapping) -> None:
    """A line of a product that names nothing of its own shows one more picture of it."""
    if "parent" in mapping.columns:
        pad.run("""
            insert into asides by name
            select source, row, 'one more picture of a product' as reason from typed
            where parent is not null and coalesce(sku, barcode, name, variant) is null
                and (source, row) not in (select (source, row) from asides)
        """)


def _option(column: str) -> str:
    """SQL: what a variant is: `Blue / 16GB`, also where the header says that it is written `Blue:0; 16GB:1` or `Color:Blue, Disk:16GB`.

    Elsewhere a colon is part of it: models are built at 1:18 and 1:43.
    """
    cell, way = values.cell(column, wide=False), WRITTEN.search(column)
    if way is None:
        return cell
    one, nth = "[^:;,]+:[^:;,]+", 1 if way["first"].lower().startswith("value") else 2
    parts = f"list_transform(regexp_split_to_array(told, '[;,]'), lambda part: trim(split_part(part, ':', {nth})))"
    written = f"case when regexp_full_match(told, '{one}([;,]{one})*') then array_to_string({parts}, ' / ') else told end"
    return values.let("told", cell, written)


def _beside(column: str, header: Collection[str]) -> list[str]:
    """The columns that continue one with a number: Option1 Value -> Option1 Value, Option2 Value, Option3 Value where they are there."""
    return [name for nth in "123" if (name := re.sub("1", nth, column, count=1)) in header] if "1" in column else [column]

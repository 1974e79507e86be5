"""The same cleaning of one large file of sales as a plain script would do it: with pandas, and with polars.

Each reads the file as text, trims, types, finds lines to the letter the same, totals, notes, codes that are no product, cancelled and
returned lines, gives every line its outcome, numbers the items, and writes movements and the lines left out to one table each on disk.
They are told which column is what; nothing is recognised, shown, switchable or proved. Both give the count of lines by outcome.
"""

from pathlib import Path

from ims_core.rules import CODE_WORDS, TOTAL_WORDS

ITEM, QTY, TOTAL, REF, MOMENT = "product_id", "quantity", "sales_value", "basket_id", "transaction_timestamp"
NOTHING = ("", "-", "--", "n/a", "#N/A", "none", "null")
PLAIN = TOTAL_WORDS.replace("(", "(?:")
NO_PRODUCT = CODE_WORDS.replace("(", "(?:")
CANCELLED = r"^[Cc]-?\d+$"


def by_pandas(file: Path, database: Path) -> dict[str, int]:
    """Column by column, as in any notebook."""
    import duckdb
    import numpy as np
    import pandas as pd

    raw = pd.read_csv(file, dtype=str, keep_default_na=False)
    raw["row"] = np.arange(2, len(raw) + 2)
    double = raw.duplicated(subset=list(raw.columns[:-1]))
    cells = raw[list(raw.columns[:-1])].apply(lambda column: column.str.strip())
    cells = cells.mask(cells.isin(NOTHING))
    filled = cells.notna().sum(axis=1)
    first = cells.bfill(axis=1).iloc[:, 0].str.lower()
    total = first.str.contains(PLAIN, regex=True, na=False) & (filled < filled.mode().iloc[0])
    header = (cells.iloc[:, :3] == list(cells.columns[:3])).all(axis=1)
    aside = total | header | (filled == 1)
    qty, paid = (pd.to_numeric(cells[name].str.replace(",", ""), errors="coerce") for name in (QTY, TOTAL))
    moment = pd.to_datetime(cells[MOMENT], errors="coerce", format="ISO8601")
    key = cells[ITEM].str.upper().str.replace(r"\s+", " ", regex=True)
    usual = pd.DataFrame({"key": key, "sku": cells[ITEM]}).value_counts().reset_index().drop_duplicates("key").set_index("key")["sku"]
    no_product = key.str.contains(NO_PRODUCT, regex=True, na=False)
    cancelled = cells[REF].str.match(CANCELLED, na=False)
    refused = key.isna() | qty.isna() | moment.isna() | (qty == 0) | (qty.abs() > 1e9) | ~moment.dt.year.between(1970, 2199)
    outcome = np.select([aside, refused, double, no_product], ["set aside", "refused", "joined", "set aside"], "used")
    used = outcome == "used"
    lines = pd.DataFrame({
        "row": raw["row"], "happened_at": moment, "day": moment.dt.date, "item": key.map(usual), "qty": -qty,
        "kind": np.where(qty < 0, "return_in", "sale"), "price": (paid / qty).abs().round(4), "ref": cells[REF],
        "cancelled": cancelled,
    })[used]  # fmt: skip
    lines["item_id"] = pd.factorize(lines["item"])[0] + 1
    left = raw[~used].assign(outcome=outcome[~used])
    left["content"] = [str(line) for line in left[list(cells.columns)].to_dict("records")]
    with duckdb.connect(str(database)) as connection:
        connection.register("kept", left[["row", "outcome", "content"]])
        connection.execute("create table movements as select * from lines")
        connection.execute("create table lines_left as select * from kept")
        connection.execute("checkpoint")
    return {str(name): int(count) for name, count in pd.Series(outcome).value_counts().items()}


def by_polars(file: Path, database: Path) -> dict[str, int]:
    """One lazy plan, as its guide recommends."""
    import duckdb
    import polars as pl

    raw = pl.scan_csv(file, infer_schema=False).with_row_index("row", offset=2)
    names = [name for name in raw.collect_schema().names() if name != "row"]
    trimmed = [pl.col(name).str.strip_chars() for name in names]
    cells = raw.with_columns(double=~pl.struct(names).is_first_distinct()).with_columns(
        pl.when(~cell.is_in(NOTHING)).then(cell).alias(name) for name, cell in zip(names, trimmed, strict=True)
    )
    cells = cells.with_columns(
        filled=pl.sum_horizontal(pl.col(name).is_not_null() for name in names),
        first=pl.coalesce(names).str.to_lowercase(),
        header=pl.all_horizontal(pl.col(name) == name for name in names[:3]),
        key=pl.col(ITEM).str.to_uppercase().str.replace_all(r"\s+", " "),
        moment=pl.col(MOMENT).str.to_datetime(strict=False),
        **{
            name: pl.col(column).str.replace_all(",", "").cast(pl.Float64, strict=False) for name, column in (("qty", QTY), ("paid", TOTAL))
        },
    )
    total = pl.col("first").str.contains(PLAIN).fill_null(False) & (pl.col("filled") < pl.col("filled").mode().first())
    refused = (
        pl.col("key").is_null() | pl.col("qty").is_null() | pl.col("moment").is_null() | (pl.col("qty") == 0)
        | (pl.col("qty").abs() > 1e9) | ~pl.col("moment").dt.year().is_between(1970, 2199)
    )  # fmt: skip
    judged = cells.with_columns(
        outcome=pl.when(total | pl.col("header").fill_null(False) | (pl.col("filled") == 1)).then(pl.lit("set aside"))
        .when(refused).then(pl.lit("refused")).when("double").then(pl.lit("joined"))
        .when(pl.col("key").str.contains(NO_PRODUCT)).then(pl.lit("set aside")).otherwise(pl.lit("used"))
    ).collect()  # fmt: skip
    usual = judged.group_by("key", ITEM).len().sort("len", descending=True).unique("key", keep="first").select("key", item=ITEM)
    lines = (
        judged.filter(pl.col("outcome") == "used").join(usual, on="key", how="left").select(
            "row", "item", happened_at="moment", day=pl.col("moment").dt.date(), qty=-pl.col("qty"),
            kind=pl.when(pl.col("qty") < 0).then(pl.lit("return_in")).otherwise(pl.lit("sale")),
            price=(pl.col("paid") / pl.col("qty")).abs().round(4), ref=pl.col(REF), cancelled=pl.col(REF).str.contains(CANCELLED),
            item_id=pl.col("item").rank("dense"),
        )
    ).to_arrow()  # fmt: skip
    kept = judged.filter(pl.col("outcome") != "used").select("row", "outcome", content=pl.struct(names).struct.json_encode()).to_arrow()
    with duckdb.connect(str(database)) as connection:
        connection.register("lines", lines)
        connection.register("kept", kept)
        connection.execute("create table movements as select * from lines")
        connection.execute("create table lines_left as select * from kept")
        connection.execute("checkpoint")
    return dict(judged["outcome"].value_counts().iter_rows())

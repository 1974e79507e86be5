"""The cleaning rules: what each looks for, said so that it can be shown with a switch beside it."""

from dataclasses import dataclass

DATED = ("day", "ordered", "received", "shipped")
TAKEN_BACK_WITHIN = 14
"""Days within which a cancelled sale takes its demand back; later it is a return of something that was wanted."""

TOTAL_WORDS = r"^(grand |sub)?(total|sum|summe|gesamt|gesamtsumme|zwischensumme|totale|suma|somme)s?\b"
"""How a total begins; it is one where no letter follows, or where fewer cells are filled than in most lines."""

NAME_WORDS = "|".join(
    (
        r"^carriage( (and|&) (packing|packaging|handling))?( (charge|cost|fee)s?)?$",
        r"^(\w+ )?(postage|shipping|freight|delivery|porto|versand|versandkosten|livraison|spedizione|env[ií]o|frete)"
        r"( (and|&) (packing|packaging|handling))?( (charge|cost|fee)s?)?$",
        r"^(frais de port|gastos de env[ií]o|spese di spedizione)$",
        r"(^| )(bank charges?|service charge|amazon fee|\w+ fees?|commission|surcharge|bad debt)$",
        r"^(manual|samples?|discounts?|rabatt|tips?|trinkgeld|deposit|pfand|donation|rounding|adjustment|adjust .*)$",
        r"(gift|geschenk)[ -]?(voucher|card|certificate|gutschein|karte)s?( \W?\d.*)?$",
        r"^(gutschein|bon cadeau|carte cadeau|buono regalo|tarjeta regalo)\b",
    )
)
"""The usual name of a code that is no product, in lower case."""

CODE_WORDS = (
    r"^(POST|POSTAGE|SHIP|SHIPPING|FREIGHT|DELIVERY|CARRIAGE|FEE|DISCOUNT|ADJUST|AMAZONFEE|BANK CHARGES|GIFT[ _-]?(CARD|VOUCHER))"
    r"([ _-]?\d+)?$"
)
"""A code that is no product, in upper case: a POSTER is one."""


@dataclass(frozen=True)
class Rule:
    """One rule. `counted` is SQL over what was judged: count, one example as before and after, and the figures that the title names."""

    name: str
    title: str
    kinds: tuple[str, ...]
    columns: frozenset[str]
    counted: str
    always: bool = False
    """Cannot be switched off."""


def _rule(name: str, title: str, kinds: str, where: str, before: str, after: str, columns: str = "", always: bool = False) -> Rule:
    sql = f"select count(*) as count, min({before}) as before, arg_min({after}, {before}) as after from judged where {where}"
    return Rule(name, title, tuple(kinds.split()), frozenset(columns.split()), sql, always)


CORRECTED = Rule(
    "corrected",
    "Documents that an earlier file brought are booked as they stand here, only the difference: {new:,} new lines, {changed:,} changed, "
    "{gone:,} gone",
    ("sales",),
    frozenset({"ref"}),
    """
    with told as (
        select t.what, b.ref || ' ' || b.sku || ' × ' || format('{:g}', b.qty::double)
               || coalesce(' at ' || format('{:g}', b.price::double), '') as old,
               '× ' || format('{:g}', j.qty::double) || coalesce(' at ' || format('{:g}', j.price::double), '') as new
        from taken_back t join booked b using (id) left join lines j on j.line = t.line
    )
    select count(*) as count, arg_min(old, (what, old)) as before, arg_min(coalesce(new, 'gone'), (what, old)) as after,
           count(*) filter (what = 'changed') as changed, count(*) filter (what = 'gone') as gone,
           (select count(*) from judged where outcome = 'used') - changed as new
    from told
    """,
)

PACKS = Rule(
    "packs",
    "Quantities told in packs, dozens or another unit are counted in each item's own",
    ("items", "stock", "counts", "sales", "purchases", "customer_orders"),
    frozenset(),
    """
    with ways as (
        select arg_min(packed, (source, row)) as shown, min((source, row)) as first, count(*) as often
        from judged where packed is not null and (outcome <> 'refused' or lacking = unfit)
        group by packed.way order by often desc, first limit 3
    )
    select coalesce((select count(*) from judged where packed is not null and (outcome <> 'refused' or lacking = unfit)), 0) as count,
           first(shown.told order by often desc, first) as before,
           string_agg(case when nth > 1 then shown.told || ' → ' else '' end || shown.counted, ' · ' order by often desc, first) as after
    from (select *, row_number() over (order by often desc, first) as nth from ways)
    """,
)

GOODS = "items stock counts sales purchases customer_orders"
"""Kinds of files whose lines name items and pieces."""
EVERY = "items stock counts sales purchases customer_orders suppliers"

RULES = (
    _rule("totals", "Totals, headings and notes between the lines are set aside", EVERY, "aside is not null", "aside", "'set aside'"),
    _rule(
        "other_ids", "The number that a program gave an item is one more code of it: other files may know it by that only", "items",
        "outcome = 'used' and other_id is not null", "other_id", "coalesce(sku, name)", "other_id",
    ),
    _rule(
        "combined", "Where a product's combinations (sizes, colours) tell how many there are, its own total is not counted besides them",
        "items", "own_total is not null and outcome = 'used'", "coalesce(name, sku) || ': ' || own_total", "'told by its combinations'",
        "on_hand",
    ),
    _rule(
        "discounts", "A discount told beside the price is taken off it", "sales", "listed is not null and outcome = 'used'",
        "listed", "format('{:g}', price::double)", "price discount",
    ),
    _rule(
        "sections", "Headings between the lines are the category of the items below them", "items",
        "section is not null and aside is null", "section", "'category of ' || coalesce(name, sku, barcode)",
    ),
    PACKS,
    _rule(
        "own_unit", "New items that are only told by weight, volume, length or in a unit of their own are counted in it",
        GOODS, "own_unit is not null and outcome <> 'refused'", "coalesce(sku, barcode, name)", "own_unit",
    ),
    _rule(
        "nothing", "Cells that say there is nothing (-, n/a, none, #N/A) are empty", EVERY, "nothing is not null", "nothing", "'empty'"
    ),
    _rule(
        "continued", "Lines under the first one of an order take its number, day and partner", "sales purchases customer_orders",
        "continued and outcome <> 'refused'", "coalesce(sku, barcode, name)", "coalesce('of ' || ref, 'of the order above')", "ref",
    ),
    _rule("duplicates", "A line that repeats another to the letter counts once", EVERY, "double", "'twice'", "'once'"),
    _rule(
        "again", "A line that an earlier file brought counts once", "sales",
        "again", "coalesce(ref || ' ', '') || coalesce(sku, barcode, name)", "'known'",
    ),
    CORRECTED,
    _rule(
        "mended", "Codes that a spreadsheet dressed up (4006381333931.0, =\"00123\") are undressed", GOODS,
        "mended is not null", "spoilt", "mended",
    ),
    _rule(
        "codes", "Codes that differ only in upper and lower case or blanks are one item", GOODS,
        "sku <> spelled", "sku", "spelled", "sku", always=True,  # the shop has no two codes that differ in this only
    ),
    _rule(
        "no_product", "Postage, fees, vouchers, samples and the like are set aside: they are no stock", "sales purchases customer_orders",
        "no_product", "sku || ' ' || coalesce(called, '')", "'set aside'", "sku",
    ),
    _rule(
        "cancelled", f"Cancelled invoices go back into stock; within {TAKEN_BACK_WITHIN} days they also take back the demand", "sales",
        "cancelled", "ref", "'back into stock'", "ref",
    ),
    _rule("called_off", "Lines whose status says cancelled are set aside", "sales", "called_off", "status", "'set aside'", "status"),
    _rule(
        "refunds", "Lines whose type says refund, return or credit note come back from the customer", "sales",
        "refund is not null and outcome = 'used'", "refund", "'return'", "qty",
    ),
    _rule(
        "returns", "A negative quantity is a return from a customer", "sales",
        "qty < 0 and refund is null and not cancelled and (outcome = 'used' or reason = 'a negative quantity')", "qty::varchar", "'return'",
        "qty",
    ),
    _rule(
        "free", "Lines at a price of 0 or below are no sales: under the item's own name they were given away and leave stock; "
        "others (damage, corrections, no name) are set aside", "sales",
        "free", "coalesce(name, sku)", "case when given then 'given away' else 'set aside' end", "price sku",
    ),
    _rule("sheets", "Each sheet of a file is a place", "stock counts", "place is null and sheet is not null", "sheet", "'a place'"),
    _rule(
        "names", "A missing description is taken from the same code's other lines", "sales", "name is null", "sku", "called", "sku name",
    ),
)  # fmt: skip
"""In the order they are shown."""

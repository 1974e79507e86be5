"""Items that may be one under two names or codes: pairs with what speaks for and against them. Variants are no pairs."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from ims_core import codes, scratch, values

SHOWN = 55
"""Points from which a pair is worth a look. Names that are the same word for word give 60, the same barcode 110."""
CROWD = 30
"""From this many names on that are the same but for a word or two, they are a family of variants."""

MEASURES = {
    "ml": ("1", "ml"), "cl": ("10", "ml"), "dl": ("100", "ml"), "l": ("1000", "ml"), "lt": ("1000", "ml"), "ltr": ("1000", "ml"),
    "liter": ("1000", "ml"), "litre": ("1000", "ml"), "litres": ("1000", "ml"), "mg": ("0.001", "g"), "g": ("1", "g"), "gr": ("1", "g"),
    "gm": ("1", "g"), "kg": ("1000", "g"), "oz": ("1", "oz"), "lb": ("16", "oz"), "lbs": ("16", "oz"), "mm": ("1", "mm"),
    "cm": ("10", "mm"), "m": ("1000", "mm"), "in": ("25.4", "mm"), "inch": ("25.4", "mm"), "ft": ("304.8", "mm"), "w": ("1", "w"),
    "kw": ("1000", "w"), "v": ("1", "v"), "mb": ("1", "mb"), "gb": ("1000", "mb"), "tb": ("1000000", "mb"), "pc": ("1", ""),
    "pcs": ("1", ""), "pk": ("1", ""), "pack": ("1", ""), "ct": ("1", ""), "er": ("1", ""), "stk": ("1", ""),
}  # fmt: skip
"""What stands behind a number in a name: how many of the unit in which two sizes are compared."""

STOP = frozenset((
    *("the", "of", "and", "with", "in", "for", "to", "by", "x", "und", "mit", "der", "die", "das"),
    *("von", "con", "de", "del", "la", "el", "los", "le", "les", "des", "du", "et", "avec", "di", "da", "della", "com"),
))  # fmt: skip
"""Words that may stand in one of two names and change nothing."""

POINTS = {
    "said": 100, "barcode": 110, "zeros": 60, "code": 45, "supplier": 60, "same": 60, "slip": 45,
    "price": 15, "near": 8, "category": 5,
    "numbers": -70, "words": -50, "more": -25, "dear": -30, "elsewhere": -15, "barcodes": -35, "suppliers": -25, "sibling": -40,
}  # fmt: skip


def pairs(known: pa.Table, barcodes: pa.Table, supplied: pa.Table, said: pa.Table) -> pd.DataFrame:
    """Pairs that may be one item, the surest first: item_id other_id likeness score why against.

    known: item_id sku name category price; barcodes: item_id code; supplied: item_id supplier_id code;
    said: item_id code, where a file gave two codes for one thing. `why`, `against`: sentences in the shop's words;
    `likeness`: of the names, 0..100.
    """
    with scratch.pad(known=known, barcodes=barcodes, supplied=supplied, said=said) as pad:
        _read_names(pad)
        _read_codes(pad)
        _meet(pad)
        _compare(pad)
        often = dict(pad.rows("select word, count(*) from (select unnest(words) as word from named) group by 1"))
        found: pd.DataFrame = pad.table("from compared").to_pandas()
    return _judged(found, often)


# -- laying out


def _read_names(pad: scratch.Pad) -> None:
    """Table `named`: the words of each name in their order, and its sizes and numbers in one unit; none where the code is the name."""
    sized = rf"\b(\d+(?:[.,]\d+)?) ?({'|'.join(sorted(MEASURES, key=len, reverse=True))})?\b"
    listed = ", ".join(f"'{unit}': struct_pack(times := {times}::double, base := '{base}')" for unit, (times, base) in MEASURES.items())
    plain = r"regexp_replace(strip_accents(lower(replace(name, 'ß', 'ss'))), '[''’`]', '', 'g')"
    apart = r"regexp_replace(regexp_replace({0}, '(\d) ?[x×*] ?(\d)', '\1 x \2', 'g'), '(\d) ?[x×*] ?(\d)', '\1 x \2', 'g')"
    rest, stop = f"regexp_replace(text, '{sized}', ' ', 'g')", ", ".join(f"'{word}'" for word in sorted(STOP))
    pad.run(rf"""
        create table named as
        with plain as (
            select item_id, {apart.format(plain)} as text from known
            where {values.key("name")} <> {values.key("sku")} and regexp_matches(name, '\pL')
        ),
        parts as (
            select item_id, regexp_extract_all(text, '{sized}', 1) as figures, regexp_extract_all(text, '{sized}', 2) as units,
                   string_split_regex(trim(regexp_replace({rest}, '[^\pL\d.]+|\.(\s|$)', ' ', 'g')), '[ .]+')
                       as words
            from plain
        ),
        measured as (
            select item_id, words, list_transform(list_zip(figures, units), lambda told: struct_pack(
                       figure := replace(told[1], ',', '.')::double, unit := (map {{{listed}}})[coalesce(told[2], '')])) as sizes
            from parts
        )
        select item_id, list_filter(words, lambda word: word <> '' and word not in ({stop})) as words,
               list_sort(list_transform(sizes, lambda told: trim(format('{{:g}} {{}}', round(told.figure * coalesce(told.unit.times, 1), 4),
                                                                      coalesce(told.unit.base, ''))))) as sizes
        from measured
    """)


def _read_codes(pad: scratch.Pad) -> None:
    """Table `coded`: each code without the signs between its parts and the zeros before its numbers; its stem without a last letter."""
    joined = (
        r"regexp_replace(regexp_replace(upper(trim(sku)), '(\d)[^\pL\d]+(\d)', '\1 \2', 'g'), '[^\pL\d ]+|([^\d]) | ([^\d])', '\1\2', 'g')"
    )
    pad.run(rf"""
        create table coded as
        select item_id, {values.key("sku")} as code, {codes.in_sql("sku")} as as_barcode,
               regexp_replace({joined}, '(^|[^\d])0+(\d)', '\1\2', 'g') as bare, ltrim(code, '0') as short,
               regexp_replace(code, '[^\pL\d]?(\pL{{1,3}}|\d{{1,2}})$', '') as stem
        from known
    """)


def _meet(pad: scratch.Pad) -> None:
    """Table `met`: pairs that share a code, a barcode, or a name but for a word or two: each left out in turn, the rest compared."""
    pad.run(f"""
        create table barred as
        select item_id, code from barcodes union select item_id, as_barcode from coded where {codes.is_gtin("as_barcode")};
        create table met as
        with lettered as (
            select item_id, len(words) as many, sizes, unnest(words) as word, generate_subscripts(words, 1) as nth from named
        ),
        summed as (  -- a name is the sum of its words: one left out is one subtracted
            select item_id, many, nth, (hash(word) >> 16)::bigint as word, (hash(sizes) >> 16)::bigint as sizes from lettered
        ),
        whole as (select item_id, any_value(many) as many, any_value(sizes) + sum(word) as rest from summed group by item_id),
        left_over as (
            select item_id, rest from whole
            union select item_id, rest - word from whole join summed using (item_id) where whole.many > 1
            union select item_id, rest - a.word - b.word from whole join summed a using (item_id) join summed b using (item_id)
                where whole.many between 5 and 9 and a.nth < b.nth
            union select item_id, -(hash(array_to_string(words, ''), sizes) >> 16)::bigint from named where len(words) > 0
        ),
        alike as (
            select rest, list(distinct item_id) as family from left_over group by rest
            having count(distinct item_id) between 2 and {CROWD}
        ),
        by_name as (
            select distinct a.item_id, b.item_id as other_id from (select rest, unnest(family) as item_id from alike) a
            join (select rest, unnest(family) as item_id from alike) b on a.rest = b.rest and a.item_id < b.item_id
        ),
        by_code as (
            select least(a.item_id, b.item_id) as item_id, greatest(a.item_id, b.item_id) as other_id
            from coded a join coded b on a.bare = b.bare and a.item_id < b.item_id where a.bare <> ''
            union select a.item_id, b.item_id from barred a join barred b on a.code = b.code and a.item_id < b.item_id
            union select a.item_id, b.item_id from supplied a join supplied b
                on a.supplier_id = b.supplier_id and {values.key("a.code")} = {values.key("b.code")} and a.item_id < b.item_id
            union select least(s.item_id, c.item_id), greatest(s.item_id, c.item_id)
                from said s join coded c on c.code = {values.key("s.code")} and c.item_id <> s.item_id
        )
        select item_id, other_id, bool_or(coded) as coded
        from (select *, false as coded from by_name union all select *, true from by_code) group by all
    """)


def _compare(pad: scratch.Pad) -> None:
    """Table `compared`: each pair with everything that speaks for it or against it."""
    owned = "select item_id, list(distinct code) as codes from barcodes group by 1"
    sold_by = f"select item_id, list(distinct supplier_id) as firms, list(distinct (supplier_id, {values.key('code')})) as codes"
    firsts = "list_sort(list_transform({0}, lambda word: word[1]))"
    pad.run(rf"""
        create table unlike as  -- the words that one has and the other has not; names that cannot be the same are left out here
        select m.*, na.words, nb.words as other_words, na.sizes, nb.sizes as other_sizes,
               list_filter(na.words, lambda word: not list_contains(nb.words, word)) as mine,
               list_filter(nb.words, lambda word: not list_contains(na.words, word)) as theirs
        from met m left join named na on na.item_id = m.item_id left join named nb on nb.item_id = m.other_id
        where coded or (na.sizes = nb.sizes and (array_to_string(mine, '') = array_to_string(theirs, '')
                                                 or {firsts.format("mine")} = {firsts.format("theirs")}));
        create table compared as
        with barcoded as ({owned}), barred_by as (select item_id, list(distinct code) as codes from barred group by 1),
             terms as ({sold_by} from supplied where code is not null group by 1)
        select m.item_id, m.other_id, a.sku, b.sku as other_sku, a.name, b.name as other_name, a.price, b.price as other_price,
               m.words, m.other_words, m.sizes, m.other_sizes, m.mine, m.theirs,
               lower(trim(a.category)) = lower(trim(b.category)) as same_category,
               list_intersect(ra.codes, rb.codes)[1] as barcode,
               ba.codes is not null and bb.codes is not null and not list_has_any(ba.codes, bb.codes) as other_barcodes,
               list_intersect(ta.codes, tb.codes)[1][2] as supplier_code,
               list_has_any(ta.firms, tb.firms) and not list_has_any(ta.codes, tb.codes) as other_suppliers,
               ca.bare = cb.bare and ca.bare <> '' as same_code, ca.short = cb.short as zeros,
               ca.stem = cb.stem and length(ca.stem) >= 3 as siblings,
               exists (select 1 from said s where (s.item_id = m.item_id and {values.key("s.code")} = cb.code)
                                               or (s.item_id = m.other_id and {values.key("s.code")} = ca.code)) as said
        from unlike m join known a on a.item_id = m.item_id join known b on b.item_id = m.other_id
        join coded ca on ca.item_id = m.item_id join coded cb on cb.item_id = m.other_id
        left join barcoded ba on ba.item_id = m.item_id left join barcoded bb on bb.item_id = m.other_id
        left join barred_by ra on ra.item_id = m.item_id left join barred_by rb on rb.item_id = m.other_id
        left join terms ta on ta.item_id = m.item_id left join terms tb on tb.item_id = m.other_id
    """)


# -- judging


def _judged(found: pd.DataFrame, often: Mapping[str, int]) -> pd.DataFrame:
    """The pairs worth a look with their points and sentences; a name that differs by a slip of the keyboard is the same name."""
    from rapidfuzz import fuzz, process  # some milliseconds, and needed only here

    shown = ["item_id", "other_id", "likeness", "score", "why", "against"]
    if found.empty:
        return pd.DataFrame(columns=shown)
    told = [_weighed(pair, often) for pair in found.to_dict("records")]
    names = (found["name"].str.lower(), found["other_name"].str.lower())
    found["likeness"] = process.cpdist(*names, scorer=fuzz.token_sort_ratio)
    found["score"] = [sum(POINTS[word] for word in (*why, *against)) for why, against in told]
    found["why"] = [". ".join(why.values()) for why, _ in told]
    found["against"] = [". ".join(against.values()) for _, against in told]
    best = found[found["score"] >= SHOWN].sort_values(["score", "likeness", "item_id"], ascending=[False, False, True])
    return best.assign(score=best["score"].clip(upper=100))[shown].reset_index(drop=True)


def _weighed(pair: Mapping[Any, Any], often: Mapping[str, int]) -> tuple[dict[str, str], dict[str, str]]:
    """What speaks for a pair and what against it: the word in `POINTS` -> the sentence."""
    why, against = _names(pair, often)
    if pair["said"]:
        why["said"] = "A file gives both codes for one thing"
    if isinstance(pair["barcode"], str):
        why["barcode"] = f"Both have the barcode {pair['barcode']}"
    elif pair["other_barcodes"] is True:
        against["barcodes"] = "Each has a barcode of its own"
    if isinstance(pair["supplier_code"], str):
        why["supplier"] = f"One supplier calls both {pair['supplier_code']}"
    elif pair["other_suppliers"] is True:
        against["suppliers"] = "One supplier has a code for each"
    if pair["zeros"]:
        why["zeros"] = "The codes differ in the zeros before them"
    elif pair["same_code"]:
        why["code"] = "The codes differ in their signs only"
    elif pair["siblings"]:
        against["sibling"] = "The codes are those of variants"
    _prices(pair, why, against)
    return why, against


def _names(pair: Mapping[Any, Any], often: Mapping[str, int]) -> tuple[dict[str, str], dict[str, str]]:
    """What the names say; nothing where one of them is only a code."""
    if not (_has(pair["words"]) and _has(pair["other_words"])):
        return {}, {}
    mine, theirs = tuple(pair["mine"]), tuple(pair["theirs"])
    against: dict[str, str] = {}
    sizes, others = list(pair["sizes"]), list(pair["other_sizes"])
    if sizes != others:
        one, other = (", ".join(size for size in own if size not in rest) for own, rest in ((sizes, others), (others, sizes)))
        both = bool(one and other) or (bool(sizes) and bool(others))
        against["numbers" if both else "more"] = f"{one or 'Nothing'} here, {other or 'nothing'} there"
    if mine == theirs == ():
        return ({"same": "The same words"} if not against else {}), against
    if (slip := _slip(mine, theirs, often)) and not against:
        return {"slip": slip}, against
    if not slip:
        said = f"{' '.join(mine) or 'Nothing'} here, {' '.join(theirs) or 'nothing'} there"
        against["words" if mine and theirs else "more"] = said
    return {}, against


def _has(words: Any) -> bool:
    return not isinstance(words, float) and words is not None and len(words) > 0


def _slip(mine: Sequence[str], theirs: Sequence[str], often: Mapping[str, int]) -> str | None:
    """What makes the words that differ the same ones: written apart, a plural, an abbreviation, a slip; None where nothing does."""
    if "".join(mine) == "".join(theirs):
        return "The same words, written apart or together"
    if len(mine) != len(theirs):
        return None
    left, told = list(theirs), []
    for word in mine:
        other = next((each for each in left if _one_word(word, each, often)), None)
        if other is None:
            return None
        left.remove(other)
        told.append(f"{word} / {other}")
    return f"The same words but for {', '.join(told)}"


def _one_word(one: str, other: str, often: Mapping[str, int]) -> bool:
    """A plural, an abbreviation without vowels, or a slip in a long word that no third name has: two words in use are two things."""
    from rapidfuzz.distance import OSA

    short, long = sorted((one, other), key=len)
    if short[0] != long[0] or not (one.isalpha() and other.isalpha()):
        return False
    if long in (f"{short}s", f"{short}es") and len(short) >= 3:
        return True
    if len(short) >= 2 and not set(short) & set("aeiouy") and len(long) >= len(short) + 2 and short[-1] in long[-2:]:
        rest = iter(long)
        return all(letter in rest for letter in short)
    if min(often.get(one, 0), often.get(other, 0)) > 1 or len(short) < 5:
        return False
    return bool(OSA.distance(one, other) <= (1 if len(long) < 9 else 2))


def _prices(pair: Mapping[Any, Any], why: dict[str, str], against: dict[str, str]) -> None:
    if pair["same_category"] is True:
        why["category"] = "The same category"
    elif pair["same_category"] is False:
        against["elsewhere"] = "Another category"
    price, other = pair["price"], pair["other_price"]
    if not (price and other and price > 0 and other > 0):
        return
    apart = float(max(price, other) / min(price, other)) - 1
    if apart <= 0.01:
        why["price"] = "The same price"
    elif apart <= 0.15:
        why["near"] = "Nearly the same price"
    elif apart > 0.5:
        against["dear"] = "Prices far apart"

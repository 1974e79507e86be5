"""Files of customers' orders: kept as they are told, moving nothing; the newest word counts, and undo takes it back."""

from datetime import date
from typing import Any

import pytest

from ims_core import importing, kpis, ledger, people, reading, recognising
from ims_core.db import Database
from tests.test_importing import drop, everything, file, look
from tests.test_recognising import table

HEADER = "Order no | Customer | Item code | Qty ordered | Qty shipped | Order date | Promised date | Ship date | Status"


def orders(name: str, text: str) -> Any:
    return file(f"orders {name}.csv", f"{HEADER}\n{text.strip()}")


APRIL = """
    1001 | Ann | A1 | 4 | 4 | 2026-04-01 | 2026-04-05 | 2026-04-03 | shipped
    1001 | Ann | B2 | 1 | 1 | 2026-04-01 | 2026-04-05 | 2026-04-03 | shipped
    1002 | Bo | A1 | 10 | 4 | 2026-04-02 | 2026-04-09 | 2026-04-04 | part shipped
    1003 | Cy | B2 | 2 | 0 | 2026-04-06 | 2026-04-12 |  | cancelled
    1004 | Di | B2 | 3 |  | 2026-04-06 | 2026-04-12 | | open
    1005 | Ed | B2 | many |  | 2026-04-06 | 2026-04-12 | | open
     | Flo | B2 | 1 |  | 2026-04-06 | 2026-04-12 | | open
"""


def kept(db: Database) -> list[tuple[Any, ...]]:
    rows = db.rows("""
        select number, sku, qty::integer, shipped_qty::integer, shipped, closed
        from customer_orders join items using (item_id) order by 1, 2""")
    return [(*row[:4], f"{row[4]:%m-%d}" if row[4] else "", row[5]) for row in rows]


def test_orders_are_kept_and_move_no_stock(db: Database) -> None:
    plan = look(db, orders("april", APRIL))
    assert [group.mapping.kind for group in plan.groups] == ["customer_orders"]
    assert "20 ordered by customers" in plan.says()
    assert plan.counts["refused"] == 2, "a quantity that is a word, and a line without an order"
    importing.commit(db, people.LOCAL, plan)
    assert kept(db) == [
        ("1001", "A1", 4, 4, "04-03", True), ("1001", "B2", 1, 1, "04-03", True), ("1002", "A1", 10, 4, "04-04", False),
        ("1003", "B2", 2, 0, "", True), ("1004", "B2", 3, 0, "", False),
    ]  # fmt: skip
    assert db.scalar("select count(*) from movements") == 0
    assert db.scalar("select sum(refused) from imports") == 2


def test_the_newest_word_on_an_order_counts_whatever_is_dropped_last(db: Database) -> None:
    drop(db, orders("april", APRIL))
    before = everything(db), kept(db)
    later = drop(db, orders("may", "1002 | Bo | A1 | 10 | 10 | 2026-04-02 | 2026-04-09 | 2026-05-02 | shipped"))
    assert ("1002", "A1", 10, 10, "05-02", True) in kept(db)
    drop(db, orders("march", "1002 | Bo | A1 | 10 | 0 | 2026-04-02 | 2026-04-09 | | open"))
    assert ("1002", "A1", 10, 10, "05-02", True) in kept(db), "an older export brings nothing back"
    ledger.undo(db, people.LOCAL, db.version)
    ledger.undo(db, people.LOCAL, later)
    assert (everything(db), kept(db)) == before
    ledger.undo(db, people.LOCAL, db.version)
    assert ("1002", "A1", 10, 10, "05-02", True) in kept(db), "undoing the undo brings it back"


def test_the_kpis_are_told_from_the_file(db: Database) -> None:
    drop(db, orders("april", APRIL), file("sales.csv", "Receipt no|Date|Item code|Qty|Price\n1|2026-04-03|A1|4|9\n2|2026-04-03|B2|1|4"))
    found = kpis.summary(db, date(2026, 4, 1), date(2026, 4, 30)).set_index("kpi")["value"]
    assert found["order_fill"] == pytest.approx(1 / 3), "1001 of 1001, 1002, 1004; 1003 was called off"
    assert found["line_fill"] == pytest.approx(2 / 4)
    assert found["otif"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("header", [
    "Auftragsnummer|Bestelldatum|Kunde|Artikelnummer|Bestellmenge|Gelieferte Menge|Liefertermin|Versanddatum",
    "N° commande|Date de commande|Client|Référence article|Quantité commandée|Quantité expédiée|Date de livraison prévue|Date d'expédition",
    "Nº pedido|Fecha de pedido|Cliente|Código de artículo|Cantidad pedida|Cantidad enviada|Fecha prevista|Fecha de envío",
    "Numero ordine|Data ordine|Cliente|Codice articolo|Quantità ordinata|Quantità spedita|Data consegna prevista|Data di spedizione",
    "Nº da encomenda|Data da encomenda|Cliente|Código do artigo|Quantidade encomendada|Quantidade enviada|Data prevista|Data de envio",
])  # fmt: skip
def test_they_are_recognised_in_other_languages(header: str) -> None:
    text = f"{header}\nSO-7|2026-05-04|Meier|A117|4|3|2026-05-08|2026-05-06\nSO-8|2026-05-05|Rossi|B230|2|0|2026-05-09|"
    (read,) = reading.read("export.csv", text.replace("|", ";").encode())
    mapping = recognising.recognise(read)
    assert mapping.kind == "customer_orders"
    assert {"sku", "qty", "ref", "customer", "ordered", "promised", "shipped", "shipped_qty"} <= set(mapping.columns)
    assert mapping.confidence["kind"] > 0.75


@pytest.mark.parametrize(("header", "kind"), [
    ("Order ID|Order Date|Ship Date|Customer Name|Product ID|Product Name|Sales|Quantity", "sales"),
    ("Order no|Order date|Due date|Ship date|Customer|SKU|Qty ordered|Qty shipped|Unit price|Line total", "sales"),
    ("Order no|Order date|Customer|SKU|Qty ordered|Qty shipped|Ship date", "sales"),
    ("PO number|PO date|SKU|Qty|Promised date|Ship date|Qty received|Received on", "purchases"),
    ("Order no|Order date|Vendor|SKU|Qty ordered|Promised date|Ship date|Qty shipped", "purchases"),
])  # fmt: skip
def test_sales_and_purchases_stay_what_they_are(header: str, kind: str) -> None:
    assert recognising.recognise(table(header)).kind == kind

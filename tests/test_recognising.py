"""What a file is, and which of its columns is which, by its words and values; what is not sure is asked, never taken silently."""

from datetime import date

import pyarrow as pa
import pytest

from ims_core import kinds, reading, recognising, vocabulary, widening
from ims_core.reading import Table
from ims_core.recognising import Mapping

LIKELY = {
    "qty": "3", "quant": "3", "count": "3", "stock": "12", "date": "2026-05-04", "ordered": "2026-05-04", "received": "2026-05-09",
    "expected": "2026-05-08", "day": "7", "price": "2.50", "cost": "1.10", "total": "5", "phone": "0171 555 2222",
    "barcode": "4006381333931", "supplierid": "7",
}  # fmt: skip
"""What stands in a column whose name holds the word."""


def table(header: str, name: str = "export.csv", cell: str | None = None) -> Table:
    """A table with these column names, and in each column a cell that suits it (or `cell`)."""
    columns = tuple(column.strip() for column in header.split("|"))
    cells = [cell or _likely(column, index) for index, column in enumerate(columns)]
    return Table(name, None, columns, pa.table({column: pa.array([cell] * 3) for column, cell in zip(columns, cells, strict=True)}), 2)


def _likely(column: str, index: int) -> str:
    if "date" in column.lower():
        return "2026-05-04"
    return next((value for word, value in LIKELY.items() if word in column.lower()), f"A{index}")


def asked(mapping: Mapping) -> set[str]:
    """What the person is asked about."""
    return {question.about for question in mapping.questions}


FILES = {
    "a till": (
        "sales", "InvoiceNo|StockCode|Description|Quantity|InvoiceDate|UnitPrice|CustomerID|Country",
        {"ref": "InvoiceNo", "sku": "StockCode", "name": "Description", "qty": "Quantity", "day": "InvoiceDate", "price": "UnitPrice",
         "customer": "CustomerID"},
    ),
    "a small till": ("sales", "Date|Item|Qty", {"day": "Date", "sku": "Item", "qty": "Qty"}),
    "Shopify": (
        "items", "Handle|Title|Vendor|Type|Option1 Name|Option1 Value|Variant SKU|Variant Grams|Variant Inventory Qty|"
        "Variant Price|Variant Barcode|Cost per item",
        {"name": "Title", "supplier": "Vendor", "category": "Type", "sku": "Variant SKU", "on_hand": "Variant Inventory Qty",
         "price": "Variant Price", "barcode": "Variant Barcode", "cost": "Cost per item"},
    ),
    "WooCommerce": (
        "items", "ID|Type|SKU|Name|Published|Is featured?|In stock?|Stock|Backorders allowed?|Regular price|Categories",
        {"sku": "SKU", "name": "Name", "on_hand": "Stock", "price": "Regular price", "category": "Categories"},
    ),
    "Northwind's products": (
        "items", "productID|productName|supplierID|categoryID|quantityPerUnit|unitPrice|unitsInStock|unitsOnOrder|reorderLevel",
        {"sku": "productID", "name": "productName", "price": "unitPrice", "on_hand": "unitsInStock"},
    ),
    "Northwind's suppliers": (
        "suppliers", "supplierID|companyName|contactName|address|city|phone|fax", {"supplier": "companyName", "phone": "phone"},
    ),
    "purchase orders": (
        "purchases", "PO number|Vendor|Ordered on|Item code|Qty ordered|Unit cost|Expected|Received on|Qty received",
        {"ref": "PO number", "supplier": "Vendor", "ordered": "Ordered on", "sku": "Item code", "qty": "Qty ordered", "cost": "Unit cost",
         "expected": "Expected", "received": "Received on", "received_qty": "Qty received"},
    ),
    "a stock count": (
        "stock", "Item code|Name|Counted|Location|Count date",
        {"sku": "Item code", "on_hand": "Counted", "place": "Location", "day": "Count date"},
    ),
    "an Amazon stock report": (
        "stock", "sku|asin|product-name|afn-fulfillable-quantity|afn-reserved-quantity",
        {"sku": "sku", "name": "product-name", "on_hand": "afn-fulfillable-quantity"},
    ),
    "a price list without codes": (
        "items", "Product name|Price|Cost|Stock", {"name": "Product name", "price": "Price", "cost": "Cost", "on_hand": "Stock"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("file", FILES)
def test_is_recognised(file: str) -> None:
    kind, header, expected = FILES[file]
    mapping = recognising.recognise(table(header))
    assert mapping.kind == kind
    assert {name: column for name, column in mapping.columns.items() if name in expected} == expected
    assert "kind" not in asked(mapping)
    assert not {f"column {name}" for name in expected} & asked(mapping)


@pytest.mark.parametrize(
    "header",
    [
        "a|b|c",
        "month|orders",
        "Category name|Parent category",
        "Name|Street|City|Phone|Email",
        "sku|image",
        "to use|copy|modify|merge",
        "Name",
    ],
)
def test_what_is_nothing_of_ours_is_left_alone(header: str) -> None:
    assert recognising.recognise(table(header)).kind == "ignore"


@pytest.mark.parametrize(
    ("header", "ours"),
    [
        ("Date|Description|Debit|Credit|Balance", False),
        ("Code|Account|Debit|Credit", False),
        ("Store|Address|Latitude|Longitude", False),
        ("Item code|Item name|Balance|Rate|Amount", True),
        ("SKU|Name|Debit|Credit|On hand", True),
        ("Supplier|Email|Phone|City|Latitude|Longitude", True),
    ],
)
def test_accounts_and_maps_are_set_aside_but_not_goods_with_columns_like_theirs(header: str, ours: bool) -> None:
    assert (recognising.recognise(table(header)).kind != "ignore") == ours


@pytest.mark.parametrize(
    ("name", "header", "kind"),
    [
        ("sales 2026.csv", "Date|Item code|Quantity|Price", "sales"),
        ("purchases 2026.csv", "Date|Item code|Quantity|Cost|Supplier", "purchases"),
        ("Production ProductInventory.csv", "ProductID|LocationID|Shelf|Bin|Quantity|ModifiedDate", "stock"),
        ("stocklist.csv", "product_code|product_name|quantity", "stock"),
        ("suppliers.csv", "id|Active (0/1)|Name*|Description", "suppliers"),
        ("categories.csv", "id|Active (0/1)|Name*|Parent category|Description", "ignore"),
        ("locations.csv", "id|name|locationType|locationGroup", "ignore"),
        ("customer orders.csv", "Order no|Date|Customer|SKU|Qty|Price", "sales"),
        ("Gift shop products.csv", "SKU|Name|Price|Category", "items"),
        ("gift_cards.csv", "Code|Customer Name|Balance|Expires On|Created At", "ignore"),
        ("forecast_runs.csv", "Date|Item code|Duration|Owner", "ignore"),
        ("expenses.csv", "Date|Payee|Category|Amount|Receipt", "ignore"),
    ],
)
def test_the_files_name_tells_what_columns_alone_do_not(name: str, header: str, kind: str) -> None:
    assert recognising.recognise(table(header, name)).kind == kind


def test_a_delivery_list_with_one_date_is_bought_goods_and_its_date_is_asked() -> None:
    mapping = recognising.recognise(table("Date|Item code|Qty|Cost|Supplier", "purchases.csv"))
    assert (mapping.kind, mapping.columns["received"]) == ("purchases", "Date")
    assert "column received" in asked(mapping)


@pytest.mark.parametrize(
    ("header", "kind", "missing"),
    [
        ("orderID|productID|unitPrice|quantity|discount", "sales", ["Date"]),
        ("PurchaseOrderID|DueDate|OrderQty|ProductID|LineTotal|ReceivedQty", "purchases", ["Ordered on or Received on"]),
        ("Order|Date|Customer|Paid", "sales", ["Item code or Barcode or Name", "Quantity"]),
    ],
)
def test_what_a_file_cannot_do_without_is_said(header: str, kind: str, missing: list[str]) -> None:
    mapping = recognising.recognise(table(header, "shop export.csv"))
    assert (mapping.kind, recognising.lacking(mapping)) == (kind, missing)


def test_between_two_kinds_the_person_is_asked_and_may_say_neither() -> None:
    question = next(q for q in recognising.recognise(table("SKU|Asin|Quantity")).questions if q.about == "kind")
    assert question.text == "This looks like stock on hand, but it could be items. Which is it?"
    assert question.choices == ("stock", "items", "ignore")
    assert question.taken == "stock"


def test_a_column_that_only_may_be_the_field_is_asked() -> None:
    mapping = recognising.recognise(table("ProductID|Shelf|Quantity|ModifiedDate", "inventory.csv"))
    assert "column day" in asked(mapping)


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("on_hand", "Safety stock level"),
        ("qty", "Reorder qty"),
        ("sku", "Category ID"),
        ("on_hand", "In stock?"),
        ("on_hand", "Is in stock"),
        ("cost", "Shipping cost"),
        ("name", "Category name"),
    ],
)
def test_other_quantities_and_other_things_ids_are_not_taken_for_ours(field: str, column: str) -> None:
    assert vocabulary.likeness(field, column) < kinds.SURE


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("sku", "StockCode"),
        ("sku", " item_code "),
        ("sku", "Item code (SKU)"),
        ("qty", "Quantty"),
        ("price", "Unit price (€)"),
        ("day", "invoiceDate"),
        ("lead_days", "Lead time (days)"),
    ],
)
def test_a_field_is_known_in_any_spelling(field: str, column: str) -> None:
    assert vocabulary.likeness(field, column) >= kinds.SURE


def test_values_that_cannot_be_the_field_speak_against_the_word() -> None:
    words = table("Item code|Quantity|Date", cell="none")
    assert recognising.recognise(words).kind == "ignore"


def test_no_column_serves_two_fields() -> None:
    mapping = recognising.recognise(table("Item|Item code|Description|Name|Qty|Quantity|Date|Price"))
    assert len(set(mapping.columns.values())) == len(mapping.columns)


def test_whoever_says_what_a_file_is_has_its_columns_matched_as_that() -> None:
    header = table("Date|Item code|Quantity|Price")
    told = recognising.recognise(header, "purchases")
    assert (told.kind, told.columns["received"], "kind" in asked(told)) == ("purchases", "Date", False)
    assert recognising.recognise(header, "ignore") == Mapping("ignore", {}, {"kind": 1.0})


def test_what_is_forecast_or_planned_is_asked_before_it_counts_as_sold() -> None:
    header = "SKU|Name|Quantity|Date"
    assert "kind" not in asked(recognising.recognise(table(header, "sales.csv")))
    planned = recognising.recognise(table(header, "sales forecast.csv"))
    assert planned.kind == "ignore" or "kind" in asked(planned)


def test_of_two_columns_of_one_name_that_differ_somebody_chooses() -> None:
    twice = reading.read("sales.csv", b"Date,Code,Qty,Qty,Price,Price\n2026-05-01,A1,2,3,4,4\n2026-05-02,A2,1,1,5,5\n")[0]
    assert asked(recognising.recognise(twice)) == {"column qty"}


def told(columns: dict[str, list[str]], name: str = "export.csv") -> Table:
    """A table of these cells."""
    return Table(name, None, tuple(columns), pa.table({column: pa.array(cells) for column, cells in columns.items()}), 2)


def test_codes_and_names_that_nobody_calls_goods_are_asked_about() -> None:
    lists = {"code": ["BOS", "NEW"], "name": ["Boston Office", "Newark Office"], "description": ["A list", "Another list"]}
    assert "kind" in asked(recognising.recognise(told(lists, "product catalog.csv")))
    goods = {"product code": ["A1", "A2"], "name": ["Cup", "Saucer"]}
    assert "kind" not in asked(recognising.recognise(told(goods, "product catalog.csv")))
    assert "kind" not in asked(recognising.recognise(told({"Code": ["A1", "A2"], "Description": ["Cup", "Saucer"]}, "items.csv")))


def test_what_no_name_promises_but_the_kind_needs_is_guessed_by_its_values_and_asked() -> None:
    sales = {
        "sku": ["A1", "A2", "A3"],
        "qty sold": ["1", "2", "3"],
        "receipt no": ["R1", "R2", "R3"],
        "zzpurz": ["2026-05-04", "2026-05-05", "2026-05-06"],
    }
    found = recognising.recognise(told(sales, "sales.csv"))
    assert (found.kind, found.columns["day"]) == ("sales", "zzpurz")
    assert "column day" in asked(found)


def test_a_program_s_own_number_beside_a_barcode_is_asked() -> None:
    ids, codes = {"product_id": ["7", "19", "23"]}, {"barcode": ["4006381333931", "4003994155486", "5901234123457"]}
    rest = {"name": ["Blue cup", "Red cup", "Tea pot"], "price": ["2.50", "3.00", "9.90"]}
    assert "column sku" in asked(recognising.recognise(told({**ids, **codes, **rest}, "products.csv")))
    assert "column sku" not in asked(recognising.recognise(told({**ids, **rest}, "products.csv")))


def test_places_known_by_number_only_are_offered_not_taken() -> None:
    sales = {"sku": ["A1", "A2", "A3"], "qty sold": ["1", "2", "3"], "date": ["2026-05-04"] * 3, "store_id": ["330", "406", "319"]}
    found = recognising.recognise(told(sales))
    assert "column place" in asked(found)
    assert "place" not in found.columns
    one_store = recognising.recognise(told({**sales, "store_id": ["330"] * 3}))
    assert "column place" not in asked(one_store)


def test_a_list_with_numbers_of_its_own_lists_something_else() -> None:
    offers = {"SpecialOfferID": ["1", "2", "3"], "Description": ["No discount", "Volume discount", "Sell out"],
              "Category": ["None", "Reseller", "Reseller"], "MinQty": ["0", "11", "15"]}  # fmt: skip
    assert recognising.recognise(told(offers, "offers.csv")).kind == "ignore"
    goods = {"ProductID": ["1", "2", "3"], "Description": ["Cup", "Pot", "Bowl"], "Price": ["2.50", "3.00", "9.90"]}
    assert recognising.recognise(told(goods)).kind == "items"


def test_months_beside_what_is_on_hand_were_sold() -> None:
    header = ("SKU", "unit cost", "retail_price", "Jan", "Feb", "Mar")
    cells = [["A1", "A2"], ["1.10", "2.20"], ["2.50", "5.10"], ["12", "7"], ["9", "4"], ["15", "11"]]

    def months(*more: tuple[str, list[str]]) -> Mapping:
        columns = dict(zip(header, cells, strict=True)) | dict(more)
        return next(found for part in widening.widen(told(columns), date(2026, 6, 1))
                    if (found := recognising.recognise(part)).kind == "sales")  # fmt: skip

    assert "kind" in asked(months())
    assert "kind" not in asked(months(("quantity_on_hand", ["40", "31"])))


def test_a_count_beside_the_book_is_stock() -> None:
    counted = {"Prod Code": ["A1", "A2"], "Phys Qty": ["3", "4"], "Book Qty": ["3", "5"], "Diff": ["0", "-1"], "Std Cost": ["1.1", "2.2"],
               "Prod Desc": ["Cup", "Pot"]}  # fmt: skip
    found = recognising.recognise(told(counted, "inv_report.csv"))
    assert (found.kind, found.columns["on_hand"], "kind" in asked(found)) == ("stock", "Phys Qty", False)


def test_a_list_called_stock_that_tells_more_is_a_list_of_items() -> None:
    listed = {"sku": ["A1", "A2"], "price": ["2.50", "3.00"], "quantity": ["7", "12"]}
    found = recognising.recognise(told(listed, "product inventory.csv"))
    assert (found.kind, found.columns["on_hand"], "kind" in asked(found)) == ("items", "quantity", False)


def test_words_that_are_units_settle_what_their_column_is() -> None:
    listed = {"ProductID": ["1", "2", "3"], "LastCost": ["1.1", "2", "3"], "UnitMeasureCode": ["EA", "CTN", "DZ"], "MinOrderQty": ["1"] * 3}
    found = recognising.recognise(told(listed, "vendor items.csv"))
    assert (found.columns["unit"], "column unit" in asked(found)) == ("UnitMeasureCode", False)
    assert "unit" not in recognising.recognise(told({**listed, "UnitMeasureCode": ["Q1", "Q2", "zz"]}, "vendor items.csv")).columns


def test_a_shelf_is_not_taken_where_the_file_numbers_places_too() -> None:
    shelves = {"ProductID": ["1", "2", "3"], "LocationID": ["1", "6", "50"], "Shelf": ["A", "B", "A"], "Quantity": ["8", "3", "9"]}
    found = recognising.recognise(told(shelves, "inventory.csv"))
    assert "column place" in asked(found)
    assert "place" not in found.columns


def test_what_keeps_accounts_hours_or_securities_is_nothing_of_ours() -> None:
    for header in (
        "Fecha|Referencia|Descripción|Cargo|Abono|Saldo", "Date|Description|Category|Amount|Balance",
        "Employee|Date|Project|Hours|Rate|Total",
        "Data|Titolo|ISIN|Quantità|Prezzo", "Belegdatum|Belegnummer|Buchungstext|Sollkonto|Habenkonto|Betrag",
    ):  # fmt: skip
        assert recognising.recognise(table(header)).kind == "ignore", header


def test_a_word_of_its_own_that_is_nearly_one_of_ours_is_asked_a_slip_of_the_finger_is_not() -> None:
    assert vocabulary.likeness("place", "Placa") < kinds.SURE <= vocabulary.likeness("sku", "Iten code")
    assert vocabulary.likeness("name", "Party") < kinds.LEAST <= vocabulary.likeness("customer", "Party", "sales")
    assert vocabulary.likeness("on_hand", "Dias Estoque") < kinds.LEAST
    assert vocabulary.likeness("place", "Whse") >= kinds.SURE > vocabulary.likeness("place", "Deot")


def test_a_list_of_goods_whose_columns_are_those_of_receipts_is_asked_about() -> None:
    lots = {"Codigo": "9067", "Produto": "Skol lata", "Lote": "L01", "Validade": "2026-12-31", "Fornecedor": "Ambev", "QtdCaixas": "480"}
    columns = {name: [cell] * 3 for name, cell in lots.items()}
    for sheet in (
        table("fornitore|codice|nome|prezzo|categoria|quantita|importo", cell="12"), table("Date|Product|Quantity|Cost"),
        Table("area.csv", None, tuple(columns), pa.table(columns), 2),
    ):  # fmt: skip
        assert "kind" in asked(recognising.recognise(sheet)), sheet.header


def test_what_a_supplier_s_invoice_lists_is_not_taken_for_sold() -> None:
    line = {
        "Artikel": "Kupferrohr 15x1",
        "Menge": "24",
        "Preis": "6,40",
        "Gesamtpreis": "153,60",
        "Lieferant": "Richter",
        "Datum": "04.05.2026",
    }
    columns = {name: [cell] * 3 for name, cell in line.items()}
    mapping = recognising.recognise(Table("rechnung.csv", None, tuple(columns), pa.table(columns), 2))
    assert "purchases" in next(question for question in mapping.questions if question.about == "kind").choices
    assert recognising.recognise(table("Creditor Code|Creditor Name|Email|Telephone|VAT Reg No")).kind == "suppliers"


def test_where_the_kind_is_asked_every_kind_it_may_be_is_offered() -> None:
    mapping = recognising.recognise(
        table("ID|Código|Cód. Barras|Produto|Qtd. Conferida|Preço Custo|Fornecedor|Nota Fiscal|Data do Registro")
    )
    offered = next(question.choices for question in mapping.questions if question.about == "kind")
    assert {"items", "purchases", "ignore"} <= set(offered)


def test_a_bare_code_beside_names_may_number_the_sale() -> None:
    columns = {"Codigo": ["V-1", "V-2", "V-3"], "Fecha": ["2026-09-03"] * 3, "Producto": ["Té", "Café", "Té"], "Cantidad": ["1", "2", "1"]}
    mapping = recognising.recognise(Table("ventas.csv", None, tuple(columns), pa.table(columns), 2))
    assert "column sku" in asked(mapping)


def test_money_and_times_are_known_as_programs_of_many_countries_write_them() -> None:
    columns = {"Data": ["01/09/2026, 12:41:10"] * 3, "Produto": ["Suco", "Bolo", "Chá"], "Quantidade": ["2,00", "1,00", "40,00"],
               "Valor Unitario": ["R$ 28,00"] * 3, "Valor Total": ["R$ 56,00", "R$ 28,00", "R$ 1.120,00"]}  # fmt: skip
    mapping = recognising.recognise(Table("vendas.csv", None, tuple(columns), pa.table(columns), 2))
    assert mapping.columns == {"day": "Data", "name": "Produto", "qty": "Quantidade", "price": "Valor Unitario", "total": "Valor Total"}
    assert not mapping.questions


def test_a_shop_system_is_known_in_its_other_languages() -> None:
    header = "ID|Type|UGS|Nom|Publié|Mis en avant ?|Stock|Tarif promo|Tarif régulier|Catégories|Parent"
    mapping = recognising.recognise(table(header))
    assert (mapping.source, mapping.columns["sku"], mapping.columns["price"]) == ("WooCommerce product export", "UGS", "Tarif régulier")


def test_sorts_of_stock_beside_one_another_are_no_places_and_a_card_of_movements_is_asked_about() -> None:
    sheet = table("Code article|Libellé|Stock réel|Stock virtuel|Code barre", cell="3")
    assert [part.header for part in widening.widen(sheet, date(2026, 6, 1))] == [sheet.header]
    card = {"Fecha": "2026-09-01", "Ref.": "F-001", "Producto": "Taza", "Entrada": "100", "Salida": "20", "Saldo": "80"}
    columns = {name: [cell] * 3 for name, cell in card.items()}
    mapping = recognising.recognise(Table("kardex.csv", None, tuple(columns), pa.table(columns), 2))
    assert mapping.kind == "ignore" or "kind" in asked(mapping)


def test_what_goods_are_made_of_is_no_stock() -> None:
    parts = table("Stufe|Menge|Artikel-Nr.|Benennung|ME", "stueckliste.csv")
    assert recognising.recognise(parts).kind == "ignore"


JOURNALS = {
    "a word for each way": "Fecha;Producto;Tipo;Cantidad;Precio\n4/5/2026;Vacuna;SALIDA;1;2,50\n5/5/2026;Vacuna;ENTRADA;9;2,50",
    "a sort of movement": "Buchungsdatum;Bewegungsart;Material;Menge;Lieferant\n4.5.2026;101;OEL-1;5;X\n5.5.2026;201;OEL-1;-2;X",
    "parts beside what they are of": "Nome;Categoria;Preço Venda;Ingrediente;Qtd\nPizza;Forno;6;Farinha;200\nPizza;Forno;6;Queijo;90",
    "the levels of a tree": "Livello;Codice;Descrizione;Quantità\n0;M-1;Tornio;1\n1;G-1;Mandrino;1\n2;P-1;Albero;2",
    "a list of what was sent": "Referencia;Designacao;Qtd;Unidade\nC-1;Cabo;100;m\nD-1;Disjuntor;25;un\nK-1;Calha;12;un",
}


@pytest.mark.parametrize("what", JOURNALS)
def test_what_came_and_went_and_what_things_are_made_of_is_asked_about(what: str) -> None:
    [found] = [recognising.recognise(table) for table in reading.read("export.csv", JOURNALS[what].encode())]
    assert "kind" in asked(found) or found.kind == "ignore"


def test_what_is_left_beside_the_reserved_gives_way_to_what_lies_there() -> None:
    found = recognising.recognise(told({
        "referencia": ["100045", "100046", "100047"], "descripcion": ["Bombilla", "Lámpara", "Cable"],
        "cantidad": ["124", "58", "12"], "disponible": ["120", "58", "9"], "reservada": ["4", "0", "3"],
    }, "stock.csv"))  # fmt: skip
    assert found.columns["on_hand"] == "cantidad"


def test_the_name_of_a_choice_is_no_variant_and_what_comes_to_an_amount_is_no_stock_without_a_question() -> None:
    choices = {
        "SKU": ["1", "2", "3"],
        "Name": ["Tee", "Cap", "Mug"],
        "Price": ["9.50", "8.00", "7.10"],
        "Variant": ["Color", "Size", "Size"],
    }
    assert "variant" not in recognising.recognise(told(choices)).columns
    lines = "codice;nome;prezzo;categoria;quantita;importo\n39;Pane;4,50;Secco;10;45,00\n21;Olio;31,50;Secco;2;63,00"
    [bought] = reading.read("export.csv", lines.encode())
    assert "column on_hand" in asked(recognising.recognise(bought, "items"))


LISTED = "Code,Description,Qty\nA1,Mug,5\nA2,Cup,7\nA3,Bowl,2\n"


def test_what_stands_above_a_table_says_its_kind_where_its_columns_leave_that_open() -> None:
    def told(above: str) -> Mapping:
        (found,) = reading.read("report.csv", f"My Shop Ltd,,\n{above},,\n\n{LISTED}".encode())
        return recognising.recognise(found)

    assert "kind" in asked(told("Report 7"))
    for above in ("Stock On Hand Enquiry", "Inventario actual", "État des stocks", "Bestandsliste", "Giacenze", "Posição de estoque"):
        assert (told(above).kind, "kind" in asked(told(above))) == ("stock", False), above
    for above in (
        "Sales by Item",
        "Supplier List",
        "Stock Adjustment",
        "Stock issued",
        "Stock ordered",
        "Umlagerung Bestand",
        "Stock budget",
    ):
        assert "kind" in asked(told(above)), above  # it says another kind than the columns, or that it is no stock


def test_what_stands_above_a_table_outweighs_no_column() -> None:
    (journal,) = reading.read("report.csv", f"Stock On Hand Enquiry\n\n{JOURNALS['a sort of movement']}".encode())
    assert "kind" in asked(recognising.recognise(journal)) or recognising.recognise(journal).kind == "ignore"


def test_what_goods_cost_on_land_is_a_cost_and_the_mean_of_it_is_asked_about() -> None:
    assert recognising.recognise(table("SKU|Product name|Barcode|Land cost", cell="2.50"), "items").columns["cost"] == "Land cost"
    mean = recognising.recognise(table("SKU|Product name|Barcode|Avg Land Cost", cell="2.50"), "items")
    assert "column cost" in asked(mean)

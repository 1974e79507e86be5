"""Orders in one file, their lines in another: dropped together they are one."""

from ims_core import importing, people
from ims_core.db import Database
from tests.builders import Shop, empty_shop

ORDERS = b"OrderID,CustomerID,OrderDate\n1,ANN,2026-05-04\n2,BEN,2026-05-05\n3,ANN,2026-05-06\n"
LINES = b"OrderID,ProductID,Unit price,Quantity\n1,A1,2.50,3\n1,A2,9.00,1\n2,A1,2.50,4\n3,A2,9.00,2\n"
STRAY = LINES + b"9,A1,2.50,7\n"


def sold(db: Database) -> list[tuple[str, str, float]]:
    """Each sale: document, day, pieces."""
    return db.rows("select ref, day::varchar, -qty::double from movements where kind = 'sale' order by ref, qty desc")


def test_lines_take_the_day_of_their_order() -> None:
    expected = [("1", "2026-05-04", 1), ("1", "2026-05-04", 3), ("2", "2026-05-05", 4), ("3", "2026-05-06", 2)]
    for files in ([("orders.csv", ORDERS), ("order lines.csv", LINES)], [("order lines.csv", LINES), ("orders.csv", ORDERS)]):
        db = empty_shop()
        plan = importing.preview(db, files)
        importing.commit(db, people.LOCAL, plan)
        assert sold(db) == expected
        assert sum(plan.counts.values()) == plan.lines == 7


def test_the_preview_says_where_the_days_come_from(db: Database) -> None:
    plan = importing.preview(db, [("orders.csv", ORDERS), ("order lines.csv", LINES)])
    said = {group.name: group.said for group in plan.groups}
    assert said["orders.csv"] == "Its lines stand in order lines.csv, which takes the days from here."
    assert said["order lines.csv"] == "Each line with CustomerID, OrderDate of its document in orders.csv"


def test_orders_and_lines_again_are_nothing(db: Database) -> None:
    files = [("orders.csv", ORDERS), ("order lines.csv", LINES)]
    done = importing.commit(db, people.LOCAL, importing.preview(db, files))
    again = importing.preview(db, files)
    assert sorted(again.known) == [("order lines.csv", done), ("orders.csv", done)]
    assert not again.groups


def test_corrected_lines_find_their_orders_again(db: Database) -> None:
    importing.commit(db, people.LOCAL, importing.preview(db, [("orders.csv", ORDERS), ("order lines.csv", LINES)]))
    mended = importing.preview(db, [("orders.csv", ORDERS), ("order lines.csv", LINES.replace(b"2.50,4", b"2.50,6"))])
    assert not mended.known
    importing.commit(db, people.LOCAL, mended)
    assert db.scalar("select -sum(qty)::double from movements where ref = '2'") == 6


def test_heads_are_not_said_to_be_of_no_use(db: Database) -> None:
    plan = importing.preview(db, [("orders.csv", ORDERS), ("order lines.csv", LINES)])
    heads = next(group for group in plan.groups if group.name == "orders.csv")
    assert heads.reasons["reason"].tolist() == ["their lines stand in another file, which says what they say"]


def test_lines_of_no_order_are_refused_for_want_of_a_day(db: Database) -> None:
    plan = importing.preview(db, [("orders.csv", ORDERS), ("order lines.csv", STRAY)])
    assert plan.counts["refused"] == 1
    assert plan.problems.problem.tolist() == ["no date; the line is not used"]


def test_a_file_that_comes_later_joins_and_one_that_is_taken_away_leaves(db: Database) -> None:
    lines = [("order lines.csv", LINES)]
    alone = importing.preview(db, lines)
    assert alone.counts["used"] == 0
    both = importing.preview(db, [*lines, ("orders.csv", ORDERS)], before=alone)
    assert both.counts["used"] == 4
    assert importing.preview(db, lines, before=both).counts["used"] == 0


def test_a_list_that_is_not_of_their_orders_is_left_alone(db: Database) -> None:
    others = ORDERS.replace(b"\n1,", b"\n71,").replace(b"\n2,", b"\n72,").replace(b"\n3,", b"\n73,")
    assert importing.preview(db, [("orders.csv", others), ("order lines.csv", LINES)]).counts["used"] == 0
    twice = ORDERS + b"1,ANN,2026-05-09\n"
    assert importing.preview(db, [("orders.csv", twice), ("order lines.csv", LINES)]).counts["used"] == 0


SUPPLIERS = b"supplierID,companyName,phone\n1,Hill & Sons,0171 1\n2,Nordlicht,0171 2\n3,Casa Blanca,0171 3\n"
CATEGORIES = b"categoryID,categoryName\n1,Kitchen\n2,Bath\n"
GOODS = b"productID,productName,supplierID,categoryID,unitPrice\nA1,Pan,1,1,9\nA2,Soap,3,2,2\nA3,Pot,1,1,12\n"


def test_suppliers_and_categories_known_by_number_get_the_names_of_the_lists_beside_them(shop: Shop) -> None:
    plan = importing.preview(shop.db, [("products.csv", GOODS), ("suppliers.csv", SUPPLIERS), ("categories.csv", CATEGORIES)])
    (goods,) = [group for group in plan.groups if group.mapping.kind == "items"]
    assert goods.said == "supplierID named from suppliers.csv, categoryID named from categories.csv"
    assert not goods.questions
    importing.commit(shop.db, people.LOCAL, plan)
    assert shop.db.rows("select sku, category from items order by sku") == [("A1", "Kitchen"), ("A2", "Bath"), ("A3", "Kitchen")]
    sold_by = "select s.name from supplies join suppliers s using (supplier_id) join items i using (item_id) order by i.sku"
    assert shop.db.rows(sold_by) == [("Hill & Sons",), ("Casa Blanca",), ("Hill & Sons",)]


def test_numbers_that_the_list_lacks_or_calls_otherwise_stay_numbers(db: Database) -> None:
    strange = GOODS.replace(b",1,1,", b",7,1,")
    other = SUPPLIERS.replace(b"supplierID", b"vendor no")
    for goods, suppliers in ((strange, SUPPLIERS), (GOODS, other)):
        plan = importing.preview(db, [("products.csv", goods), ("suppliers.csv", suppliers)])
        (told,) = [group for group in plan.groups if group.mapping.kind == "items"]
        assert "supplier" not in told.mapping.columns
        assert "Supplier name" not in told.tables[0].header


def test_heads_are_found_by_the_number_that_the_lines_call_theirs(db: Database) -> None:
    heads = b"Supply Order ID,Supplier ID,Supply Order Reference,Order Date\n1,1,Apple 01,2026-05-04\n2,3,Nippon,2026-05-05\n"
    lines = b"Supply Order Reference,Product ID,Unit Price,Quantity Expected\nApple 01,A1,100,25\nApple 01,A2,80,5\nNippon,A1,90,2\n"
    suppliers = SUPPLIERS.replace(b"supplierID", b"ID")
    plan = importing.preview(db, [("supply orders.csv", heads), ("supply order details.csv", lines), ("suppliers.csv", suppliers)])
    (told,) = [group for group in plan.groups if group.mapping.kind == "purchases"]
    assert (told.lacking, told.mapping.columns["ordered"], told.mapping.columns["supplier"]) == ([], "Order Date", "Supplier name")


def test_lines_of_customer_orders_take_day_and_promise_from_their_heads(db: Database) -> None:
    heads = b"Order number;Order date;Promised date;Customer\nSO1;2026-05-04;2026-05-09;Rosa\nSO2;2026-05-05;2026-05-12;Uno\n"
    lines = b"Order number;SKU;Qty ordered;Qty shipped\nSO1;A1;3;1\nSO1;A2;2;0\nSO2;A1;5;0\n"
    importing.commit(db, people.LOCAL, importing.preview(db, [("customer orders.csv", heads), ("customer order lines.csv", lines)]))
    found = db.rows("select number, ordered::varchar, promised::varchar, qty::double from customer_order_lines order by line")
    assert found == [("SO1", "2026-05-04", "2026-05-09", 3), ("SO1", "2026-05-04", "2026-05-09", 2), ("SO2", "2026-05-05", "2026-05-12", 5)]

"""Files that nobody of us wrote, where they lie beside the project; elsewhere these tests are skipped."""

import json
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from ims_core import audit, importing, ledger, people, scratch
from ims_core.cleaning import OUTCOMES
from ims_core.db import Database
from ims_core.plans import Plan
from ims_core.settings import ROOT
from tests.builders import empty_shop

DATA = ROOT.parent / "shared" / "data"
WHOLESALER = DATA / "A1_uci_online_retail"
FOLDERS = ("C3_*", "C6_*", "C7_*", "C8_*", "D*")


# -- nine months of a wholesaler of gifts, a file a day


@pytest.fixture(scope="module")
def shop() -> Iterator[Database]:
    """A shop of its own for the wholesaler."""
    db = empty_shop()
    yield db
    db.close()


@pytest.fixture(scope="module")
def plan(shop: Database) -> Plan:
    """All days dropped at once."""
    if not WHOLESALER.is_dir():
        pytest.skip("the wholesaler's files are not here")
    with zipfile.ZipFile(next(WHOLESALER.glob("*.zip"))) as packed:
        return importing.preview(shop, [(name, packed.read(name)) for name in packed.namelist() if name.endswith(".csv")])


@pytest.fixture(scope="module")
def imported(shop: Database, plan: Plan) -> int:
    """The change that brought all days in."""
    return importing.commit(shop, people.LOCAL, plan)


def test_every_line_of_the_wholesaler_is_accounted_for(plan: Plan) -> None:
    (group,) = plan.groups
    assert (len(group.tables), plan.lines, sum(plan.counts.values())) == (219, 320_705, 320_705)
    assert (group.mapping.kind, plan.questions, plan.unreadable, len(plan.problems)) == ("sales", [], (), 0)
    assert (plan.counts["joined"], plan.counts["refused"]) == (2_483, 0)


def test_the_wholesalers_untidiness_is_counted_by_rule(plan: Plan) -> None:
    fixes = plan.groups[0].cleaned.fixes.set_index("rule")["count"].to_dict()  # type: ignore[union-attr]
    assert {rule: fixes[rule] for rule in ("duplicates", "cancelled", "names", "free")} == {
        "duplicates": 2_483, "cancelled": 5_847, "names": 1_161, "free": 1_799,
    }  # fmt: skip


def test_what_is_no_product_is_named_as_such_and_no_gift_is(plan: Plan) -> None:
    left = plan.groups[0].cleaned.left.to_pylist()  # type: ignore[union-attr]
    codes = {json.loads(line["content"])["StockCode"] for line in left if line["reason"].startswith("no product")}
    gifts = {code for code in codes if code.startswith("gift_")}
    assert codes - gifts == {"POST", "DOT", "M", "C2", "S", "D", "AMAZONFEE", "BANK CHARGES", "PADS", "CRUK", "B"} | (
        codes & {"m", "22016"}
    )
    assert len(gifts) >= 5


def test_codes_that_differ_in_case_are_one_item(plan: Plan, shop: Database, imported: int) -> None:
    with scratch.pad(lines=_stacked(plan)) as pad:
        written, codes = pad.rows("select count(distinct code), count(distinct upper(code)) from lines")[0]
        kept = {code for (code,) in pad.rows("select distinct upper(code) from lines")}
    items = {sku.upper() for (sku,) in shop.rows("select sku from items")}
    assert (written, codes) == (3_774, 3_680)
    assert items <= kept
    assert len(items) == shop.scalar("select count(*) from items") > 3_500


def test_the_units_of_the_files_and_of_the_ledger_are_the_same_to_the_unit(plan: Plan, shop: Database, imported: int) -> None:
    assert sum(plan.units[outcome] for outcome in OUTCOMES) == Decimal(3_089_482)
    assert shop.scalar("select -sum(qty) from movements") == plan.units["used"]
    assert shop.scalar("select count(*) from movements where file_id is null or source_row is null") == 0


def test_the_wholesalers_ledger_proves_itself(shop: Database, imported: int) -> None:
    proof = audit.check(shop)
    assert proof.ok.all(), proof[~proof.ok].to_string()


def test_the_wholesalers_files_again_change_nothing(plan: Plan, shop: Database, imported: int) -> None:
    assert importing.commit(shop, people.LOCAL, plan) == imported


def test_undo_takes_the_wholesaler_back_whole(shop: Database, imported: int) -> None:
    ledger.undo(shop, people.LOCAL, imported)
    for view in ("items", "barcodes", "places", "suppliers", "supplies", "stock", "demand", "on_order", "visible_movements"):
        assert shop.scalar(f"select count(*) from {view}") == 0, view
    assert shop.scalar("select count(*) from imports where not undone") == 0
    assert audit.check(shop).ok.all()


def _stacked(plan: Plan) -> pa.Table:
    return pa.concat_tables(table.rows.select(["StockCode"]) for table in plan.groups[0].tables).rename_columns(["code"])


# -- exports of shop systems, sample companies, templates of a warehouse


def files() -> list[Path]:
    """Every file of the folders, notes and programs left out."""
    found = [path for folder in FOLDERS for path in sorted(DATA.glob(f"{folder}/**/*"))]
    return [path for path in found if path.is_file() and path.suffix not in (".md", ".py", ".php")]


@pytest.fixture(scope="module")
def nobody() -> Iterator[Database]:
    """A shop that nothing is imported into."""
    db = empty_shop()
    yield db
    assert db.version == 0
    db.close()


@pytest.mark.skipif(not files(), reason="the exports are not here")
@pytest.mark.parametrize("folder", sorted({path.relative_to(DATA).parts[0] for path in files()}))
def test_any_export_is_understood_or_refused_with_a_sentence(folder: str, nobody: Database) -> None:
    for path in (path for path in files() if path.relative_to(DATA).parts[0] == folder):
        plan = importing.preview(nobody, [(path.name, path.read_bytes())])
        assert plan.groups or plan.unreadable, path.name
        assert all(sentence.startswith(path.name) and sentence.endswith(".") for _, sentence in plan.unreadable), plan.unreadable
        assert sum(plan.counts.values()) == plan.lines, path.name


RECOGNISED = {
    "C6_adventureworks/Production Product.csv": "items",
    "C6_adventureworks/Production ProductInventory.csv": "stock",
    "C6_adventureworks/Production ProductCategory.csv": "ignore",
    "C6_adventureworks/Purchasing PurchaseOrderDetail.csv": "purchases",
    "C6_adventureworks/Purchasing Vendor.csv": "suppliers",
    "C7_northwind/order-details.csv": "sales",
    "C7_northwind/products.csv": "items",
    "C7_northwind/suppliers.csv": "suppliers",
    "C8_openboxes_warehouse/templates/config_mainWarehouseInventory.csv": "stock",
    "C8_openboxes_warehouse/templates/config_locations.csv": "ignore",
    "D1_shopify/product_template.csv": "items",
    "D2_woocommerce/sample_products.csv": "items",
    "D7_magento/products.csv": "items",
    "D8_amazon_fba/FBA_inventory_example.csv": "stock",
    "D8_amazon_fba/FBA_shipments_example.csv": "sales",
    "D11_partdb_snipeit_frepple/frepple/buffer.mfg.xlsx": "stock",
    "D11_partdb_snipeit_frepple/frepple/purchaseorder.mfg.xlsx": "purchases",
    "D11_partdb_snipeit_frepple/frepple/salesorder.mfg.xlsx": "sales",
}


@pytest.mark.parametrize("name", RECOGNISED)
def test_a_real_export_is_recognised(name: str, nobody: Database) -> None:
    path = DATA / name
    if not path.is_file():
        pytest.skip("this export is not here")
    (group, *_) = importing.preview(nobody, [(path.name, path.read_bytes())]).groups
    assert group.mapping.kind == RECOGNISED[name]

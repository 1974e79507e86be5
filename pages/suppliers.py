from ims_core import suppliers
from ims_core.web import ui

known = ui.ask(suppliers.listed)
says = f"{len(known):,} suppliers. Days and money here count where an item has no terms of its own."
ui.page(
    "Suppliers",
    says if len(known) else "Who sells to you, how long it takes and from what value on. Type them here, or drop a file that names them.",
)
words = ui.search("supplier", "Name or e-mail")
order = ["name", "email", "phone", "lead_days", "min_order", "items", "active"]
ui.grid(ui.matching(known, words, ["name", "email"]), "suppliers", suppliers.save, alt="Suppliers: contact, lead time and smallest order",
        number=["supplier_id"], order=order, fixed=["items"], done="Suppliers saved.")  # fmt: skip

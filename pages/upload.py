from ims_core.web import drop, past, ui

ui.page(
    "Upload",
    "Drop the files you have: sales, items, stock, purchases, suppliers, customer orders. Nothing is written before you commit.",
    icon="upload_file",
)
drop.show(drop.area())
past.show()

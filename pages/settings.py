from ims_core.web import ui

ui.page("Settings")

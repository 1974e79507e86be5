"""What every screen shares, read from the source: icons that exist, days written in one way."""

import re

from streamlit.material_icon_names import ALL_MATERIAL_ICONS

from ims_core import limits
from tests.test_layers import sources
from tests.test_pages import ROOT

CODE = {name: file.read_text(encoding="utf-8") for name, file in sources().items()}


def test_every_icon_exists() -> None:
    """One that does not is a failure where it stands by itself, and a word in capitals inside a sentence."""
    named = {icon for text in CODE.values() for icon in re.findall(r':material/(\w+):|icon="(\w+)"', text) for icon in icon if icon}
    leads = re.findall(r'\("(?:red|orange|gray)", "(\w+)"', (ROOT / "pages" / "today.py").read_text(encoding="utf-8"))
    wanted = named | set(leads) | {rule.icon for rule in limits.RULES.values()}
    assert len(wanted) > 40
    assert wanted - ALL_MATERIAL_ICONS == set()


def test_a_day_is_asked_for_in_one_way() -> None:
    assert [name for name, text in CODE.items() if "st.date_input" in text] == ["web.fields"]

"""Tables in web pages and in Excel's XML, which many shop systems save under the name .xls, to grids of text."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

from ims_core.errors import Unreadable

MOST_BYTES = 40_000_000
"""Bytes of a page; its reader is no fast one."""
MOST_SPAN = 1_000
MOST_CELLS = 20_000_000

Grid = list[list[str]]
_excel = "{urn:schemas-microsoft-com:office:spreadsheet}"


def grids(name: str, text: str) -> list[tuple[str | None, Grid]]:
    """Each table of the page or sheet of the workbook with its name. Raises Unreadable with a sentence."""
    if len(text) > MOST_BYTES:
        raise Unreadable(f"{name} is a web page of {len(text) / 1e6:,.0f} MB. Open it in Excel, save it as .xlsx, and drop that.")
    if "urn:schemas-microsoft-com:office:spreadsheet" in text[:4000] and re.match(r"\s*<\?xml|\s*<Workbook", text[:400]):
        return list(_excel_sheets(name, text))
    page = _Page()
    page.feed(text)
    page.close()
    found: list[tuple[str | None, Grid]] = [(None, grid) for grid in page.grids if len(grid) > 1]
    if not found:
        raise Unreadable(f"{name} is a web page or XML without a table. Export it as .csv or .xlsx, and drop that.")
    return found


# -- web pages


class _Page(HTMLParser):
    """Gathers the rows of every table; of a table within a cell, the rows are its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.grids: list[Grid] = []
        self.open: list[_Rows] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self.silent += 1
        elif tag == "table":
            self.open.append(_Rows())
        elif not self.open:
            return
        elif tag == "tr":
            self.open[-1].row()
        elif tag in ("td", "th"):
            told = dict(attrs)
            self.open[-1].cell(_span(told.get("colspan")), _span(told.get("rowspan")))
        elif tag in ("br", "p", "div"):
            self.open[-1].write("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.silent = max(0, self.silent - 1)
        elif tag == "table" and self.open:
            self.grids.append(self.open.pop().done())
        elif tag in ("td", "th") and self.open:
            self.open[-1].end_cell()

    def handle_data(self, data: str) -> None:
        if self.open and not self.silent:
            self.open[-1].write(data)

    def close(self) -> None:
        super().close()
        while self.open:
            self.grids.append(self.open.pop().done())


class _Rows:
    """The rows of one table as they come: a cell that spans several fills the first, the others stay blank."""

    def __init__(self) -> None:
        self.rows: Grid = []
        self.held: dict[int, int] = {}
        self.words: list[str] | None = None
        self.size = 0

    def row(self) -> None:
        self.end_cell()
        self.rows.append([])
        self.held = {at: left - 1 for at, left in self.held.items() if left > 1}

    def cell(self, wide: int, high: int) -> None:
        if not self.rows:
            self.row()
        self.end_cell()
        row = self.rows[-1]
        while len(row) in self.held:
            row.append("")
        self.span, self.words = (wide, high), []

    def write(self, text: str) -> None:
        if self.words is not None:
            self.words.append(text)

    def end_cell(self) -> None:
        if self.words is None:
            return
        text, (wide, high), row = "".join(self.words), self.span, self.rows[-1]
        lines = [" ".join(line.split()) for line in text.replace("\xa0", " ").split("\n")]
        if high > 1:
            self.held |= dict.fromkeys(range(len(row), len(row) + wide), high)
        row += ["\n".join(filter(None, lines)), *[""] * (wide - 1)]
        self.words = None
        self.size += wide
        if self.size > MOST_CELLS:
            raise Unreadable("The web page has more cells than an honest one. Open it in Excel, save it as .xlsx, and drop that.")

    def done(self) -> Grid:
        self.end_cell()
        return self.rows


def _span(told: str | None) -> int:
    return min(int(told), MOST_SPAN) if told and told.isdecimal() and int(told) > 0 else 1


# -- Excel's XML of 2003


def _excel_sheets(name: str, text: str) -> list[tuple[str | None, Grid]]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Unreadable(f"{name} defines words of its own, which no honest workbook does. It was not opened.")
    try:
        book = ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))  # noqa: S314 entities are refused above
    except ElementTree.ParseError as failure:
        raise Unreadable(f"{name} is damaged: its XML breaks off or is wrong ({failure}). Export it again.") from failure
    return [(sheet.get(f"{_excel}Name"), _sheet(sheet)) for sheet in book.iter(f"{_excel}Worksheet")]


def _sheet(sheet: ElementTree.Element) -> Grid:
    """Rows and cells may say their number, and leave out what is blank before it."""
    grid: Grid = []
    for row in sheet.iter(f"{_excel}Row"):
        _fill(grid, int(row.get(f"{_excel}Index") or 0) - 1, [])
        cells: list[str] = []
        for cell in row.iter(f"{_excel}Cell"):
            _fill(cells, int(cell.get(f"{_excel}Index") or 0) - 1, "")
            data = cell.find(f"{_excel}Data")
            cells.append("" if data is None else _datum(data))
            _fill(cells, len(cells) + int(cell.get(f"{_excel}MergeAcross") or 0), "")
        grid.append(cells)
    return grid


def _fill(row: list, until: int, blank: object) -> None:  # type: ignore[type-arg]
    """Blanks up to a place; what stands further out than a sheet goes is damage."""
    if until > 1_048_576:
        raise Unreadable("The workbook names a cell beyond the end of a sheet. Open it in Excel, save it as .xlsx, and drop that.")
    row.extend(blank if isinstance(blank, str) else [] for _ in range(len(row), until))


def _datum(data: ElementTree.Element) -> str:
    text = "".join(data.itertext())
    kind = data.get(f"{_excel}Type")
    if kind == "DateTime":
        return text.replace("T", " ").removesuffix(".000")
    return {"1": "true", "0": "false"}.get(text, text) if kind == "Boolean" else text

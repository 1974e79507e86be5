"""A posting batch as DATEV takes it: EXTF, header 700, category 21, format 13; Windows-1252, decimal commas, days without a year.

Source: developer.datev.de/datev/platform/de/dtvf/formate (header, buchungsstapel): 31 fields of header, 125 columns, empty texts in quotes.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from ims_core import labels
from ims_core.errors import Refused

NAMES = (
    "Umsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;WKZ Umsatz;Kurs;Basis-Umsatz;WKZ Basis-Umsatz;Konto;Gegenkonto (ohne BU-Schlüssel);"
    "BU-Schlüssel;Belegdatum;Belegfeld 1;Belegfeld 2;Skonto;Buchungstext;Postensperre;Diverse Adressnummer;Geschäftspartnerbank;"
    "Sachverhalt;Zinssperre;Beleglink;{infos};KOST1 - Kostenstelle;KOST2 - Kostenstelle;Kost-Menge;EU-Land u. UStID (Bestimmung);"
    "EU-Steuersatz (Bestimmung);Abw. Versteuerungsart;Sachverhalt L+L;Funktionsergänzung L+L;BU 49 Hauptfunktionstyp;"
    "BU 49 Hauptfunktionsnummer;BU 49 Funktionsergänzung;{more};Stück;Gewicht;Zahlweise;Forderungsart;Veranlagungsjahr;"
    "Zugeordnete Fälligkeit;Skontotyp;Auftragsnummer;Buchungstyp;USt-Schlüssel (Anzahlungen);EU-Land (Anzahlungen);"
    "Sachverhalt L+L (Anzahlungen);EU-Steuersatz (Anzahlungen);Erlöskonto (Anzahlungen);Herkunft-Kz;Buchungs GUID;KOST-Datum;"
    "SEPA-Mandatsreferenz;Skontosperre;Gesellschaftername;Beteiligtennummer;Identifikationsnummer;Zeichnernummer;Postensperre bis;"
    "Bezeichnung SoBil-Sachverhalt;Kennzeichen SoBil-Buchung;Festschreibung;Leistungsdatum;Datum Zuord. Steuerperiode;Fälligkeit;"
    "Generalumkehr (GU);Steuersatz;Land;Abrechnungsreferenz;BVV-Position;EU-Land u. UStID (Ursprung);EU-Steuersatz (Ursprung);"
    "Abw. Skontokonto"
)

COLUMNS = NAMES.format(
    infos=";".join(f"Beleginfo - {what} {at}" for at in range(1, 9) for what in ("Art", "Inhalt")),
    more=";".join(f"Zusatzinformation{what} {at}" for at in range(1, 21) for what in (" - Art", "- Inhalt")),
).split(";")
"""The 125 of a line, as the second line of a file names them."""

TEXTS = frozenset(
    {2, 3, 6, 9, 11, 12, 14, 16, 20, *range(21, 37), 37, 38, 40, 42, *range(48, 88), 91, 95, 96, 98, 102, 103, 105, 107, 109, 110, 112, 118,
     120, 121, 123}
)  # fmt: skip
"""Columns of text, from 1 on; all others hold numbers and are empty where nothing is said."""


def batch(
    lines: pd.DataFrame, first: date, last: date, currency: str, said: Mapping[str, str], stock: str, at: datetime
) -> bytes:  # fmt: skip
    """The journal's lines of a period, each entry one line of the stock account against another. said: consultant client begins chart."""
    if currency == "XXX":
        raise Refused("DATEV wants the three letters of a currency. Set the shop's currency to one such as EUR in the settings.")
    begins = _year_of(first, last, int(said["begins"]))
    rows = [_head(first, last, currency, said, len(stock), begins, at), COLUMNS]
    pairs = zip(lines.iloc[::2].to_dict("records"), lines.iloc[1::2].to_dict("records"), strict=True)
    rows += [_row(number, stock, other, currency) for number, (stock, other) in enumerate(pairs, start=1)]
    return "".join(";".join(row) + "\r\n" for row in rows).encode("cp1252", errors="replace")


def _year_of(first: date, last: date, month: int) -> date:
    """The first day of the business year; days carry no year, so a file holds one year only."""
    begins = date(first.year - (first.month < month), month, 1)
    ends = date(begins.year + 1, month, 1) - timedelta(days=1)
    if last > ends:
        raise Refused(
            f"DATEV takes one business year a file, and yours begins in {begins:%B}. Choose days between {labels.day_text(begins)} and "
            f"{labels.day_text(ends)}."
        )
    return begins


def _head(first: date, last: date, currency: str, said: Mapping[str, str], digits: int, begins: date, at: datetime) -> list[str]:
    made = f"{at:%Y%m%d%H%M%S}{at.microsecond // 1000:03}"
    called = f"Waren {first:%d.%m.%y}-{last:%d.%m.%y}"
    return [
        _text("EXTF"), "700", "21", _text("Buchungsstapel"), "13", made, "", _text("IM"), _text(), _text(), said["consultant"],
        said["client"], f"{begins:%Y%m%d}", str(digits), f"{first:%Y%m%d}", f"{last:%Y%m%d}",
        _text(called), _text(), "1", "0", "0", _text(currency), "", _text(), "", "", _text(said["chart"]), "", "", _text(), _text(),
    ]  # fmt: skip


def _row(number: int, stock: dict[Any, Any], other: dict[Any, Any], currency: str) -> list[str]:
    """One entry: S where the stock grows. Nothing is locked (Festschreibung 0), so that the adviser can look at it first."""
    amount = stock["debit"] or stock["credit"]
    told = {
        "Umsatz (ohne Soll/Haben-Kz)": f"{amount:.2f}".replace(".", ","), "Soll/Haben-Kennzeichen": "S" if stock["debit"] else "H",
        "WKZ Umsatz": currency, "Konto": str(stock["account"]), "Gegenkonto (ohne BU-Schlüssel)": str(other["account"]),
        "Belegdatum": f"{stock['day']:%d%m}", "Belegfeld 1": str(number), "Buchungstext": str(stock["text"])[:60], "Festschreibung": "0",
    }  # fmt: skip
    return [_text(told.get(name, "")) if at in TEXTS else told.get(name, "") for at, name in enumerate(COLUMNS, start=1)]


def _text(text: str = "") -> str:
    return '"' + text.replace('"', '""') + '"'

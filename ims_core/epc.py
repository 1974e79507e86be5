"""RFID tags: what an Electronic Product Code says, in hex as readers send it or as a URI. epcpy holds the Tag Data Standard."""

import re
from dataclasses import dataclass
from typing import Any

HEX = re.compile(r"^(?:0x)?((?:30|31)[0-9A-F]{22}|36[0-9A-F]{48}(?:[0-9A-F]{2,6})?)$", re.IGNORECASE)
"""SGTIN-96, SSCC-96 and SGTIN-198 by their first byte; 198 bits fill 50 digits, or 52 and 56 as readers send whole words."""


@dataclass(frozen=True)
class Tag:
    """What a tag is on; `uri` is the same for each form of the same tag."""

    uri: str
    gtin: str | None = None
    serial: str | None = None
    sscc: str | None = None


def read(text: str) -> Tag | None:
    """The tag a text stands for, None if it is no SGTIN or SSCC."""
    text = text.strip()
    digits = HEX.match(text)
    if digits is None and text[:8].lower() != "urn:epc:":
        return None
    from epcpy.utils.common import ConvertException
    from epcpy.utils.parsers import epc_pure_identity_to_scheme, hex_to_tag_encodable, tag_uri_to_tag_encodable

    try:
        if digits:
            return _tag(hex_to_tag_encodable(digits[1].upper()))
        return _tag((tag_uri_to_tag_encodable if text[8:12].lower() == "tag:" else epc_pure_identity_to_scheme)(text))
    except (ConvertException, ValueError, LookupError):
        return None


def _tag(found: Any) -> Tag | None:
    kind = type(found).__name__
    if kind == "SGTIN":
        serial = re.search(r"\(21\)(.*)$", found.gs1_element_string())
        return Tag(found.epc_uri, gtin=found.gs1_key(), serial=serial[1] if serial else None)
    return Tag(found.epc_uri, sscc=found.gs1_key()) if kind == "SSCC" else None

"""Photos of barcodes with their true text: zxing-cpp alone, pyzbar alone, either, and ours as a photo and as a live camera.

    python benchmarks/decode.py [--folder ../shared/data] [--every 1]

Each photo is looked at in at most 1280x720 pixels. Read: its true text is among what was told, in the shop's spelling (a UPC-A, the
EAN-13 with a zero before it and its GTIN-14 are one). Wrong: a text that is true of no photo of its folder; another code in view is not
wrong. Photos of what a shop's scanner must not take (ITF without 14 digits and a check digit, Codabar) are set aside for all. The last
column is ours, live, on each photo enlarged to fill 1280x720. Milliseconds are of the processor: who else uses the machine does not
count. pyzbar's C library complains on stderr; it is kept quiet.
"""

import argparse
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
import zxingcpp
from PIL import Image
from pyzbar import pyzbar

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ims_core import codes, decoding  # noqa: E402

FOLDERS = ("E1_barcodes_zxing", "E2_barcodes_zxing_cpp")
NOT_TAKEN = ("codabar-1", "codabar-2")
KINDS = ["EAN13", "EAN8", "UPCA", "UPCE", "CODE128", "CODE39", "CODE93", "I25", "QRCODE", "DATABAR", "DATABAR_EXP"]


def kept(text: str) -> str:
    """A text as the shop keeps it, without the marks that only print GS1 prettily."""
    return re.sub(r"[()\x1d\s]", "", codes.parse(text.strip()).code)


def by_zxing(pixels: decoding.Pixels) -> list[str]:
    """zxing-cpp alone, the kinds we ask it for."""
    return [found.text for found in zxingcpp.read_barcodes(pixels, formats=decoding._kinds(), text_mode=zxingcpp.TextMode.Plain)]


def by_pyzbar(pixels: decoding.Pixels) -> list[str]:
    """The other one alone, every kind it has of those."""
    return [found.data.decode(errors="replace") for found in pyzbar.decode(pixels, symbols=[pyzbar.ZBarSymbol[kind] for kind in KINDS])]


def as_photo(pixels: decoding.Pixels) -> list[str]:
    """Ours, every way tried."""
    return [code.text for code in decoding.decode(pixels)]


def live(pixels: decoding.Pixels) -> list[str]:
    """Ours, the first way that reads something."""
    return [code.text for code in decoding.decode(pixels, several=False)]


READERS: dict[str, Callable[[decoding.Pixels], list[str]]] = {"zxing-cpp": by_zxing, "pyzbar": by_pyzbar, "ours": as_photo, "live": live}


def photos(folder: Path) -> Iterator[tuple[str, str | None, Image.Image]]:
    """Folder, true text (None: several codes or none) and grey picture of each photo a shop's scanner should take."""
    for file in sorted(file for name in FOLDERS for file in (folder / name).glob("*/*") if file.suffix in (".png", ".jpg", ".webp")):
        told = file.with_suffix(".txt")
        text = told.read_text("utf8", errors="replace") if told.exists() else None
        kind = file.parent.name
        short_itf = kind.startswith("itf") and text and (len(text.strip()) != 14 or not codes.parse(text).gtin)
        if kind not in NOT_TAKEN and not short_itf and (text is not None or kind.startswith("false")):
            yield f"{file.parent.parent.name[:2]} {kind}", text, sized(decoding._on_white(Image.open(file)))


def sized(image: Image.Image, fill: bool = False) -> Image.Image:
    """In at most 1280x720 pixels either way up, or just these."""
    wide = image.width >= image.height
    scale = min((1280 if wide else 720) / image.width, (720 if wide else 1280) / image.height)
    return image.resize((round(image.width * scale), round(image.height * scale))) if fill or scale < 1 else image


def timed(reader: Callable[[decoding.Pixels], list[str]], image: Image.Image) -> tuple[set[str], float]:
    """What a reader says of a picture, and the milliseconds of the processor it took."""
    pixels = np.asarray(image)
    start = time.thread_time()
    said = reader(pixels)
    return {kept(text) for text in said}, (time.thread_time() - start) * 1e3


def measure(folder: Path, every: int) -> dict[str, list[tuple[str, dict[str, set[str]], dict[str, float]]]]:
    """By folder: the true text of each photo, what each reader said, and how long it took."""
    found = defaultdict(list)
    for group, text, image in list(photos(folder))[::every]:
        results = {name: timed(reader, image) for name, reader in READERS.items()}
        spent = {name: ms for name, (_, ms) in results.items()} | {"filled": timed(live, sized(image, fill=True))[1]}
        found[group].append((kept(text) if text is not None else "", {name: said for name, (said, _) in results.items()}, spent))
    return found


def row(group: str, seen: list[tuple[str, dict[str, set[str]], dict[str, float]]]) -> dict[str, float]:
    """The figures of a folder, printed."""
    truths = {truth for truth, *_ in seen}
    figures: dict[str, float] = {"photos": len(seen)}
    for name in READERS:
        figures[name] = sum(truth in said[name] for truth, said, _ in seen)
        figures[f"{name} wrong"] = sum(len(said[name] - truths) for _, said, _ in seen)
    figures["either"] = sum(truth in said["zxing-cpp"] | said["pyzbar"] for truth, said, _ in seen)
    spent = {name: median(ms[name] for *_, ms in seen) for name in seen[0][2]}
    show(group, figures, spent)
    return figures


def show(group: str, figures: dict[str, float], spent: dict[str, float]) -> None:
    """One line of the table: read/wrong of each, then milliseconds."""
    read = "".join(f"{figures[name]:9.0f}/{figures[f'{name} wrong']:<3.0f}" for name in ("zxing-cpp", "pyzbar"))
    ours = "".join(f"{figures[name]:7.0f}/{figures[f'{name} wrong']:<3.0f}" for name in ("ours", "live"))
    print(f"{group:20s}{figures['photos']:5.0f}{read}{figures['either']:7.0f}{ours}" + "".join(f"{ms:8.1f}" for ms in spent.values()))


def main() -> None:
    """Measure, print the table, and say whether the aims are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--every", type=int, default=1, help="only every so many photos")
    chosen = parser.parse_args()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    found = measure(chosen.folder, chosen.every)
    if not found:
        print(f"no photos under {chosen.folder}")
        return
    print(f"{'read/wrong':20s}photos zxing-cpp     pyzbar   either     ours       live   ms: zxing  pyzbar    ours    live  filled")
    rows = {group: row(group, seen) for group, seen in found.items()}
    total = {name: sum(figures[name] for figures in rows.values()) for name in next(iter(rows.values()))}
    everything = [seen for group in found.values() for seen in group]
    show("all", total, {name: median(ms[name] for *_, ms in everything) for name in everything[0][2]})
    for mode in ("ours", "live"):
        fewer = [group for group, figures in rows.items() if figures[mode] < figures["either"]]
        print(f"{mode}: reads at least what either reads in {len(rows) - len(fewer)} of {len(rows)} folders {' '.join(fewer)}")
    wrong = ", ".join(f"{name} {total[name + ' wrong']:.0f}" for name in READERS)
    print(f"wrong texts: {wrong}  (aim: fewer than either)")


if __name__ == "__main__":
    main()

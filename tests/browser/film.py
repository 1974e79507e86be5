"""A film of barcodes for a browser's fake camera, and what of it was shown when."""

import io
from pathlib import Path

import numpy as np
import zxingcpp
from PIL import Image

WIDE, HIGH = 1280, 720
RATE = 30  # frames a second, which Chromium takes every such file to have
BITS = 6
CELL = 24
"""Pixels of one of the squares that say which code is shown: black is 1."""

WATCH = """
(() => {
  const open = navigator.mediaDevices && navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  if (!open) return
  navigator.mediaDevices.getUserMedia = async how => {
    const stream = await open(how), video = document.createElement("video"), seen = new Set()
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d", { willReadFrequently: true })
    video.srcObject = new MediaStream(stream.getVideoTracks().map(track => track.clone()))
    video.muted = true
    await video.play()
    const look = () => {
      const size = video.videoWidth / 1280
      canvas.width = 6; canvas.height = 1
      pen.drawImage(video, 0, 0, 6 * 24 * size, 24 * size, 0, 0, 6, 1)
      const cells = pen.getImageData(0, 0, 6, 1).data
      let shown = 0
      for (let bit = 0; bit < 6; bit++) if (cells[bit * 4] < 128) shown |= 1 << bit
      if (shown && !seen.has(shown)) { seen.add(shown); console.log(`SHOWN ${shown - 1} ${Date.now()}`) }
      video.requestVideoFrameCallback(look)
    }
    video.requestVideoFrameCallback(look)
    return stream
  }
})()
"""
"""Run in the page before all else: writes to its log when the camera first shows each code."""


def made(path: Path, texts: list[str], before: float = 3, shown: float = 1.0, between: float = 0.5, after: float = 60) -> Path:
    """A film that shows each EAN-13 for a while, and then nothing for long: Chromium begins it anew at its end."""
    blank = _jpeg(_sheet())
    with path.open("wb") as film:
        film.write(blank * round(before * RATE))
        for number, text in enumerate(texts):
            film.write(_jpeg(_frame(number, text)) * round(shown * RATE))
            film.write(blank * round(between * RATE))
        film.write(blank * round(after * RATE))
    return path


def flags(path: Path | None) -> list[str]:
    """How a browser takes the film for its camera; without one, a picture of its own."""
    fake = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    return [*fake, f"--use-file-for-fake-video-capture={path}"] if path else fake


def _sheet() -> np.ndarray:
    return np.full((HIGH, WIDE), 215, np.uint8)


def _frame(number: int, text: str) -> np.ndarray:
    code = np.asarray(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.EAN13).to_image(scale=5, add_quiet_zones=True))
    code = np.repeat(code[:1], 260, axis=0) if code.shape[0] < 260 else code[:260]
    picture, top, left = _sheet(), 250, (WIDE - code.shape[1]) // 2
    picture[top : top + 260, left : left + code.shape[1]] = code
    for bit in range(BITS):
        picture[:CELL, bit * CELL : (bit + 1) * CELL] = 0 if (number + 1) >> bit & 1 else 255
    return picture


def _jpeg(picture: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).convert("RGB").save(out, "JPEG", quality=70)
    return out.getvalue()

"""Small grey images as PNG, written by hand so that the demo needs no imaging library."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY = bytes([8, 0, 0, 0, 0])  # 8 bits, greyscale, deflate, standard filters, not interlaced


def png(grey: NDArray[np.uint8]) -> bytes:
    """Return a greyscale image (rows, columns) as a PNG file."""
    rows, columns = grey.shape
    plain = np.zeros((rows, columns + 1), dtype=np.uint8)  # each row begins with its filter, 0 for none
    plain[:, 1:] = grey
    header = struct.pack(">II", columns, rows) + GREY
    body = zlib.compress(plain.tobytes(), 9)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def data_uri(grey: NDArray[np.uint8]) -> str:
    """Return the image as an address that holds all of it, ready for `<img src>`."""
    return "data:image/png;base64," + base64.b64encode(png(grey)).decode()


def enlarge(image: NDArray[np.float64], times: int) -> NDArray[np.float64]:
    """Return the image so many times as large, with linear interpolation between its pixels."""
    return _stretch(_stretch(image, times).T, times).T


def _stretch(image: NDArray[np.float64], times: int) -> NDArray[np.float64]:
    length = image.shape[0]
    # The centre of a new pixel lies this far into the old ones; the edges repeat.
    at = np.clip((np.arange(length * times) + 0.5) / times - 0.5, 0, length - 1)
    below = np.minimum(at.astype(np.int64), length - 2)
    part = (at - below)[:, None]
    stretched: NDArray[np.float64] = image[below] * (1 - part) + image[below + 1] * part
    return stretched


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

"""Images for people: valid PNG files whose pixels are what was drawn."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from crowd.trials.images import data_uri, enlarge, png


def chunks(data: bytes) -> dict[bytes, bytes]:
    """Read a PNG's chunks, checking length and checksum of each (PNG specification, 5.3)."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    found, at = {}, 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + body),)
        found[kind] = body
        at += 12 + length
    return found


def pixels(data: bytes) -> np.ndarray:
    """Decode a greyscale PNG without filters."""
    parts = chunks(data)
    columns, rows, depth, colour = struct.unpack(">IIBB", parts[b"IHDR"][:10])
    assert (depth, colour, list(parts)[-1]) == (8, 0, b"IEND")
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), dtype=np.uint8).reshape(rows, columns + 1)
    assert not lines[:, 0].any()
    return lines[:, 1:]


@given(arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_a_png_holds_the_pixels_it_was_made_of(grey):
    assert np.array_equal(pixels(png(grey)), grey)


def test_a_data_uri_is_the_file_itself():
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    kind, _, body = data_uri(grey).partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(body) == png(grey)


@given(arrays(np.float64, (8, 8), elements=st.floats(0, 16)), st.integers(1, 5))
def test_enlarging_keeps_size_range_and_evenness(image, times):
    large = enlarge(image, times)
    assert large.shape == (8 * times, 8 * times)
    assert image.min() - 1e-9 <= large.min() <= large.max() <= image.max() + 1e-9
    assert np.allclose(enlarge(image.T, times), large.T)


def test_enlarging_once_changes_nothing_and_corners_stay():
    image = np.arange(64, dtype=np.float64).reshape(8, 8)
    assert np.array_equal(enlarge(image, 1), image)
    assert enlarge(image, 4)[0, 0] == image[0, 0]
    assert enlarge(image, 4)[-1, -1] == pytest.approx(image[-1, -1])

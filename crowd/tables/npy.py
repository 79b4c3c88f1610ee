"""Tables of numbers in numpy's own file format, from senders that need not be trusted."""

from __future__ import annotations

import io
import math

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from crowd.errors import bad_input
from crowd.tables.source import Source

Floats = NDArray[np.float64]
READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def recognises(source: Source) -> bool:
    """Tell if these bytes are meant as a .npy file."""
    return source.body.startswith(npy.MAGIC_PREFIX)


def matrix(source: Source) -> Floats:
    """Return the two-dimensional table of a .npy file; sizes are compared before anything is allocated."""
    stream = io.BytesIO(source.body)
    try:
        shape, column_major, dtype = READERS[npy.read_magic(stream)](stream)
    except (
        Exception
    ) as error:  # the header is parsed as Python: whatever goes wrong there, the file is at fault
        raise bad_input(source.name, f"is not a readable .npy file: {error!r}") from None
    if len(shape) != 2 or min(shape) < 1 or dtype.kind not in "fiu":
        found = f"holds shape {shape} of {dtype}"
        raise bad_input(source.name, f"{found}; a table of numbers with a row per item is needed")
    body = source.body[stream.tell() :]
    if math.prod(shape) * dtype.itemsize != len(body):
        expected = f"{math.prod(shape) * dtype.itemsize:,} bytes of numbers"
        raise bad_input(source.name, f"holds {len(body):,} where its header announces {expected}")
    table = np.frombuffer(body, dtype).reshape(shape, order="F" if column_major else "C")
    with np.errstate(all="ignore"):  # what does not fit becomes infinite or nan, which the caller refuses
        return np.ascontiguousarray(table, dtype=np.float64)

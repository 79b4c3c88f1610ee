"""How functions of large fits are compiled by numba (and kept on disk); imported only by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function, *, reorder: bool = False) -> Function:
    """Compile a function, keeping its type; nothing here is infinite.

    Sums are reordered only where asked for: over the numbers of an item that makes vector loops.
    """
    relaxed = {"contract", "nsz", "nnan"} | ({"reassoc"} if reorder else set())
    compile_it = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=relaxed)
    return cast("Function", compile_it(function))

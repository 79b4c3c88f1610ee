"""A cap on the memory that this process holds."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from crowd.errors import Unprocessable

MB = 10**6
# What Python, NumPy, pyarrow and the kernel, compiled for the first time, take before anything is read.
PROGRAM = 300 * MB


class Cap:
    """What this process may hold; what a longer life than a command's took before does not count."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._before = max(peak() - PROGRAM, 0)

    def heed(self) -> None:
        """Refuse to go on where more was held; called after every piece of work.

        Raises:
            Unprocessable: The cap was passed.
        """
        held, most = self.held // MB, self.limit // MB
        if held > most:
            raise Unprocessable(f"memory: {held:,} MB were needed so far, {most:,} MB may be held; give more")

    @property
    def held(self) -> int:
        """The most bytes that were held."""
        return peak() - self._before


def peak() -> int:
    """Return the most bytes of memory that this process ever held."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:  # not Linux
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024

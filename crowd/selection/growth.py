"""How many items to ask about at once: few while the model knows little, since it will soon know better."""

from typing import Final

FIRST: Final = 20


def growing(size: int, known: int) -> int:
    """Return the size of the next batch: at most `size`, and at most half as many as labels are known.

    The first batches hold 20 items; from then on no batch adds more than half to what the model learns from.
    """
    return min(size, max(FIRST, known // 2))

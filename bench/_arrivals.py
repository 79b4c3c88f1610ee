"""Workers who come as they please and are given pages, as a pool gives them; used by bench/_replay.py."""

from __future__ import annotations

import numpy as np

PAGE = 10


def claimed(
    item: np.ndarray,
    worker: np.ndarray,
    gain: np.ndarray,
    proven: np.ndarray | None,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return which of the answers are taken when every item is open for one, page by page.

    Everybody comes, in a random order, as often as it takes to be asked all they could be asked. Who comes
    gets the open items that gain most; with `proven`, who is not gets those that gain least.

    Args:
        item: Of each answer that could be had.
        worker: Who would give it.
        gain: (I,) of another answer to each item.
        proven: (W,) whose answers say more than most; None: everybody is given the best.
        rng: Draws who comes when.
    """
    order = np.lexsort((item, -gain[item], worker))
    shelves = {int(worker[rows[0]]): rows for rows in np.split(order, _ends(worker[order])) if len(rows)}
    visits = np.concatenate([np.full(-(-len(rows) // PAGE), who) for who, rows in shelves.items()] or [[]])
    is_open = np.ones(len(gain), dtype=bool)
    taken = np.zeros(len(item), dtype=bool)
    for who in rng.permutation(visits).astype(int).tolist():
        rows = shelves[who]
        rows = rows[is_open[item[rows]]]
        page = rows[:PAGE] if proven is None or proven[who] else rows[-PAGE:]
        is_open[item[page]], taken[page] = False, True
        shelves[who] = rows
    return taken


def _ends(ordered: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.diff(ordered)) + 1

"""Answers out of a pandas frame, and what they say as frames: for notebooks and scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from aggregation.answers import Answers, Codes
from aggregation.consensus import Consensus

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("item", "worker", "label")
# crowd-kit says `task` where we say `item`.
THEIRS = "task"


def answers_of(frame: pd.DataFrame, *, label_set: Sequence[str] | None = None) -> Answers:
    """Take the answers in the columns item (or crowd-kit's `task`), worker and label; others are passed over.

    Whatever the cells hold is taken as text: 1 is the label "1". Of several rows of one worker on one item
    the last counts.

    Args:
        frame: A row for each answer.
        label_set: Every label there is, in the order wanted; by default the labels seen, sorted.

    Raises:
        ValueError: A column or a cell is missing, or a label is not in `label_set`.
    """
    item, items = _coded(frame, THEIRS if "item" not in frame and THEIRS in frame else "item")
    worker, workers = _coded(frame, "worker")
    label, labels = _coded(frame, "label")
    if label_set is not None:
        label, labels = _recoded(label, labels, tuple(label_set)), tuple(label_set)
    return Answers.from_codes(item, worker, label, items, workers, labels)


def labels_of(answers: Answers, consensus: Consensus) -> pd.DataFrame:
    """Return label, confidence and number of answers of each item."""
    import pandas as pd

    columns = {
        "label": np.array(answers.labels, dtype=object)[consensus.choice],
        "confidence": consensus.confidence,
        "answers": consensus.votes,
    }
    return pd.DataFrame(columns, index=pd.Index(answers.items, name="item"))


def probabilities_of(answers: Answers, consensus: Consensus) -> pd.DataFrame:
    """Return the probability of each label (columns) of each item (rows)."""
    import pandas as pd

    index, columns = pd.Index(answers.items, name="item"), pd.Index(answers.labels, name="label")
    return pd.DataFrame(consensus.posterior, index=index, columns=columns)


def workers_of(answers: Answers, consensus: Consensus) -> pd.DataFrame:
    """Return the skill of each worker and how many answers it was seen in."""
    import pandas as pd

    given = np.bincount(answers.worker, minlength=len(answers.workers))
    columns = {"skill": consensus.skill, "answers": given}
    return pd.DataFrame(columns, index=pd.Index(answers.workers, name="worker"))


def _coded(frame: pd.DataFrame, name: str) -> tuple[Codes, tuple[str, ...]]:
    """Return the codes of a column's rows, and the names in order."""
    import pandas as pd

    if name not in frame:
        raise ValueError(f"column {name} is missing; found {', '.join(map(str, frame.columns))}")
    if len(missing := np.flatnonzero(frame[name].isna())):
        raise ValueError(f"row {missing[0] + 1}: {name} is missing; drop such rows with dropna()")
    codes, names = pd.factorize(frame[name].astype(str), sort=True)
    return codes.astype(np.int32), tuple(names)


def _recoded(codes: Codes, seen: Sequence[str], label_set: tuple[str, ...]) -> Codes:
    if unknown := [label for label in seen if label not in label_set]:
        raise ValueError(f"label {unknown[0]!r} is not among {', '.join(map(repr, label_set))}")
    return np.array([label_set.index(label) for label in seen], dtype=np.int32)[codes]

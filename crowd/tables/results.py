"""A consensus as tables: a row per item, a row per worker."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from aggregation.answers import Answers
from aggregation.consensus import Consensus
from crowd.tables.writing import write_csv
from workers.quality import Measure, Quality

# A value survives the file to 1e-9; digits beyond that differ between machines.
DIGITS = 9
LABEL_COLUMNS = ("item", "label", "confidence", "answers")
WORKER_COLUMNS = (
    *("worker", "skill", "answers", "agreement"),
    *("informedness", "informedness_low", "informedness_high"),
    *("information", "information_low", "information_high"),
)
COST_COLUMNS = ("cost", "cost_low", "cost_high")


def write_labels(stream: BinaryIO, answers: Answers, consensus: Consensus) -> None:
    """Write the label of each item, its posterior, and how many answers it rests on."""
    labels = [answers.labels[choice] for choice in consensus.choice.tolist()]
    confidence = np.round(consensus.confidence, DIGITS).tolist()
    rows = zip(answers.items, labels, confidence, consensus.votes.tolist(), strict=True)
    write_csv(stream, LABEL_COLUMNS, rows)


def write_probabilities(stream: BinaryIO, answers: Answers, consensus: Consensus) -> None:
    """Write the probability of every label of each item, as a model's predictions are written."""
    posterior = np.round(consensus.posterior, DIGITS).tolist()
    rows = ((item, *row) for item, row in zip(answers.items, posterior, strict=True))
    write_csv(stream, ("item", *consensus.labels), rows)


def write_workers(
    stream: BinaryIO, answers: Answers, consensus: Consensus, measured: Quality | None = None
) -> None:
    """Write the skill of each worker, their answers, the share of these that equal the consensus, and more.

    What is measured comes with the ends of its 90 % interval; the columns are blank where it is not.
    """
    given = np.bincount(answers.worker, minlength=len(answers.workers))
    equal = answers.label == consensus.choice[answers.item]
    agreement = np.bincount(answers.worker, equal, len(answers.workers)) / np.maximum(given, 1)
    skill = [None if np.isnan(value) else round(value, DIGITS) for value in consensus.skill.tolist()]
    rows = zip(
        answers.workers,
        skill,
        given.tolist(),
        np.round(agreement, DIGITS).tolist(),
        *_measure(None if measured is None else measured.informedness, len(given)),
        *_measure(None if measured is None else measured.information, len(given)),
        strict=True,
    )
    if measured is None or measured.cost is None:
        write_csv(stream, WORKER_COLUMNS, rows)
        return
    costs = zip(*_measure(measured.cost, len(given)), strict=True)
    write_csv(
        stream, WORKER_COLUMNS + COST_COLUMNS, (row + cost for row, cost in zip(rows, costs, strict=True))
    )


def _measure(measure: Measure | None, workers: int) -> list[list[float | None]]:
    """Return the columns of a measure."""
    if measure is None:
        return [[None] * workers] * 3
    return [np.round(column, DIGITS).tolist() for column in (measure.value, measure.low, measure.high)]

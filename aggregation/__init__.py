"""What is the answer? Answers of a crowd in, consensus out; pure, usable without a server.

In a notebook: take `answers_of` a frame, `aggregate` them, and look at `labels_of`, `probabilities_of` and
`workers_of` what was concluded. docs/how-to/use-consensus-from-python.md shows it.
"""

from aggregation.answers import Answers
from aggregation.consensus import Consensus
from aggregation.dataframes import answers_of, labels_of, probabilities_of, workers_of
from aggregation.registry import AGGREGATORS, aggregate

__all__ = [
    "AGGREGATORS",
    "Answers",
    "Consensus",
    "aggregate",
    "answers_of",
    "labels_of",
    "probabilities_of",
    "workers_of",
]

"""What is the answer? Answers of a crowd in, consensus out; pure, usable without a server.

In a notebook: take `answers_of` a frame, `aggregate` them, and look at `labels_of`, `probabilities_of` and
`workers_of` what was concluded. docs/how-to/use-consensus-from-python.md shows it.

Where to read:

    answers, consensus                                       what goes in, what comes out
    dataframes                                               both as pandas frames
    registry, narrowing                                      every method for labels by name; how one is run
    panel                                                    the default
    votes, one_coin, dawid_skene, tilted                     the models it is made of
    pinned                                                   each of these by itself
    glad, mace, crowdkit                                     other models, and crowd-kit's
    leaning, temperature                                     what keeps the default honest
    em, pairs, kernel                                        the loop they share, its layout, one pass
    sparse_kernel                                            a pass for everyone, in SciPy
    compiled, compiled_kernel, compiled_layout, compiled_rows    a pass for large fits, in numba
    sharded, provisional                                     larger than memory; a few items between two fits
    history, functions, fusion                               past work, rules and models as evidence
    kinds, readings, nearness                                answers that are no labels, and how near they are
    label_sets, quantities, transcripts                      sets, numbers, texts
    boxes, spans, marks, presence                            things marked on images and in texts
    comparisons, rankings                                    who beat whom, and the order that follows
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

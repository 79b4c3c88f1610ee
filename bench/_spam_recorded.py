"""Recorded workers under crowd's test for spam, the truth of some items taken as gold."""

from __future__ import annotations

import numpy as np
from _recorded import Recorded
from _spam_rules import GOLD

from qc import gold_policy, peers, spam
from qc.spam import Observation, SpamPolicy, SpamTest

FEWEST = 10  # answers to gold, and beside peers, for a worker to be followed


def real(recorded: Recorded, seed: int) -> dict[str, float]:
    """Follow the workers of a recorded set; gold is drawn from its truth, the rest is told by peers."""
    rng, answers = np.random.default_rng(seed), recorded.answers
    gold_items = balanced(recorded, rng)
    gold_items &= ~np.isin(recorded.truth, sorted(unlearned(recorded, gold_items)))
    beside = peers.others(answers, np.where(gold_items, recorded.truth, -1).astype(np.int32))
    policy = policy_of(recorded, gold_items)
    rows = [
        one_of(recorded, beside, gold_items, policy, worker, rng) for worker in range(len(answers.workers))
    ]
    told = [row for row in rows if row is not None]
    out = [right for is_out, _, right in told if is_out]
    kept = [right for is_out, _, right in told if not is_out]
    return {
        "workers": len(told),
        "out": 100 * len(out) / max(len(told), 1),
        "exam": 100 * float(np.mean([exams > 0 for _, exams, _ in told])) if told else float("nan"),
        "informed, out": 100 * float(np.nanmean(out)) if out else float("nan"),
        "informed, kept": 100 * float(np.nanmean(kept)) if kept else float("nan"),
    }


def balanced(recorded: Recorded, rng: np.random.Generator) -> np.ndarray:
    """Return which items are gold: three in ten, evenly over the classes as far as there are."""
    usable = recorded.judged & (recorded.truth >= 0)
    classes = np.unique(recorded.truth[usable])
    each = int(0.3 * usable.sum() / len(classes))
    chosen = np.zeros(len(usable), dtype=bool)
    for code in classes:
        some = np.flatnonzero(usable & (recorded.truth == code))
        chosen[rng.choice(some, min(each, len(some)), replace=False)] = True
    return chosen


def informedness(said: np.ndarray, truth: np.ndarray) -> float:
    """Return how much better than chance, every class counted alike."""
    classes = np.unique(truth)
    recall = float(np.mean([(said[truth == code] == code).mean() for code in classes]))
    return (recall - 1 / len(classes)) / (1 - 1 / len(classes)) if len(classes) > 1 else float("nan")


def unlearned(recorded: Recorded, gold_items: np.ndarray) -> frozenset[int]:
    answers, truth = recorded.answers, recorded.truth[recorded.answers.item]
    told, right = gold_items[answers.item], answers.label == truth
    records = {
        int(code): (int((right & told & (truth == code)).sum()), int((told & (truth == code)).sum()))
        for code in np.unique(truth[told])
    }
    return spam.unlearned(records, len(answers.labels))


def policy_of(recorded: Recorded, gold_items: np.ndarray) -> SpamPolicy:
    answers = recorded.answers
    told = gold_items[answers.item]
    right = told & (answers.label == recorded.truth[answers.item])
    width = len(answers.workers)
    counts = (np.bincount(answers.worker, each, minlength=width).tolist() for each in (right, told))
    return spam.policy_for(
        [(hits, int(all_of)) for hits, all_of in zip(*counts, strict=True)], len(answers.labels)
    )


def one_of(
    recorded: Recorded,
    beside: np.ndarray,
    gold_items: np.ndarray,
    policy: SpamPolicy,
    worker: int,
    rng: np.random.Generator,
) -> tuple[bool, int, float] | None:
    """Return whether a recorded worker is found, their exams, and their informedness; None of few answers."""
    answers, test = recorded.answers, SpamTest.start(len(recorded.answers.labels), policy)
    rows = rng.permutation(np.flatnonzero(answers.worker == worker))
    known = recorded.truth[answers.item[rows]] >= 0
    is_gold = gold_items[answers.item[rows]]
    if is_gold.sum() < FEWEST or (~is_gold).sum() < FEWEST:
        return None
    right = informedness(answers.label[rows][known], recorded.truth[answers.item[rows]][known])
    gold, others = list(rows[is_gold]), list(rows[~is_gold])
    exams = left = given = 0
    while (gold if left else gold or others) and (gold or others):
        wants = left > 0 or not others or (gold and rng.random() < gold_policy.share(GOLD, given, None))
        row = gold.pop() if wants and gold else others.pop()
        given += 1
        said, item = int(answers.label[row]), answers.item[row]
        is_told = wants and gold_items[item]
        rest = None if is_told or np.isnan(beside[row, 0]) else tuple(beside[row].tolist())
        test = test.observe(Observation(said, int(recorded.truth[item]) if is_told else None, rest))
        verdict, was = test.verdict(), left
        left -= left > 0
        if verdict == "ban" or (verdict == "suspend" and was == 1):
            return True, exams, right
        if verdict == "suspend" and was == 0:
            exams, left = exams + 1, spam.EXAM
    return bool(left), exams, right

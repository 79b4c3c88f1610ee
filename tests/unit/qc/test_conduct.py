"""Signs of bad conduct are found, and a crowd in which nobody stands out is left alone."""

import numpy as np
import pytest

from aggregation.answers import Answers
from qc import conduct

CROWDS = 60


def flagged(signs):
    return {who for who, sign in signs.items() if sign.flagged}


def false_alarms(look, draw):
    """Return the share of ordinary crowds in which anybody is flagged."""
    return np.mean([bool(flagged(look(draw(np.random.default_rng(seed))))) for seed in range(CROWDS)])


def times(rng, *, workers=25, spread=0.4):
    return {
        f"w{n}": np.exp(rng.normal(2 + rng.normal(0, spread), 0.6, size=30)).tolist() for n in range(workers)
    }


def test_who_takes_a_tenth_of_the_time_is_too_fast():
    rng = np.random.default_rng(1)
    seconds = times(rng, workers=40, spread=0.25) | {"bot": rng.uniform(0.3, 0.6, size=30).tolist()}
    signs = conduct.speed(seconds)
    assert flagged(signs) == {"bot"}
    assert signs["bot"].value < signs["bot"].threshold
    assert "is too fast" in signs["bot"].reason


def test_people_of_different_speed_are_not_too_fast():
    assert false_alarms(conduct.speed, times) <= 0.05


def test_of_few_answers_or_few_workers_nothing_is_said():
    rng = np.random.default_rng(1)
    assert flagged(conduct.speed({"bot": [0.1] * 50, "ann": [9.0] * 50})) == set()
    assert flagged(conduct.speed(times(rng) | {"bot": [0.1] * 5})) == set()
    assert flagged(conduct.repetition({"bot": [0] * 10}, [0.5, 0.5])) == set()


def said(rng, *, common=0.6, workers=25):
    return {f"w{n}": rng.choice(2, p=[common, 1 - common], size=80).tolist() for n in range(workers)}


@pytest.mark.parametrize("common", [0.5, 0.88, 0.97])
def test_a_common_label_in_a_row_is_no_repetition(common):
    shares = [common, 1 - common]
    alarms = false_alarms(lambda c: conduct.repetition(c, shares), lambda rng: said(rng, common=common))
    assert alarms <= 0.05


def test_one_label_over_and_over_is_repetition():
    answers = said(np.random.default_rng(2)) | {"bot": [1] * 60}
    signs = conduct.repetition(answers, [0.6, 0.4])
    assert flagged(signs) == {"bot"}
    assert "label 1 60 times in a row" in signs["bot"].reason


def crowd(rng, *, items=80, workers=12, right=0.75, copies=0):
    """Everybody answers everything; the last ones copy the first."""
    truth = rng.integers(3, size=items)
    rows = []
    for worker in range(workers):
        wrong = (truth + 1 + rng.integers(2, size=items)) % 3
        own = np.where(rng.random(items) < right, truth, wrong)
        first = own if worker == 0 else first  # noqa: F821 - of the round before
        copied = worker >= workers - copies
        noise = np.where(rng.random(items) < 0.05, own, first)
        rows += [(f"i{item:03}", f"w{worker:02}", str(a)) for item, a in enumerate(noise if copied else own)]
    return Answers.from_columns(*zip(*rows, strict=True))


def test_copies_are_found_and_nobody_else():
    answers = crowd(np.random.default_rng(3), copies=1)
    signs = conduct.identical(answers)
    assert flagged(signs) == {("w00", "w11")}
    assert "same answer" in signs["w00", "w11"].reason


def test_independent_errors_are_no_copies():
    assert false_alarms(conduct.identical, lambda rng: crowd(rng, items=50)) <= 0.05


def test_who_gives_most_answers_gives_too_many():
    signs = conduct.volume({"bulk": 400, **{f"w{n}": 50 for n in range(8)}})
    assert flagged(signs) == {"bulk"}
    assert signs["bulk"].value == 0.5


def test_the_first_to_come_does_not_give_too_much():
    assert flagged(conduct.volume({"ann": 5, "bob": 3, "cat": 2, "dan": 1, "eve": 1})) == set()
    assert flagged(conduct.volume({"ann": 500, "bob": 480})) == set()
    assert conduct.volume({}) == {}

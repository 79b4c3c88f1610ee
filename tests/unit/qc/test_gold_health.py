"""Gold that good workers contradict is doubted; what spammers say of it does not count."""

import numpy as np

from qc.gold_health import GoldAnswer, doubts

LABELS = ("a", "b", "c")


def crowd(rng, *, good=0, spam=0, gold=12, wrong=()):
    """Answer gold whose truth is its number's label; the key of `wrong` says the next one."""
    given = []
    for worker in range(good + spam):
        for number in range(gold):
            truth, key = LABELS[number % 3], LABELS[(number + (number in wrong)) % 3]
            sees = worker < good and rng.random() < 0.9
            value = truth if sees else LABELS[rng.integers(3)]
            given.append(GoldAnswer(number, worker, value, value == key))
    return given


def test_the_wrong_gold_is_found_and_hardly_any_other():
    false = 0
    for seed in range(20):
        found = {
            doubt.gold: doubt
            for doubt in doubts(crowd(np.random.default_rng(seed), good=6, wrong=(4,)), chance=1 / 3)
        }
        wrong = found.pop(4)
        assert (wrong.rival, wrong.answers) == ("b", 6)
        assert wrong.against > 0.5
        false += len(found)
    assert false <= 3  # of 220


def test_several_wrong_gold_are_found_though_they_make_everybody_look_worse():
    for seed in range(20):
        found = doubts(crowd(np.random.default_rng(seed), good=8, wrong=(0, 1, 2, 3)), chance=1 / 3)
        assert {doubt.gold for doubt in found} == {0, 1, 2, 3}


def test_many_spammers_do_not_make_right_gold_doubtful():
    false = sum(
        len(doubts(crowd(np.random.default_rng(seed), good=4, spam=6), chance=1 / 3)) for seed in range(20)
    )
    assert false <= 5  # of 240


def test_few_answers_doubt_nothing():
    assert doubts(crowd(np.random.default_rng(1), good=3, wrong=(0,)), chance=1 / 3) == []
    assert doubts([], chance=0.5) == []

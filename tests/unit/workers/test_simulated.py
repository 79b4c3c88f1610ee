"""Simulated people follow the mix, their matrices and their seed."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.simulated import BAD, KINDS, parse_mix, people

mixes = st.dictionaries(st.sampled_from((*KINDS, "spam")), st.integers(1, 20), min_size=1).map(
    lambda parts: {kind: part / sum(parts.values()) for kind, part in parts.items()}
)


def crew(mix, size=40, labels=4, seed=0, **options):
    return people(mix, size, labels, np.random.default_rng(seed), **options)


@given(mixes, st.integers(0, 60), st.integers(2, 6), st.integers(0, 9))
def test_matrices_are_probabilities_and_the_size_is_met(mix, size, labels, seed):
    made = crew(mix, size, labels, seed)
    assert len({person.name for person in made}) == size
    for person in made:
        assert person.matrix.shape == (labels, labels)
        assert np.all(person.matrix >= 0)
        np.testing.assert_allclose(person.matrix.sum(axis=1), 1)


@given(mixes, st.integers(0, 60))
def test_each_kind_gets_its_share_to_within_one_person(mix, size):
    found = Counter(person.kind for person in crew(mix, size, 2))
    for kind in KINDS:
        share = mix.get(kind, 0) + (mix.get("spam", 0) / len(BAD) if kind in BAD else 0)
        assert abs(found[kind] - share * size) < 1 + 1e-6


def test_whole_shares_are_met_exactly():
    found = Counter(person.kind for person in crew(parse_mix("good=.7,sloppy=.2,constant=.1"), 10))
    assert found == {"good": 7, "sloppy": 2, "constant": 1}


def test_the_same_seed_makes_the_same_people_and_answers():
    def life(seed):
        rng = np.random.default_rng(seed)
        return [
            (p.name, p.kind, p.matrix.tobytes(), p.answer(1, rng), p.seconds(rng))
            for p in people({"good": 0.5, "spam": 0.5}, 20, 3, rng)
        ]

    assert life(7) == life(7)
    assert life(7) != life(8)


def test_answers_follow_the_matrix():
    person = crew({"sloppy": 1}, 1)[0]
    rng = np.random.default_rng(1)
    answers = [person.answer(2, rng) for _ in range(20_000)]
    np.testing.assert_allclose(np.bincount(answers, minlength=4) / 20_000, person.matrix[2], atol=0.015)


def test_accuracy_tells_the_kinds_apart():
    accuracy = {kind: np.mean([p.matrix.trace() / 4 for p in crew({kind: 1}, 100)]) for kind in KINDS}
    assert accuracy["good"] == pytest.approx(0.88, abs=0.02)
    assert accuracy["sloppy"] == pytest.approx(0.65, abs=0.03)
    assert accuracy["adversary"] < 0.1
    for kind in ("random", "prior", "constant"):
        assert accuracy[kind] == pytest.approx(0.25)


@pytest.mark.parametrize("kind", ["random", "prior", "constant"])
def test_spammers_do_not_look_at_the_item(kind):
    for person in crew({kind: 1}, 10):
        assert np.linalg.matrix_rank(person.matrix) == 1


def test_a_constant_worker_gives_one_answer():
    rng = np.random.default_rng(3)
    for person in crew({"constant": 1}, 10):
        assert len({person.answer(truth, rng) for truth in range(4) for _ in range(20)}) == 1


def test_difficulty_does_not_change_who_never_looked():
    rng = np.random.default_rng(6)
    person = crew({"constant": 1}, 1)[0]
    assert {person.answer(t, rng, difficulty=0.7) for t in range(4) for _ in range(50)} == {
        person.answer(0, rng)
    }


def test_the_lowest_draw_does_not_give_an_impossible_answer():
    class Lowest:
        def random(self):
            return 0.0

    for person in crew({"constant": 1}, 10):
        assert person.matrix[0][person.answer(0, Lowest())] == 1


def test_a_mix_off_by_a_rounding_error_still_makes_the_size():
    assert len(crew({"good": 0.5, "sloppy": 0.5000009}, 2_000, labels=2)) == 2_000


def test_a_prior_worker_guesses_the_given_class_shares():
    for person in crew({"prior": 1}, 3, labels=2, prior=[88, 12]):
        np.testing.assert_allclose(person.matrix, [[0.88, 0.12]] * 2)


def test_difficulty_takes_away_what_a_good_worker_knows_and_nothing_else():
    rng = np.random.default_rng(4)
    person = crew({"good": 1}, 1)[0]

    def accuracy(difficulty):
        return np.mean(
            [person.answer(t, rng, difficulty=difficulty) == t for t in range(4) for _ in range(3000)]
        )

    assert accuracy(0.0) == pytest.approx(person.matrix.trace() / 4, abs=0.02)
    assert accuracy(1.0) == pytest.approx(0.25, abs=0.02)
    assert accuracy(0.0) > accuracy(0.5) > accuracy(1.0)


def test_seconds_lie_around_the_persons_median():
    person = crew({"good": 1}, 1)[0]
    rng = np.random.default_rng(5)
    drawn = [person.seconds(rng) for _ in range(5000)]
    assert min(drawn) > 0
    assert np.median(drawn) == pytest.approx(person.median_seconds, rel=0.05)


def test_a_mix_is_read():
    assert parse_mix("good=.7, sloppy=.2,spam=.1") == {"good": 0.7, "sloppy": 0.2, "spam": 0.1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("good", "'good' in the mix is not kind=share"),
        ("", "'' in the mix is not kind=share"),
        ("good=x,sloppy=1", "share of 'good' is 'x'"),
        ("good=nan", "share of 'good' is nan"),
        ("good=1.5", "share of 'good' is 1.5"),
        ("great=1", "'great' is no kind of simulated worker: use good"),
        ("good=.5,good=.5", "'good' stands twice"),
        ("good=.7,spam=.2", "sum to 0.9: they must sum to 1"),
    ],
)
def test_a_bad_mix_is_refused_by_name(text, message):
    with pytest.raises(ValueError, match=message):
        parse_mix(text)


def test_people_need_a_size_labels_and_a_fitting_prior():
    with pytest.raises(ValueError, match="size is -1"):
        crew({"good": 1}, size=-1)
    with pytest.raises(ValueError, match="at least 2 labels"):
        crew({"good": 1}, labels=1)
    with pytest.raises(ValueError, match="prior must be 4 shares"):
        crew({"prior": 1}, prior=[1, 2])

"""A plan is simulated under the product's own rules, and recommends what was asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aggregation.answers import Answers
from aggregation.registry import aggregate
from crowd.trials.plan.frontier import GAINS, Effort, Price, offered, plan, recommend, rules
from crowd.trials.plan.page import render
from crowd.trials.plan.simulate import GOLD_ITEMS, Rule, simulate
from crowd.trials.plan.supply import RecordedSource, StatedSource
from crowd.trials.plan.together import together
from qc.decide import Policy
from qc.gold_policy import GoldPolicy
from workers.simulated import Group, parse_groups

GOOD = (Group("good", 1.0, 0.9),)
MIXED = (Group("good", 0.6, 0.9), Group("random", 0.4))
FEW = (
    Rule(Policy(overlap=1)),
    Rule(Policy(overlap=3)),
    Rule(Policy(overlap=3), GoldPolicy()),
    Rule(Policy(min_answers=2, max_answers=5, confidence=0.9)),
)


def source(groups=GOOD, items=60, **options):
    return StatedSource(groups, items, people=12, **options)


def bought(rule, groups=GOOD, items=60, seed=0, **options):
    supply = source(groups, items, **options).draw(items, np.random.default_rng(seed))
    return simulate(supply, rule, np.random.default_rng(seed))


def planned():
    where = source(MIXED, 200, labels=3)
    return plan(where, Price(20_000), items=1_000, effort=Effort(60, 2, 1), candidates=FEW)


@pytest.fixture(scope="module")
def found():
    return planned()


def test_a_fixed_overlap_buys_exactly_that():
    run = bought(Rule(Policy(overlap=3)))
    assert (run.items, run.answers, run.gold_answers, run.judged) == (60, 180, 0, 60)
    assert run.right > 50


def test_until_sure_stays_between_least_and_most():
    run = bought(Rule(Policy(min_answers=2, max_answers=4, confidence=0.99)), MIXED)
    assert 2 * 60 <= run.answers <= 4 * 60


def test_until_a_gain_is_too_small_buys_less_the_dearer_an_answer_is():
    runs = [
        bought(Rule(Policy(min_answers=2, max_answers=5, least_gain=gain)), MIXED, items=150)
        for gain in (0.5, 0.05, 0.001)
    ]
    assert runs[0].answers == 2 * 150, "nothing is expected to gain half a label"
    assert runs[0].answers < runs[1].answers < runs[2].answers <= 5 * 150
    assert runs[0].right < runs[2].right


class TestTogether:
    """What is simulated together is what is simulated one by one, but for where chance leads the fits."""

    @pytest.fixture
    def supply(self):
        return source(MIXED, 150).draw(150, np.random.default_rng(0))

    def alone(self, supply, policy):
        return simulate(supply, Rule(policy), np.random.default_rng(0))

    def test_fixed_overlaps_are_exactly_the_same(self, supply):
        policies = [Policy(overlap=3), Policy(overlap=1), Policy(overlap=40)]
        assert together(supply, policies) == [self.alone(supply, policy) for policy in policies]

    @pytest.mark.parametrize("until", [{"confidence": 0.9}, {"least_gain": 0.01}])
    def test_others_buy_about_as_much_for_about_as_many_right_labels(self, supply, until):
        policy = Policy(min_answers=2, max_answers=5, **until)
        [found] = together(supply, [policy])
        alone = self.alone(supply, policy)
        assert found.answers == pytest.approx(alone.answers, rel=0.08)
        assert found.right == pytest.approx(alone.right, abs=0.04 * 150)
        assert 2 * 150 < found.answers < 5 * 150

    def test_who_is_harder_to_content_buys_more_in_whatever_order_they_come(self, supply):
        policies = [Policy(min_answers=2, max_answers=5, confidence=level) for level in (0.99, 0.7, 0.9)]
        strict, loose, middle = (run.answers for run in together(supply, policies))
        assert loose < middle < strict

    def test_answers_that_run_out_are_all_bought(self):
        supply = recorded(40).draw(40, np.random.default_rng(0))
        [found] = together(supply, [Policy(min_answers=2, max_answers=9, least_gain=1e-9)])
        assert found.answers == 200


def test_more_answers_are_worth_more():
    rights = [bought(Rule(Policy(overlap=overlap)), MIXED, items=150).right for overlap in (1, 3, 7)]
    assert rights == sorted(rights)
    assert rights[-1] > rights[0]


def test_gold_follows_the_policy_and_keeps_bad_workers_out():
    policy = GoldPolicy(share=0.4, first=20)
    run = bought(Rule(Policy(overlap=3), policy), MIXED, items=150, labels=4)
    assert 0.1 < run.gold_answers / (run.answers + run.gold_answers) < 0.45
    assert run.gold_answers <= 12 * GOLD_ITEMS
    assert 1 <= run.stopped <= 7
    assert bought(Rule(Policy(overlap=3), policy), GOOD, items=150, labels=4).stopped <= 1


def test_nobody_is_asked_twice_about_an_item_and_shares_of_labels_are_met():
    supply = source(MIXED, 400, labels=2, shares=(0.9, 0.1)).draw(400, np.random.default_rng(0))
    for first, last in zip(supply.start[:-1], supply.start[1:], strict=True):
        assert len(set(supply.worker[first:last].tolist())) == last - first
    assert supply.belief[:, 0].mean() == pytest.approx(0.9, abs=0.05)


def test_hard_items_cost_accuracy():
    easy, hard = (bought(Rule(Policy(overlap=3)), items=200, hard=share).right for share in (0.0, 1.0))
    assert hard < easy - 10


def recorded(truth):
    rng = np.random.default_rng(3)
    right = rng.integers(2, size=40)
    said = np.where(rng.random((5, 40)) < 0.85, right, 1 - right)
    rows = [(f"i{i:02}", f"w{w}", str(said[w, i])) for i in range(40) for w in range(5)]
    answers = Answers.from_columns(*zip(*rows, strict=True))
    codes = np.where(np.arange(40) < truth, right, -1).astype(np.int32)
    return RecordedSource.of(answers, codes, aggregate(answers))


def test_recorded_answers_run_out():
    supply = recorded(40).draw(40, np.random.default_rng(0))
    run = simulate(supply, Rule(Policy(overlap=9)), np.random.default_rng(0))
    assert (run.answers, run.judged) == (200, 40)


def test_recorded_answers_are_judged_by_the_truth_there_is_else_by_all_of_them():
    supply = recorded(10).draw(40, np.random.default_rng(0))
    assert simulate(supply, Rule(Policy(overlap=1)), np.random.default_rng(0)).judged == 10
    supply = recorded(0).draw(40, np.random.default_rng(0))
    run = simulate(supply, Rule(Policy(overlap=5)), np.random.default_rng(0))
    assert run.judged == 40
    assert run.right == pytest.approx(run.claimed)


def test_a_plan_is_reproducible_by_its_seed(found):
    assert planned() == found


def test_points_come_by_cost_and_the_frontier_rises(found):
    assert len(found.points) == len(FEW)
    assert set(FEW) < set(rules()) | {FEW[-1]}
    costs = [point.cost_micros for point in found.points]
    best = [point.accuracy for point in found.points if point.best]
    assert costs == sorted(costs)
    assert best == sorted(best)
    for point in found.points:
        assert 0 <= point.low <= point.accuracy <= point.high <= 1
        assert point.cost_micros == point.answers * 20_000


def test_costs_are_scaled_to_all_items_and_hold_gold(found):
    plain, golden = (
        next(p for p in found.points if p.rule == Rule(Policy(overlap=3), gold))
        for gold in (None, GoldPolicy())
    )
    assert (plain.answers, plain.gold_share) == (3_000, 0)
    assert golden.answers > 1_000 * golden.answers_per_item


def test_a_target_takes_the_cheapest_that_reaches_it_and_says_how_surely(found):
    sure, why = recommend(found.points, target=0.6)
    assert sure.low >= 0.6
    assert "whole interval" in why
    assert all(p.low < 0.6 for p in found.points if p.cost_micros < sure.cost_micros)
    top = max(point.accuracy for point in found.points)
    assert "on average" in recommend(found.points, target=top)[1]
    nothing, why = recommend(found.points, target=0.9999)
    assert nothing is None
    assert "the most accurate is" in why


def test_a_budget_takes_the_most_accurate_within_it(found):
    rich, _ = recommend(found.points, budget_micros=50_000_000)
    assert rich.cost_micros <= 50_000_000
    assert all(p.accuracy < rich.accuracy + 0.01 for p in found.points if p.cost_micros <= 50_000_000)
    poor = recommend(found.points, budget_micros=1)
    assert poor == (None, "even the cheapest way costs more than the budget")


def test_what_a_label_is_worth_takes_what_leaves_most(found):
    cheap, why = recommend(found.points, worth_micros=1)
    assert cheap == found.points[0]
    assert "exceeds its cost" in why
    best = max(point.accuracy for point in found.points)
    assert recommend(found.points, worth_micros=10**15)[0].accuracy == best


def test_a_known_value_is_the_only_gain_that_is_tried_and_no_price_has_none():
    def tried(price, value=None):
        return {rule.policy.least_gain for rule in offered(Price(price), value)} - {None}

    assert tried(20_000, 400_000) == {0.05}
    assert tried(0) == set()
    assert tried(20_000) == set(GAINS)


def test_the_page_holds_chart_and_table_and_needs_nothing_else(found):
    page = render(found, "a <stated> crowd")
    assert "<svg" in page
    assert "a &lt;stated&gt; crowd" in page
    assert "http-equiv" not in page
    assert "<script" not in page
    assert page.count("<tr") == len(found.points) + 1
    assert "<tr" in render(replace(found, recommended=None), "x")


def test_groups_are_read():
    assert parse_groups("good=.6:.88, sloppy=.2:.7,random=.2") == (
        Group("good", 0.6, 0.88),
        Group("sloppy", 0.2, 0.7),
        Group("random", 0.2),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("good", "'good' is not kind=share"),
        ("good=.6,good=.4", "'good' stands twice"),
        ("good=.6:2,random=.4", "the accuracy of 'good' is '2'"),
        ("good=x", "the share of 'good' is 'x'"),
        ("experts=1", "'experts' needs an accuracy"),
        ("good=.6", "sum to 0.6"),
        ("good=1:1", "nobody is so sure"),
    ],
)
def test_groups_that_make_no_sense_are_named(text, said):
    with pytest.raises(ValueError, match=said):
        parse_groups(text)

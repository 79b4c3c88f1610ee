"""`crowd project`: terms are checked before anything is made, and shown as they were given."""

from __future__ import annotations

import pytest


def test_a_project_is_told_with_its_terms(told):
    made = told("project", "create", "pets", "--labels", "cat, dog", "--price", "0.03", "--cap", "5")
    assert (made["labels"], made["price"], made["overlap"]) == (["cat", "dog"], "0.03", 3)
    shown = told("project", "show", "pets")
    assert shown["overview"]["cap_micros"] == 5_000_000
    assert {name: shown[name] for name in made} == made


def test_its_text_form_reads_like_a_page(crowd, reviews):
    lines = [" ".join(line.split()) for line in crowd("project", "show", reviews).stdout.splitlines()]
    assert "labels good, bad" in lines
    assert "items 5 new, 1 gold" in lines
    assert "money $0.00 spent, $0.00 held, cap $1.00" in lines


@pytest.mark.parametrize(
    ("options", "where"),
    [
        (("--labels", "a"), "labels"),
        (("--labels", "a,a"), "labels"),
        (("--labels", "a,b", "--overlap", "0"), "overlap"),
        (("--labels", "a,b", "--confidence", "1"), "confidence"),
        (("--labels", "a,b", "--price", "1e-3"), "--price"),
        (("--labels", "a,b", "--cap", "0.0000001"), "--cap"),
        (("--labels", "a,b", "--strategy", "best"), "strategy"),
        (("--labels", "a,b", "--method", "best"), "method"),
    ],
)
def test_impossible_terms_are_refused_by_name(crowd, told, options, where):
    result = crowd("project", "create", "pets", *options)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {where}: ")
    assert told("project", "list")["projects"] == []


def test_every_wrong_term_is_listed_at_once(crowd):
    result = crowd("project", "create", "Pets!", "--labels", "a", "--overlap", "0")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 4)


def test_a_name_is_taken_once(crowd, reviews):
    result = crowd("project", "create", reviews, "--labels", "a,b")
    assert (result.exit_code, result.stderr) == (1, "error: there is a project 'reviews' already\n")


def test_an_update_changes_what_it_names_and_nothing_else(told, reviews):
    before = told("project", "show", reviews)
    after = told("project", "update", reviews, "--hit-size", "4")
    assert {name for name in after if after[name] != before[name]} == {"hit_size"}


def test_an_update_of_nothing_is_a_usage_error(crowd, reviews):
    assert crowd("project", "update", reviews).exit_code == 2


def test_the_price_stays_while_answers_are_on_offer(crowd, told, reviews):
    told("batch", "create", reviews, "--size", "2")
    result = crowd("project", "update", reviews, "--price", "0.05")
    assert (result.exit_code, "price_micros cannot change" in result.stderr) == (1, True)


def test_the_cap_does_not_fall_below_what_is_held(crowd, told, reviews):
    told("batch", "create", reviews, "--size", "5")
    assert crowd("project", "budget", reviews, "0.04").exit_code == 1
    assert told("project", "budget", reviews, "0.05") == {"cap": 50_000, "held": 50_000, "spent": 0}


def test_states_follow_the_table(crowd, told, reviews):
    for name, state in (("pause", "paused"), ("resume", "active"), ("close", "closed")):
        assert told("project", name, reviews) == {"slug": reviews, "state": state}
    result = crowd("project", "pause", reviews)
    assert (result.exit_code, result.stderr) == (1, "error: a project that is closed cannot become paused\n")


def test_another_requester_sees_nothing(crowd, told, reviews):
    assert told("project", "list", "--requester", "someone")["projects"] == []
    foreign, absent = (
        crowd("project", "show", slug, "--requester", "someone").stderr for slug in (reviews, "nothing")
    )
    assert foreign.replace(reviews, "nothing") == absent

"""The methods for other answers than labels, on real crowds."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

from aggregation import nearness
from aggregation.boxes import Box, merge_boxes
from aggregation.comparisons import Comparisons
from aggregation.label_sets import label_majority, label_panel
from aggregation.quantities import mean, precision_weighted
from aggregation.rankings import bradley_terry, counting
from aggregation.readings import Readings
from aggregation.transcripts import edit_distance, rover, words_of


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def columns(table: list[dict[str, str]], *names: str) -> list[list[str]]:
    return [[row[name] for row in table] for name in names]


def test_numbers_are_nearer_to_the_experts_than_the_mean(crowd_data):
    folder = crowd_data / "emotion"
    answers, truth = rows(folder, "answers.csv"), rows(folder, "truth.csv")
    gained = []
    for dimension in sorted({row["dimension"] for row in truth}):
        items, workers, values = columns(
            [row for row in answers if row["dimension"] == dimension], "task", "worker", "label"
        )
        readings = Readings.from_columns(items, workers, list(map(float, values)))
        expert = {row["task"]: float(row["label"]) for row in truth if row["dimension"] == dimension}
        right = [expert[item] for item in readings.items]
        gained.append(
            _correlation(precision_weighted(readings).values, right)
            - _correlation(mean(readings).values, right)
        )
    assert np.mean(gained) > 0.002
    assert min(gained) > -0.005


def test_sets_find_more_relations_than_the_majority(crowd_data):
    folder = crowd_data / "medical_multilabel"
    items, workers, values = columns(rows(folder, "answers.csv"), "task", "worker", "label")
    readings = Readings.from_columns(items, workers, [frozenset(value.split("|")) for value in values])
    truth = {
        row["task"]: row["label"] == "1" for row in rows(folder, "truth.csv") if row["relation"] == "treat"
    }
    asked = [n for n, item in enumerate(readings.items) if item in truth]
    right = np.array([truth[readings.items[n]] for n in asked])

    def accuracy(method) -> float:
        found = method(readings)
        return float((np.array(["TREATS" in found.values[n] for n in asked]) == right).mean())

    assert accuracy(label_panel) > accuracy(label_majority) + 0.01
    assert accuracy(label_panel) > 0.84


def test_boxes_are_the_experts_boxes(crowd_data):
    folder = crowd_data / "pedestrian_boxes"
    items, workers, values = columns(rows(folder, "answers.csv"), "task", "worker", "label")
    drawn = [
        tuple(Box(*box) for box in json.loads(value) if box[0] < box[2] and box[1] < box[3])
        for value in values
    ]
    readings = Readings.from_columns(items, workers, drawn)
    mine = dict(zip(readings.items, merge_boxes(readings).values, strict=True))
    truth = {
        row["task"]: [Box(*box) for box in json.loads(row["label"])] for row in rows(folder, "truth.csv")
    }
    assert nearness.boxes([(mine[item], right) for item, right in truth.items()])["f1"] >= 0.93


def test_transcripts_have_fewer_wrong_words_than_published_rover(crowd_data):
    folder = crowd_data / "crowdspeech_dev_clean"
    items, workers, values = columns(rows(folder, "answers.csv"), "task", "worker", "label")
    kept = set(sorted(set(items))[::9])  # every ninth recording, for time
    chosen = [n for n, item in enumerate(items) if item in kept]
    readings = Readings.from_columns(*[[column[n] for n in chosen] for column in (items, workers, values)])
    found = dict(zip(readings.items, rover(readings).values, strict=True))
    truth = {
        row["task"]: words_of(row["label"]).keys for row in rows(folder, "truth.csv") if row["task"] in kept
    }
    wrong = sum(edit_distance(words_of(found[item]).keys, right) for item, right in truth.items())
    assert wrong / sum(map(len, truth.values())) < 0.058  # crowd-kit's ROVER: .0591 on all recordings


def test_rankings_are_those_that_evalica_expects(crowd_data):
    from scipy.stats import kendalltau

    folder = crowd_data / "llmfao_pairs"
    comparisons = Comparisons.from_columns(
        *columns(rows(folder, "answers.csv"), "worker", "left", "right", "label")
    )
    golden = rows(folder, "ranking.csv")
    counted, fitted = (
        dict(zip(found.objects, found.score, strict=True))
        for found in (counting(comparisons), bradley_terry(comparisons))
    )
    assert {row["item"]: float(row["score"]) for row in golden if row["algorithm"] == "counting"} == counted
    scores = [
        (fitted[row["item"]], float(row["score"])) for row in golden if row["algorithm"] == "bradley_terry"
    ]
    assert kendalltau(*zip(*scores, strict=True)).statistic > 0.99


def _correlation(found: tuple[float | None, ...], right: list[float]) -> float:
    return float(np.corrcoef(np.array(found, dtype=float), right)[0, 1])

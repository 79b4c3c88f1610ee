"""`crowd aggregate`: files in, labels out."""

from __future__ import annotations

import csv
import gzip
import io
import json

import pytest

from aggregation.registry import AGGREGATORS, DEFAULT


def rows_of(content: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content)))


def test_labels_go_to_standard_output_and_the_report_beside_it(crowd, answers, truth):
    result = crowd("aggregate", answers, "--method", "majority", "--truth", truth)
    assert result.exit_code == 0
    assert rows_of(result.stdout) == [
        {"item": "1", "label": "cat", "confidence": "1.0", "answers": "3"},
        {"item": "2", "label": "dog", "confidence": "1.0", "answers": "3"},
        {"item": "3", "label": "cat", "confidence": "0.666666667", "answers": "3"},
        {"item": "4", "label": "cat", "confidence": "0.5", "answers": "2"},
    ]
    first, sure, agreed, right, *_ = result.stderr.splitlines()
    assert first == "majority: 4 items, 3 workers, 11 answers (2.8 per item)"
    assert sure == "confidence  0.7917 on average"
    assert agreed.startswith("agreement   70% of pairs; Krippendorff's alpha ")
    assert right == "accuracy    0.5000 on the 2 items with truth"


def test_json_is_one_object_and_nothing_else(crowd, answers, truth, tmp_path):
    output = tmp_path / "labels.csv"
    result = crowd(
        "aggregate", answers, "--method", "dawid-skene", "--truth", truth, "--output", output, "--json"
    )
    told = json.loads(result.stdout)
    assert result.stderr == ""
    assert {key: told[key] for key in ("method", "items", "workers", "answers", "accuracy", "scored")} == {
        "method": "dawid-skene",
        "items": 4,
        "workers": 3,
        "answers": 11,
        "accuracy": 0.5,
        "scored": 2,
    }
    assert told["iterations"] >= 1
    assert told["log_likelihood"] < 0
    assert told["pairwise"] == pytest.approx(0.7)
    assert told["alpha"]["low"] <= told["alpha"]["value"] <= told["alpha"]["high"]
    assert set(told["seconds"]) == {"read", "fit", "doubt", "write"}
    names = {caution["name"] for caution in told["cautions"]}
    assert names <= {"agreement", "method", "copies", "confidence"}
    assert len(rows_of(output.read_text())) == 4


def test_without_truth_accuracy_is_null_and_the_default_method_is_used(crowd, answers):
    told = json.loads(crowd("aggregate", answers, "--json").stdout)
    assert (told["method"], told["accuracy"]) == (DEFAULT, None)


def test_standard_input_and_gzip_are_read(crowd, answers):
    plain = crowd("aggregate", answers, "--method", "majority").stdout
    assert crowd("aggregate", "-", "--method", "majority", stdin=answers.read_bytes()).stdout == plain
    packed = gzip.compress(answers.read_bytes())
    assert crowd("aggregate", "-", "--method", "majority", "--output", "-", stdin=packed).stdout == plain


def test_workers_are_written_with_skill_and_agreement(crowd, answers, tmp_path):
    path = tmp_path / "workers.csv"
    assert crowd("aggregate", answers, "--method", "majority", "--workers", path).exit_code == 0
    workers = {row["worker"]: row for row in rows_of(path.read_text())}
    assert {name: (row["answers"], row["agreement"]) for name, row in workers.items()} == {
        "ann": ("4", "1.0"),
        "bob": ("4", "0.75"),
        "carl": ("3", "0.666666667"),
    }
    assert all(0 <= float(row["skill"]) <= 1 for row in workers.values())
    for row in workers.values():
        low, value, high = (float(row[f"informedness{end}"]) for end in ("_low", "", "_high"))
        assert -1 <= low <= value <= high <= 1
        low, value, high = (float(row[f"information{end}"]) for end in ("_low", "", "_high"))
        assert 0 <= low <= value <= high <= 1  # bits, of two labels


def test_costs_say_what_the_answers_of_a_worker_would_cost(crowd, answers, tmp_path):
    path, costs = tmp_path / "workers.csv", tmp_path / "costs.csv"
    costs.write_text("truth,label,cost\ncat,dog,0\ndog,cat,0\n")
    outcome = crowd("aggregate", answers, "--workers", path, "--costs", costs)
    assert outcome.exit_code == 0
    assert {row["cost"] for row in rows_of(path.read_text())} == {"0.0"}


def test_costs_of_labels_nobody_knows_are_refused(crowd, answers, tmp_path):
    costs = tmp_path / "costs.csv"
    costs.write_text("truth,label,cost\ncat,zebra,2\n")
    outcome = crowd("aggregate", answers, "--workers", tmp_path / "workers.csv", "--costs", costs)
    assert (outcome.exit_code, "zebra" in outcome.stderr) == (2, True)
    costs.write_text("truth,label,cost\ncat,dog,dear\n")
    outcome = crowd("aggregate", answers, "--workers", tmp_path / "workers.csv", "--costs", costs)
    assert (outcome.exit_code, "'dear', no number" in outcome.stderr) == (2, True)
    assert "--costs is for --workers" in crowd("aggregate", answers, "--costs", costs).stderr


def test_repeated_rows_are_counted_and_the_last_one_holds(crowd, answers):
    answers.write_text("item,worker,label\n1,ann,cat\n1,ann,dog\n1,ann,dog\n")
    result = crowd("aggregate", answers, "--method", "majority")
    assert rows_of(result.stdout)[0]["label"] == "dog"
    assert "repeated    2 rows name an item and worker again: the last counts" in result.stderr


def test_gold_is_followed_and_accuracy_also_told_without_it(crowd, answers, truth, tmp_path):
    gold = tmp_path / "gold.csv"
    gold.write_text("item,label\n3,dog\n")
    told = json.loads(
        crowd(
            "aggregate", answers, "--method", "dawid-skene", "--gold", gold, "--truth", truth, "--json"
        ).stdout
    )
    assert (told["accuracy"], told["accuracy_without_gold"]) == (1.0, 1.0)


def test_gold_may_name_a_label_nobody_gave(crowd, answers, tmp_path):
    gold = tmp_path / "gold.csv"
    gold.write_text("item,label\n3,bird\n")
    result = crowd("aggregate", answers, "--method", "majority", "--gold", gold)
    assert rows_of(result.stdout)[2]["label"] == "bird"


@pytest.mark.parametrize("method", ["majority", "dawid-skene", "one-coin", "panel"])
def test_the_order_of_the_rows_changes_nothing(crowd, answers, method):
    straight = crowd("aggregate", answers, "--method", method).stdout
    header, *rows = answers.read_text().splitlines()
    answers.write_text("\n".join([header, *reversed(rows)]) + "\n")
    assert crowd("aggregate", answers, "--method", method).stdout == straight


@pytest.mark.parametrize(
    ("method", "option", "message"),
    [
        ("majority", "--smoothing", "--smoothing does not apply to majority, which takes no options"),
        (
            "majority",
            "--max-iterations",
            "--max-iterations does not apply to majority, which takes no options",
        ),
        ("kos", "--tolerance", "--tolerance does not apply to kos, which takes --max-iterations, --seed"),
    ],
)
def test_an_option_that_the_method_does_not_take_is_refused(crowd, answers, method, option, message):
    result = crowd("aggregate", answers, "--method", method, option, "1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_options_reach_the_method(crowd, answers):
    def iterations(*options: object) -> int:
        result = crowd("aggregate", answers, "--method", "dawid-skene", *options, "--json")
        return json.loads(result.stdout)["iterations"]

    assert iterations("--max-iterations", 1) == 1
    assert iterations("--smoothing", "0.5") != iterations("--smoothing", "0.5", "--tolerance", "0.5")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--method", "vote"], "'vote' is not one of 'panel', 'majority', 'dawid-skene'"),
        (["--method", "dawid-skene", "--max-iterations", "0"], "0 is not in the range x>=1"),
        (["--method", "dawid-skene", "--tolerance", "nan"], "--tolerance must be a number"),
        (["--method", "dawid-skene", "--smoothing", "-1"], "smoothing"),
        (["--output", "-", "--json"], "--json and an output of - would both write to standard output"),
        (["--output", "-", "--workers", "-"], "--output - is named twice"),
        (["--output", "{answers}"], "is named twice; an output needs a place of its own"),
        (["--output", "no/such/folder/labels.csv"], "the folder no/such/folder does not exist"),
        (["--truth", "no-such.csv"], "no-such.csv: cannot be read: No such file"),
    ],
)
def test_wrong_arguments_exit_with_2_and_say_why(crowd, answers, arguments, message):
    result = crowd("aggregate", answers, *[part.format(answers=answers) for part in arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_two_inputs_cannot_share_standard_input(crowd):
    result = crowd("aggregate", "-", "--truth", "-", stdin="")
    assert result.exit_code == 2
    assert "only one input can be standard input" in result.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("item,worker,label\n", "has a header but no rows"),
        ("item,worker,label\n1,a,x\n2,b\n", "line 3: has 2 fields, the header has 3"),
        ("item,worker,label\n1,a,x\n2,b,\n", "line 3, field label: is blank"),
        ('item,worker,label\n1,a,"x\n', "line 2: a quoted field is opened here and never closed"),
        ("item,worker\n1,a\n", "line 1: column label is missing; found item, worker"),
    ],
)
def test_a_broken_file_is_named_and_no_output_touched(crowd, tmp_path, answers, content, message):
    answers.write_text(content)
    labels, workers = tmp_path / "labels.csv", tmp_path / "workers.csv"
    labels.write_text("old")
    result = crowd("aggregate", answers, "--output", labels, "--workers", workers)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"error: {answers}" in result.stderr
    assert message in result.stderr
    assert labels.read_text() == "old"
    assert not workers.exists()


def test_truth_about_other_items_is_refused(crowd, answers, truth):
    truth.write_text("item,label\nx,cat\n")
    result = crowd("aggregate", answers, "--truth", truth)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{truth}: names none of the items that were answered" in result.stderr


def test_what_a_method_cannot_do_is_said(crowd, answers):
    answers.write_text("item,worker,label\n1,a,x\n1,b,y\n2,a,z\n")
    result = crowd("aggregate", answers, "--method", "kos")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "kos" in result.stderr


def test_a_disk_that_fills_up_is_an_error_and_leaves_the_other_file_alone(crowd, answers, tmp_path):
    labels = tmp_path / "labels.csv"
    result = crowd("aggregate", answers, "--method", "majority", "--output", labels, "--workers", "/dev/full")
    assert result.exit_code == 1
    assert "/dev/full: cannot be written: No space left" in result.stderr
    assert list(tmp_path.glob("*label*")) == []


@pytest.mark.parametrize("method", AGGREGATORS)
def test_every_method_labels_every_item(crowd, answers, method):
    brief = ["--max-iterations", 2] if "max_iterations" in AGGREGATORS[method].parameters else []
    result = crowd("aggregate", answers, "--method", method, *brief)
    assert result.exit_code == 0, result.stderr
    assert [row["item"] for row in rows_of(result.stdout)] == ["1", "2", "3", "4"]


def test_a_real_process_does_the_same(crowd, crowd_process, answers, truth):
    arguments = ("aggregate", answers, "--truth", truth)
    alone = crowd_process(*arguments)
    assert alone.returncode == 0
    assert alone.stdout.decode() == crowd(*arguments).stdout
    assert alone.stderr.decode().startswith("panel: 4 items, 3 workers, 11 answers")


def test_the_published_sets_score_as_published(crowd, crowd_data):
    folder = crowd_data / "bluebirds"
    scores = {
        method: json.loads(
            crowd(
                "aggregate",
                folder / "answers.csv",
                "--truth",
                folder / "truth.csv",
                "--method",
                method,
                "--json",
            ).stdout
        )["accuracy"]
        for method in ("majority", "dawid-skene")
    }
    assert scores == {"majority": pytest.approx(82 / 108), "dawid-skene": pytest.approx(97 / 108)}


def test_what_workers_did_is_kept_for_the_next_time(crowd, answers, tmp_path):
    kept, later = tmp_path / "past.csv", tmp_path / "later.csv"
    assert crowd("aggregate", answers, "--save-history", kept).exit_code == 0
    rows = rows_of(kept.read_text())
    assert {"worker", "truth", "answer", "count"} == set(rows[0])
    assert sum(float(row["count"]) for row in rows) == pytest.approx(11)
    again = crowd("aggregate", answers, "--history", kept, "--decay", "0.5", "--save-history", later)
    assert again.exit_code == 0, again.stderr
    assert sum(float(row["count"]) for row in rows_of(later.read_text())) == pytest.approx(16.5)


@pytest.mark.parametrize(
    ("content", "arguments", "told"),
    [
        ("worker,truth,answer,count\nann,cat,cat,many\n", (), "line 2, field count: 'many' is not a number"),
        ("worker,truth,answer\nann,cat,cat\n", (), "count"),
        ("worker,truth,answer,count\nann,cat,cat,1\n", ("--method", "majority"), "majority learns nothing"),
    ],
)
def test_a_history_that_cannot_be_used_is_refused(crowd, answers, tmp_path, content, arguments, told):
    past = tmp_path / "past.csv"
    past.write_text(content)
    result = crowd("aggregate", answers, "--history", past, *arguments)
    assert result.exit_code != 0
    assert told in result.stderr


@pytest.mark.parametrize("name", ["labels.parquet", "labels.JSONL", "labels.csv.gz"])
def test_a_name_of_another_format_than_csv_is_refused(crowd, answers, tmp_path, name):
    result = crowd("aggregate", answers, "--output", tmp_path / name)
    assert result.exit_code == 2
    assert result.stderr.endswith(
        f"{name}: this command writes plain CSV; give it a name that ends in .csv\n"
    )
    assert not (tmp_path / name).exists()

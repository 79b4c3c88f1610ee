"""Recorded answers through the real pipeline, on small made-up folders."""

from __future__ import annotations

import gzip
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from crowd.channels import Recorded
from crowd.cli import cli
from crowd.db import Database, connect
from crowd.errors import Unprocessable
from crowd.models import (
    Answer,
    AnswerFlag,
    Batch,
    BatchItem,
    Budget,
    Item,
    Project,
    Restriction,
    Slot,
    Worker,
)
from crowd.services import conclude, merge
from crowd.services.check import check
from crowd.services.setup import projects
from crowd.trials.recording import read_recording
from crowd.trials.replay import ReplayPlan, ReplayResult, draw_gold, replay

LABELS = ("bird", "cat", "dog")
PRICE = 10_000


@pytest.fixture
def database(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "replay.db"
    shutil.copyfile(migrated_file, path)
    database = connect(f"sqlite:///{path}", durable=False)
    yield database
    database.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """90 items with 2 to 5 answers of ten people; ann is always right, zoe says cat to everything."""
    rng = np.random.default_rng(7)
    truth = {f"i{n:02}": LABELS[n % 3] for n in range(90)}
    skill = {"ann": 1.0, "zoe": 0.0} | {f"p{n}": 0.5 + 0.05 * n for n in range(8)}
    rows = []
    for item, label in truth.items():
        for worker in rng.permutation(sorted(skill))[: rng.integers(2, 6)].tolist():
            wrong = "cat" if worker == "zoe" else rng.choice(LABELS)
            rows.append((item, worker, label if rng.random() < skill[worker] else str(wrong)))
    path = tmp_path / "pets"
    write(path, rows, truth)
    return path


@pytest.fixture
def crowd() -> Callable[..., Result]:
    def call(*arguments: object) -> Result:
        return CliRunner().invoke(cli, ["replay", *(str(part) for part in arguments)], catch_exceptions=False)

    return call


def write(folder: Path, rows: list[tuple[str, str, str]], truth: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    lines = ["task,worker,label", *(",".join(row) for row in rows)]
    (folder / "answers.csv").write_text("\n".join(lines) + "\n")
    lines = ["item,label", *(f"{item},{label}" for item, label in truth.items())]
    (folder / "truth.csv").write_text("\n".join(lines) + "\n")


def sound(database: Database, result: ReplayResult, price: int = PRICE) -> None:
    """Hold the database against what must be exact after every replay."""
    with database.read() as session:
        live = select(func.count()).where(Slot.state.in_(("leased", "done", "void")))
        answers = session.scalar(select(func.count()).select_from(Answer))
        assert session.scalar(live) == answers == result.answers_bought
        claims = select(Slot.item_id, Slot.worker_id).where(Slot.state != "expired")
        assert max(Counter((item, worker) for item, worker in session.execute(claims)).values()) == 1
        budget = session.scalars(select(Budget)).one()
        assert (budget.held, budget.spent) == (0, price * answers)
        assert result.cost_micros == budget.spent
        assert not [finding for finding in check(session) if not finding.ok]


def pairs(session: Session, query: Select[Any]) -> dict[Any, Any]:
    return {key: value for key, value in session.execute(query)}


PLANS = [
    ReplayPlan(),
    ReplayPlan(overlap=99, method="majority"),
    ReplayPlan(overlap=1, batch_size=25, method="one-coin"),
    ReplayPlan(confidence=0.9, method="dawid-skene"),
    ReplayPlan(confidence=0.99, max_overlap=4, gold=12),
    ReplayPlan(confidence=0.97, overlap=1, max_overlap=3, gold=45, batch_size=20, method="one-coin", seed=5),
]


@pytest.mark.parametrize(
    "plan", [*PLANS[::5], *(pytest.param(plan, marks=pytest.mark.slow) for plan in PLANS[1:5])], ids=repr
)
def test_slots_answers_and_money_agree_whatever_the_plan(
    database: Database, folder: Path, plan: ReplayPlan
) -> None:
    recording = read_recording(folder, seed=plan.seed)
    result = replay(database, recording, plan)
    sound(database, result)
    assert result.answers_bought <= result.answers_available == len(recording.answers)
    assert (
        set(result.accuracy)
        == set(result.full_accuracy)
        == {plan.method, "majority", "dawid-skene"} | {plan.method}
    )


def test_everything_bought_is_worth_what_everything_is_worth(database: Database, folder: Path) -> None:
    result = replay(database, read_recording(folder), ReplayPlan(overlap=99))
    assert result.answers_bought == result.answers_available
    assert result.saved == 0
    assert result.accuracy == result.full_accuracy
    assert result.measured == result.items == 90


def test_a_fixed_overlap_buys_exactly_that_many_where_they_were_recorded(
    database: Database, folder: Path
) -> None:
    recording = read_recording(folder)
    result = replay(database, recording, ReplayPlan(overlap=3))
    recorded = Counter(answer.item for answer in recording.answers)
    with database.read() as session:
        query = select(Item.key, func.count()).join(Answer, Answer.item_id == Item.id).group_by(Item.key)
        assert pairs(session, query) == {item: min(n, 3) for item, n in recorded.items()}
        states = pairs(session, select(Item.state, func.count()).group_by(Item.state))
    assert states == {
        "settled": sum(n >= 3 for n in recorded.values()),
        "given_up": sum(n < 3 for n in recorded.values()),
    }
    assert result.saved == pytest.approx(1 - result.answers_bought / len(recording.answers))


def test_a_target_confidence_buys_more_only_for_the_doubtful(database: Database, folder: Path) -> None:
    recording = read_recording(folder)
    result = replay(database, recording, ReplayPlan(confidence=0.85, max_overlap=4))
    with database.read() as session:
        project = session.scalars(select(Project)).one()
        run = conclude.latest_run(session, project)
        assert run is not None
        rows = conclude.labels_of(session, run)
        assert {row.votes for item, row in rows if item.state == "settled"} >= {2}
        assert all(row.confidence >= 0.85 for item, row in rows if (item.state, row.votes) == ("settled", 2))
        assert max(row.votes for _, row in rows) <= 4
    assert 0 < result.saved < 1


def test_the_same_seed_gives_the_same_numbers(migrated_file: Path, folder: Path, tmp_path: Path) -> None:
    plan = ReplayPlan(confidence=0.95, gold=12, seed=3)
    results = []
    for n in range(2):
        path = tmp_path / f"same{n}.db"
        shutil.copyfile(migrated_file, path)
        database = connect(f"sqlite:///{path}", durable=False)
        results.append(replay(database, read_recording(folder, seed=3), plan))
        database.dispose()
    assert results[0] == results[1]


def test_a_second_replay_in_one_database_disturbs_neither(database: Database, folder: Path) -> None:
    plan = ReplayPlan(confidence=0.95, gold=12, method="one-coin")
    first = replay(database, read_recording(folder), plan)
    second = replay(database, read_recording(folder), plan)
    assert (first.project, second.project) == ("replay-pets", "replay-pets-2")
    assert (second.answers_bought, second.gold_answers, second.accuracy, second.mean_confidence) == (
        first.answers_bought,
        first.gold_answers,
        first.accuracy,
        first.mean_confidence,
    )
    with database.read() as session:
        assert not [finding for finding in check(session) if not finding.ok]


def test_the_other_methods_are_stored_beside_the_own_and_the_labels_are_merged(
    database: Database, folder: Path
) -> None:
    replay(database, read_recording(folder), ReplayPlan(confidence=0.9, batch_size=30, method="one-coin"))
    with database.read() as session:
        project = session.scalars(select(Project)).one()
        own = conclude.latest_run(session, project)
        assert own is not None
        others = [conclude.latest_run(session, project, method) for method in conclude.COMPANIONS]
        assert [run and run.answer_set_id for run in others] == [own.answer_set_id] * 2
        assert session.scalar(select(func.count()).select_from(Batch)) == 3
        assert merge.versions(session, project)[0][1].size == 90


def test_gold_is_paid_for_and_left_out_of_the_accuracy(database: Database, folder: Path) -> None:
    recording = read_recording(folder)
    result = replay(database, recording, ReplayPlan(gold=12, overlap=3))
    with database.read() as session:
        gold = set(session.scalars(select(Item.key).where(Item.state == "gold")))
        on_gold = select(Item.key).join(Answer, Answer.item_id == Item.id).where(Item.state == "gold")
        assert session.scalars(on_gold).all()
        assert len(session.scalars(on_gold).all()) == result.gold_answers
        aside = select(Item.key).join(Answer, Answer.item_id == Item.id)
        aside = aside.join(AnswerFlag, AnswerFlag.answer_id == Answer.id).where(Item.state != "gold")
        lost = Counter(session.scalars(aside))
    recorded = Counter(answer.item for answer in recording.answers if answer.item not in gold)
    assert len(gold) == result.gold_items == 12
    assert result.measured == 90 - 12
    # Whoever fails is banned, and what they said is bought again from others, as far as others were recorded.
    bought = sum(min(n, 3 + lost[item]) for item, n in recorded.items())
    assert result.answers_bought == result.gold_answers + bought


def test_gold_is_drawn_evenly_over_the_labels() -> None:
    truth = {str(n): "rare" if n < 5 else "common" for n in range(100)}
    drawn = draw_gold(truth, 8, np.random.default_rng(0))
    assert Counter(drawn.values()) == {"rare": 4, "common": 4}
    assert Counter(draw_gold(truth, 20, np.random.default_rng(0)).values()) == {"rare": 5, "common": 15}
    assert drawn != draw_gold(truth, 8, np.random.default_rng(1))
    assert all(truth[item] == label for item, label in drawn.items())


def test_whoever_fails_on_gold_is_kept_out_and_asked_no_more(database: Database, tmp_path: Path) -> None:
    """Items of the later batches are answered by zoe too; none of that is bought once she is caught."""
    truth = {f"i{n:03}": "cat" if n % 2 else "dog" for n in range(240)}
    rows = [(item, "zoe", "cat") for item in truth]
    rows += [(item, worker, label) for item, label in truth.items() for worker in ("ann", "bob")]
    write(tmp_path / "spam", rows, truth)
    recording = read_recording(tmp_path / "spam", order="recorded")
    result = replay(database, recording, ReplayPlan(gold=40, overlap=2, batch_size=50, method="one-coin"))
    sound(database, result)
    with database.read() as session:
        assert pairs(session, select(Worker.name, Restriction.kind).join(Restriction)) == {"zoe": "banned"}
        hers = select(BatchItem.batch_id, func.count()).join(Answer, Answer.item_id == BatchItem.item_id)
        hers = (
            hers.join(Worker, Worker.id == Answer.worker_id)
            .where(Worker.name == "zoe")
            .group_by(BatchItem.batch_id)
        )
        assert set(pairs(session, hers)) < set(session.scalars(select(Batch.id)))
    assert result.restricted == 1
    assert result.accuracy["one-coin"] == 1.0


def test_an_item_that_ends_without_a_label_counts_as_wrong(database: Database, tmp_path: Path) -> None:
    """Only zoe answered the first five items, and her answers are set aside."""
    truth = {f"i{n:03}": "cat" if n % 2 else "dog" for n in range(240)}
    rows = [(item, "zoe", "cat") for item in truth]
    rows += [(item, worker, truth[item]) for item in list(truth)[5:] for worker in ("ann", "bob")]
    write(tmp_path / "spam", rows, truth)
    recording = read_recording(tmp_path / "spam", order="recorded")
    result = replay(database, recording, ReplayPlan(gold=40, overlap=3, method="majority"))
    sound(database, result)
    with database.read() as session:
        gold = set(session.scalars(select(Item.key).where(Item.state == "gold")))
    lost = len({f"i{n:03}" for n in range(5)} - gold)
    assert result.restricted == 1
    assert (result.unlabeled, result.measured) == (lost, 200)
    assert result.accuracy["majority"] == pytest.approx(1 - lost / 200)


class TestRecording:
    def test_of_repeated_answers_the_first_recorded_counts(self, tmp_path: Path) -> None:
        rows = [("1", "ann", "cat"), ("1", "ann", "dog"), ("2", "ann", "dog"), ("1", "ann", "cat")]
        write(tmp_path, rows, {"1": "cat"})
        recording = read_recording(tmp_path, order="recorded")
        assert recording.answers == (Recorded("1", "ann", "cat"), Recorded("2", "ann", "dog"))
        assert recording.repeated == 2
        assert read_recording(tmp_path, order="random").repeated == 2

    def test_recorded_order_is_that_of_the_times_where_there_are_any(self, tmp_path: Path) -> None:
        write(tmp_path, [], {"1": "cat"})
        (tmp_path / "answers.csv").write_text(
            "item,worker,label,timestamp\n1,ann,cat,2024-01-03\n1,bob,dog,\n1,cyd,cat,2024-01-01\n"
        )
        workers = [answer.worker for answer in read_recording(tmp_path, order="recorded").answers]
        assert workers == ["cyd", "ann", "bob"]

    def test_random_order_is_another_for_another_seed(self, folder: Path) -> None:
        orders = [read_recording(folder, seed=seed).answers for seed in (0, 0, 1)]
        assert orders[0] == orders[1] != orders[2]
        assert sorted(map(repr, orders[0])) == sorted(map(repr, orders[2]))

    def test_labels_are_those_of_answers_and_truth_and_only_answered_items_are_there(
        self, tmp_path: Path
    ) -> None:
        write(tmp_path, [("1", "ann", "b"), ("2", "ann", "c")], {"1": "a", "9": "z"})
        (tmp_path / "items.csv").write_text("task,text\n1,one\n9,nine\n")
        recording = read_recording(tmp_path)
        assert recording.labels == ("a", "b", "c")
        assert recording.truth == {"1": "a"}
        assert [(row.key, row.payload) for row in recording.items] == [("1", {"text": "one"}), ("2", {})]

    def test_every_file_may_be_gzipped_and_the_answers_named_themselves(
        self, folder: Path, tmp_path: Path
    ) -> None:
        packed = tmp_path / "packed" / "pets"
        packed.mkdir(parents=True)
        (packed / "items.jsonl.gz").write_bytes(gzip.compress(b'{"item": "i00", "text": "a"}\n'))
        for name in ("answers.csv", "truth.csv"):
            (packed / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes()))
        plain, zipped = read_recording(folder / "answers.csv"), read_recording(packed / "answers.csv.gz")
        assert (plain.name, plain.answers, plain.truth) == (zipped.name, zipped.answers, zipped.truth)
        assert zipped.items[0].payload == {"text": "a"}

    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (lambda folder: (folder / "answers.csv").unlink(), "holds no answers.csv"),
            (lambda folder: (folder / "truth.csv").unlink(), "holds no truth.csv"),
            (lambda folder: (folder / "truth.csv").write_text("item,label\nzz,cat\n"), "none of the items"),
            (
                lambda folder: (folder / "answers.csv").write_text(
                    "item,worker,label\n" + "".join(f"i00,w{n},{n / 7}\n" for n in range(1001))
                ),
                "1,002 different labels; only answers that choose from a set",
            ),
        ],
    )
    def test_what_cannot_be_replayed_is_refused_with_the_reason(
        self, folder: Path, spoil: Callable[[Path], object], message: str
    ) -> None:
        spoil(folder)
        with pytest.raises(Unprocessable, match=message):
            read_recording(folder)


def test_gold_must_leave_something_to_measure(database: Database, folder: Path) -> None:
    with pytest.raises(Unprocessable, match="only 90 answered ones have truth"):
        replay(database, read_recording(folder), ReplayPlan(gold=90))


def test_a_model_needs_contents_to_read(database: Database, folder: Path) -> None:
    with pytest.raises(Unprocessable, match=r"no items\.csv"):
        replay(database, read_recording(folder), ReplayPlan(model="builtin"))
    (folder / "items.csv").write_text("item,text\ni00,one\n")
    with pytest.raises(Unprocessable, match="89 answered items"):
        replay(database, read_recording(folder), ReplayPlan(model="builtin"))


def test_progress_counts_up_to_what_was_bought(database: Database, folder: Path) -> None:
    seen: list[int] = []
    result = replay(
        database, read_recording(folder), ReplayPlan(batch_size=20, method="majority"), watch=seen.append
    )
    assert seen == sorted(seen)
    assert len(seen) == 5
    assert seen[-1] == result.answers_bought


class TestCommand:
    def test_json_is_one_object_with_everything(self, crowd: Callable[..., Result], folder: Path) -> None:
        result = crowd(folder, "--gold", 9, "--confidence", 0.9, "--price", "0.05", "--json")
        assert result.exit_code == 0
        assert result.stderr == ""
        said = json.loads(result.stdout)
        assert said["items"] == 90
        assert said["cost"] == pytest.approx(0.05 * said["answers_bought"])
        assert said["saved"] == pytest.approx(
            1 - said["answers_bought"] / said["answers_available"], abs=1e-6
        )
        assert set(said["accuracy"]) == set(said["full_accuracy"]) == {"panel", "majority", "dawid-skene"}
        assert {"gold_answers", "mean_confidence", "seconds", "seed", "restricted"} <= set(said)

    def test_the_table_shows_bought_beside_all_and_nothing_is_left(
        self, crowd: Callable[..., Result], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
        (tmp_path / "scratch").mkdir()
        shown = crowd(folder, "--overlap", 2).stdout
        assert "bought    180 answers" in shown
        assert "panel decides" in shown
        assert "all recorded" in shown
        assert list((tmp_path / "scratch").iterdir()) == []

    def test_the_database_is_kept_where_it_is_wanted(
        self, crowd: Callable[..., Result], folder: Path, tmp_path: Path
    ) -> None:
        kept = tmp_path / "kept.db"
        assert f"crowd labels replay-pets --database sqlite:///{kept}" in crowd(folder, "--keep", kept).stdout
        assert "replay-pets-2" in crowd(folder, "--database", f"sqlite:///{kept}").stdout
        database = connect(f"sqlite:///{kept}")
        with database.read() as session:
            rows = session.scalars(select(Project).order_by(Project.id)).all()
            assert [projects.overview(session, row).answers for row in rows] == [
                projects.overview(session, rows[0]).answers
            ] * 2
        database.dispose()

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--max-overlap", 4], "goes with --confidence"),
            (["--confidence", 0.9, "--overlap", 4, "--max-overlap", 3], "cannot be below the overlap of 4"),
            (["--database", "sqlite:///x.db", "--keep", "y.db"], "not both"),
            (["--price", "cheap"], "not an amount of dollars"),
            (["--gold", 500], "must leave items to measure"),
            (["--keep", __file__], "there is such a file already"),
        ],
    )
    def test_a_wrong_option_ends_with_2_and_a_reason(
        self, crowd: Callable[..., Result], folder: Path, options: list[object], message: str
    ) -> None:
        result = crowd(folder, *options)
        assert result.exit_code == 2
        assert message in result.stderr

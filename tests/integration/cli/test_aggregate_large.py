"""`crowd aggregate-large`: the files that `crowd aggregate` writes, from answers in shards."""

from __future__ import annotations

import csv
import gzip
import json

import numpy as np
import pytest

from aggregation.sharded import STEPS
from crowd.errors import Unprocessable
from crowd.services import large_files
from crowd.tables import memory
from crowd.tables.memory import Cap


@pytest.fixture
def recorded(tmp_path):
    """Return a file whose rows stand in no order and name some items and workers twice."""
    rng = np.random.default_rng(3)
    path = tmp_path / "large.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["note", "worker", "task", "label"])
        for _ in range(3000):
            item = int(rng.integers(600))
            right = rng.random() < 0.75
            label = "äbc"[item % 3] if right else "äbc"[rng.integers(3)]
            writer.writerow(["x, y", f"w{rng.integers(40)}", f'item "{item}", ü', label])
    return path


@pytest.fixture
def many_shards(monkeypatch):
    """Make a small file as large for its memory as a large one is."""
    monkeypatch.setattr(large_files, "PLAIN_SPREAD", 4000)


@pytest.mark.usefixtures("many_shards")
@pytest.mark.parametrize("method", STEPS)
def test_the_files_are_those_of_aggregate(crowd, recorded, tmp_path, method):
    together, parted, workers = (tmp_path / name for name in ("together.csv", "parted.csv", "workers.csv"))
    beside = tmp_path / "beside.csv"
    crowd("aggregate", recorded, "--method", method, "--output", together, "--workers", beside)
    options = ("--method", method, "--memory", "400MB", "--output", parted, "--workers", workers, "--json")
    result = crowd("aggregate-large", recorded, *options)
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["shards"] > 3
    assert told["repeated"] > 0
    assert parted.read_bytes() == together.read_bytes()
    with workers.open() as mine, beside.open() as theirs:
        for one, other in zip(csv.DictReader(mine), csv.DictReader(theirs), strict=True):
            assert one == {name: other[name] for name in one}


@pytest.mark.usefixtures("many_shards")
def test_gold_and_truth_are_heard_as_by_aggregate(crowd, recorded, tmp_path):
    gold, truth = tmp_path / "gold.csv", tmp_path / "truth.csv"
    # A label that nobody gave, and an item that nobody answered.
    rows = [f'"item ""{n}"", ü",{"äbcd"[n % 4]}' for n in range(40)]
    gold.write_text("\n".join(["item,label", *rows, "never,zz"]), encoding="utf-8")
    rows = [f'"item ""{n}"", ü",{"äbc"[n % 3]}' for n in range(300)]
    truth.write_text("\n".join(["item,label", *rows]), encoding="utf-8")
    options = ("--method", "dawid-skene", "--gold", gold, "--truth", truth, "--json", "--output")
    together, parted = tmp_path / "together.csv", tmp_path / "parted.csv"
    alone = json.loads(crowd("aggregate", recorded, *options, together).stdout)
    large = json.loads(crowd("aggregate-large", recorded, *options, parted, "--memory", "400MB").stdout)
    assert large["shards"] > 3
    assert parted.read_bytes() == together.read_bytes()
    for name in ("accuracy", "scored", "accuracy_without_gold", "mean_confidence"):
        assert large[name] == pytest.approx(alone[name], abs=1e-9)
    assert large["accuracy_without_gold"] is not None


def test_truth_about_other_items_is_refused(crowd, recorded, tmp_path):
    truth = tmp_path / "truth.csv"
    truth.write_text("item,label\nsomething else,b\n")
    result = crowd("aggregate-large", recorded, "--truth", truth)
    assert result.exit_code != 0
    assert "names none of the items that were answered" in result.stderr


def test_gzip_and_parquet_say_the_same(crowd, recorded, tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    packed, columns = tmp_path / "large.csv.gz", tmp_path / "parquet-by-its-content"
    packed.write_bytes(gzip.compress(recorded.read_bytes()))
    with recorded.open(encoding="utf-8") as file:
        parquet.write_table(pa.Table.from_pylist(list(csv.DictReader(file))), columns)
    found = {crowd("aggregate-large", path).stdout for path in (recorded, packed, columns)}
    assert len(found) == 1
    assert found.pop().startswith("item,label,confidence,answers\n")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("item,worker,label\n1,a,x\n2, ,x\n", "row 2, field worker: is blank"),
        ("item,worker\n1,a\n", "column label is missing; found item, worker"),
        ("item,worker,label\n", "holds no answers"),
        ('{"item": "1", "worker": "a", "label": "x"}\n', "is JSON; this table is read as CSV"),
        ("item,worker,label\n1,a,x\n2,b\n", "cannot be read"),
    ],
)
def test_a_wrong_file_is_refused_by_name(crowd, tmp_path, content, told):
    path = tmp_path / "wrong.csv"
    path.write_text(content)
    result = crowd("aggregate-large", path)
    assert result.exit_code != 0
    assert f"{path}" in result.stderr
    assert told in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--memory", "lots"), "write it like 500MB or 2GB"),
        (("--memory", "100MB"), "at least 400 MB are needed"),
        (("--scheduler", "tcp://127.0.0.1:1"), "--scheduler needs --scratch"),
        (("--max-iterations", "0"), "--max-iterations"),
    ],
)
def test_settings_that_cannot_work_are_refused(crowd, recorded, options, told):
    result = crowd("aggregate-large", recorded, *options)
    assert result.exit_code != 0
    assert told in result.stderr


def test_tables_too_large_for_the_memory_are_refused(recorded, tmp_path, monkeypatch):
    monkeypatch.setattr(large_files, "TABLES", 200_000)
    with pytest.raises(Unprocessable, match=r"40 workers .* give at least"):
        large_files.lay_out(recorded, tmp_path, Cap(large_files.LEAST))


def test_more_memory_than_allowed_ends_the_command(crowd, recorded, tmp_path, monkeypatch):
    held = iter([(300 + 7) * memory.MB, (300 + 7 + 401) * memory.MB])
    monkeypatch.setattr(memory, "peak", lambda: next(held))
    output = tmp_path / "labels.csv"
    result = crowd("aggregate-large", recorded, "--memory", "400MB", "--output", output)
    assert result.exit_code != 0
    assert "memory: 701 MB were needed so far, 400 MB may be held; give more" in result.stderr
    assert not output.exists()


def test_what_a_process_held_most_is_known():
    before = memory.peak()
    block = np.ones(before // 8 + 2**20)
    assert memory.peak() >= block.nbytes > before


@pytest.mark.slow(by_day="test_what_a_process_held_most_is_known")
def test_the_cap_holds_for_a_process_of_its_own(crowd_process, tmp_path):
    """The smallest cap does for eight hundred thousand answers, compiled kernel and all."""
    path, output = tmp_path / "large.csv", tmp_path / "labels.csv"
    rng = np.random.default_rng(0)
    with path.open("w") as file:
        file.write("item,worker,label\n")
        for _ in range(8):
            item, worker, label = (rng.integers(most, size=100_000).tolist() for most in (600_000, 5000, 2))
            file.writelines(f"i{i},w{w},{k}\n" for i, w, k in zip(item, worker, label, strict=True))
    options = ("--memory", "400MB", "--max-iterations", "2", "--output", output, "--json")
    done = crowd_process("aggregate-large", path, *options)
    assert done.returncode == 0, done.stderr
    assert 100 < json.loads(done.stdout)["memory_mb"] <= 400
    with output.open() as file:
        assert sum(1 for _ in file) > 400_000


@pytest.mark.slow(
    by_day="tests/acceptance/test_howto_large.py::test_the_commands_of_the_page_give_the_same_file_twice"
)
@pytest.mark.usefixtures("many_shards")
@pytest.mark.filterwarnings("default")  # what Dask itself warns of is not ours to mend
def test_a_cluster_of_processes_gives_the_local_answer(crowd, recorded, tmp_path):
    distributed = pytest.importorskip("distributed", reason="the extra [distributed] is not installed")
    here, there = tmp_path / "here.csv", tmp_path / "there.csv"
    crowd("aggregate-large", recorded, "--output", here)
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    )
    with cluster:
        options = ("--scheduler", cluster.scheduler_address, "--scratch", tmp_path, "--output", there)
        result = crowd("aggregate-large", recorded, *options)
    assert result.exit_code == 0, result.stderr
    assert there.read_bytes() == here.read_bytes()

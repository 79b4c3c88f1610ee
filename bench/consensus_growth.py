"""How the time and memory of a fit grow with the answers: in memory, on disk, and crowd-kit beside them.

    python bench/consensus_growth.py [--sizes 1e5,1e6,1e7] [--others-to 1e6] [--numba-to 1e7]
                                     [--disk-from 1e6] [--memory 500] [--plot FILE]

The synthetic crowd of consensus_speed.py, every run in a process of its own. `numba`, `scipy` and
`crowd-kit` are whole fits from integer codes, their MB what the fit adds to a process that holds the answers.
`disk` is `crowd aggregate-large` on a Parquet file whose rows stand in no order: `read` lays it out in
shards, and its MB are those of the whole process. Seconds are CPU seconds.
"""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from _recorded import arguments, say
from consensus_speed import contenders, crowd, watched

MB = 10**6
# A larger file holds several crowds of so many answers, to be made one after the other.
PART = 10**7
Row = dict[str, Any]


def in_memory(name: str, answers: int, labels: int, iterations: int, seed: int) -> Row:
    run, data = contenders()[name], crowd(answers, labels, seed)
    run(crowd(1000, labels, seed), 2)
    with watched() as memory:
        begin = time.process_time()
        run(data, iterations)
        took = time.process_time() - begin
    return {"read": None, "fit": round(took, 3), "mb": round(memory.peak - memory.before, 1)}


def write_answers(path: str, answers: int, labels: int, seed: int) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema(dict.fromkeys(("item", "worker", "label"), pa.string()))
    with parquet.ParquetWriter(path, schema) as writer:
        for part, begin in enumerate(range(0, answers, PART)):
            data = crowd(min(PART, answers - begin), labels, seed + part)
            order = np.random.default_rng(seed + part).permutation(len(data))
            columns = data.item + begin // 5, data.worker + begin // 200, data.label
            texts = [pa.array(codes[order]).cast(pa.string()) for codes in columns]
            writer.write_table(pa.table(texts, schema=schema))


def on_disk(path: str, memory_mb: int, iterations: int) -> Row:
    from crowd.services.large_files import fit_here, lay_out
    from crowd.tables.memory import Cap

    with tempfile.TemporaryDirectory(dir=Path(path).parent) as folder, watched() as memory:
        begin, cap = time.process_time(), Cap(memory_mb * MB)
        shards = lay_out(Path(path), Path(folder), cap)
        laid_out = time.process_time()
        fit_here(shards, "dawid-skene", cap, max_iterations=iterations, tolerance=-1.0)
        fitted = time.process_time()
    read, fit = round(laid_out - begin, 3), round(fitted - laid_out, 3)
    return {"read": read, "fit": fit, "mb": round(memory.peak, 1), "shards": shards.count}


def alone(function: Any, *arguments: object) -> Any:
    """Call a function in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def measure(size: int, options: Any) -> list[Row]:
    given = (size, options.labels, options.iterations, options.seed)
    largest = {"numba": float(options.numba_to)}
    names = [name for name in contenders() if size <= largest.get(name, float(options.others_to))]
    rows = []
    for name in names:
        say(f"{size:,} answers: {name}")
        rows.append({"answers": size, "program": name, **alone(in_memory, name, *given)})
    if size >= float(options.disk_from):
        say(f"{size:,} answers: disk")
        with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
            path = f"{folder}/answers.parquet"
            alone(write_answers, path, size, options.labels, options.seed)
            found = alone(on_disk, path, options.memory, options.iterations)
        rows.append({"answers": size, "program": "disk", **found})
    return rows


def show(rows: list[Row]) -> None:
    print(f"{'answers':>12}{'program':>12}{'read cpu s':>12}{'fit cpu s':>12}{'us/answer':>12}{'MB':>10}")
    for row in rows:
        read = "" if row["read"] is None else f"{row['read']:.2f}"
        each = 1e6 * row["fit"] / row["answers"]
        cells = f"{row['program']:>12}{read:>12}{row['fit']:>12.3f}{each:>12.3f}{row['mb']:>10.0f}"
        print(f"{row['answers']:>12,}{cells}")


def plot(rows: list[Row], path: Path) -> None:
    import altair as alt
    import pandas as pd

    x = alt.X("answers:Q", scale=alt.Scale(type="log"), title="answers")
    color = alt.Color("program:N", title=None)
    base = alt.Chart(pd.DataFrame(rows)).mark_line(point=True).properties(width=300, height=260)
    log = alt.Scale(type="log")
    seconds = base.encode(x, alt.Y("fit:Q", scale=log, title="CPU seconds of the fit"), color)
    memory = base.encode(x, alt.Y("mb:Q", scale=log, title="MB added"), color)
    (seconds | memory).save(path)


def main() -> None:
    parser = arguments(__doc__ or "", labels=2, iterations=20, memory=500)
    parser.add_argument("--sizes", default="1e5,1e6,1e7", help="numbers of answers, with commas")
    parser.add_argument("--others-to", default="1e6", help="largest size for crowd-kit and SciPy")
    parser.add_argument("--numba-to", default="1e7", help="largest size for numba in memory")
    parser.add_argument("--disk-from", default="1e6", help="smallest size to lay out on disk")
    parser.add_argument("--scratch", help="folder for files; by default temporary files")
    parser.add_argument("--plot", type=Path, help="also draw it, as SVG")
    options = parser.parse_args()
    rows = [row for size in options.sizes.split(",") for row in measure(int(float(size)), options)]
    if options.plot:
        plot(rows, options.plot)
    print(json.dumps(rows)) if options.json else show(rows)


if __name__ == "__main__":
    main()

"""Answers in a folder of shards: each item in one of them, as arrays that are mapped and not read."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import UNKNOWN
from aggregation.consensus import clamp
from aggregation.pairs import Pairs
from aggregation.sharded import Concluded, Shard, whole
from crowd.tables.big_answers import Called, Names, batches

if TYPE_CHECKING:
    import pyarrow as pa

# Names read at a time.
CHUNK = 4096
Known = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shards:
    """A folder of shards and what they have in common."""

    folder: Path
    count: int
    pairs: Pairs
    items: int
    rows: int
    """Rows of the file, repeated ones included."""
    workers: tuple[str, ...]
    labels: tuple[str, ...]


def shard(
    source: Path,
    folder: Path,
    count: int,
    gold: Known,
    heed: Callable[[], None],
    *,
    called: Called = None,
) -> Shards:
    """Lay the answers of a file out in `count` shards; of a worker's answers to an item the last is kept.

    `heed` is called after every piece of work, and may raise where enough memory is taken.
    """
    workers, labels = Names(), Names()
    with batches(source, called) as stream:
        rows = _scatter(stream, folder, count, workers, labels, gold, heed)
    (worker_names, worker_rank), (label_names, label_rank) = workers.ranks(), labels.ranks()
    observed, given, items = np.empty(0, np.int64), np.empty(0, np.int64), 0
    for index in range(count):
        cell, found = _arrange(folder, index, worker_rank, label_rank)
        items += found
        observed, given = _merged(observed, given, cell)
        heed()
    for index in range(count):
        _encode(folder, index, observed, label_names, gold)
        heed()
    pairs = whole(observed, given, len(worker_names), len(label_names))
    return Shards(folder, count, pairs, items, rows, worker_names, label_names)


def open_shard(folder: Path, index: int) -> Shard:
    """Map a shard; what is written into its posterior is kept."""
    # Copy on write, though nothing is written: the compiled kernel would be compiled again for arrays that
    # may not be written to.
    start, code, known = (
        np.load(_file(folder, index, name), mmap_mode="c") for name in ("start", "code", "known")
    )
    posterior = np.load(_file(folder, index, "posterior"), mmap_mode="r+")
    return Shard(np.asarray(start), np.asarray(code), np.asarray(known), np.asarray(posterior))


def items_of(folder: Path, index: int) -> Iterator[str]:
    """Yield the names of a shard's items, in order."""
    import pyarrow as pa

    # Read, not mapped: pages of a map would stay while all shards' names are read side by side.
    with pa.OSFile(str(folder / f"{index}.names")) as file, pa.ipc.open_stream(file) as reader:
        for batch in reader:
            yield from batch.column(0).to_pylist()


def keep_labels(folder: Path, index: int, found: Concluded, rows: int) -> None:
    """Write the labels of a shard, to be read so many rows at a time."""
    import pyarrow as pa

    names = pa.array(items_of(folder, index), pa.string())
    columns = {"item": names, "label": found.choice, "confidence": found.confidence, "votes": found.votes}
    table = pa.table(columns)
    with pa.ipc.new_stream(str(folder / f"{index}.labels"), table.schema) as writer:
        writer.write_table(table, max_chunksize=rows)


def kept_labels(folder: Path, index: int) -> Iterator[pa.RecordBatch]:
    """Yield what was kept: item, code of its label, confidence and number of answers."""
    import pyarrow as pa

    with pa.OSFile(str(folder / f"{index}.labels")) as file, pa.ipc.open_stream(file) as reader:
        yield from reader


def _file(folder: Path, index: int, name: str) -> Path:
    return folder / f"{index}.{name}.npy"


def _scatter(
    stream: Iterable[pa.RecordBatch],
    folder: Path,
    count: int,
    workers: Names,
    labels: Names,
    gold: Known,
    heed: Callable[[], None],
) -> int:
    """Write each row to the shard of its item; return how many there were."""
    import pyarrow as pa

    schema = pa.schema([("item", pa.string()), ("worker", pa.int32()), ("label", pa.int32())])
    rows = 0
    with ExitStack() as files:
        writers = [
            files.enter_context(pa.ipc.new_stream(str(folder / f"{index}.rows"), schema))
            for index in range(count)
        ]
        for batch in stream:
            item, worker, label = batch.columns
            coded = item.dictionary_encode()
            names = coded.dictionary.to_pylist()
            labels.take_up(gold[name] for name in gold.keys() & names)
            shard_of = _shard_of(names, count)[coded.indices.to_numpy(zero_copy_only=False)]
            order = np.argsort(shard_of, kind="stable")
            bounds = np.searchsorted(shard_of[order], np.arange(count + 1)).tolist()
            columns = [item, pa.array(workers.codes(worker)), pa.array(labels.codes(label))]
            ordered = pa.record_batch(columns, schema=schema).take(pa.array(order))
            for writer, begin, end in zip(writers, bounds[:-1], bounds[1:], strict=True):
                if begin < end:
                    writer.write_batch(ordered.slice(begin, end - begin))
            rows += batch.num_rows
            heed()
    return rows


def _shard_of(names: Sequence[str], count: int) -> NDArray[np.int64]:
    # Not hash(): that differs from run to run, and with it the order of sums.
    return np.fromiter((zlib.crc32(name.encode()) % count for name in names), np.int64, len(names))


def _arrange(
    folder: Path, index: int, worker_rank: NDArray[np.int32], label_rank: NDArray[np.int32]
) -> tuple[NDArray[np.int64], int]:
    """Order a shard by item and worker; return worker * labels + label of each answer, and its items."""
    import pyarrow as pa
    from pyarrow import compute

    rows = folder / f"{index}.rows"
    with pa.memory_map(str(rows)) as file, pa.ipc.open_stream(file) as reader:
        table = reader.read_all().combine_chunks()
        names = table["item"].unique()
        order = compute.sort_indices(names)
        names = names.take(order)
        item = compute.index_in(table["item"], value_set=names).to_numpy().astype(np.int64)
        worker = worker_rank[table["worker"].to_numpy()].astype(np.int64)
        label = label_rank[table["label"].to_numpy()]
    rows.unlink()
    kept = _last_claims(item * len(worker_rank) + worker)
    cell = worker[kept] * len(label_rank) + label[kept]
    start = np.append(0, np.cumsum(np.bincount(item[kept], minlength=len(names))))
    np.save(_file(folder, index, "start"), start)
    np.save(_file(folder, index, "cell"), cell)
    with pa.ipc.new_stream(str(folder / f"{index}.names"), pa.schema([("item", pa.string())])) as writer:
        writer.write_table(pa.table({"item": names}), max_chunksize=CHUNK)
    return cell, len(names)


def _last_claims(claim: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows in the order of their claims, of several with the same claim the last."""
    order = np.argsort(claim, kind="stable")
    ordered = claim[order]
    return order[np.append(ordered[1:] != ordered[:-1], True)] if ordered.size else order


def _merged(
    observed: NDArray[np.int64], given: NDArray[np.int64], cell: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Add the cells of a shard to those observed before, in order, and to how often."""
    fresh, count = np.unique(cell, return_counts=True)
    together, place = np.unique(np.concatenate((observed, fresh)), return_inverse=True)
    total = np.bincount(place, np.concatenate((given, count)), minlength=len(together))
    return together, total.astype(np.int64)


def _encode(
    folder: Path, index: int, observed: NDArray[np.int64], labels: Sequence[str], gold: Known
) -> None:
    """Write each answer as the place of its pair, what is known, and the first posterior: the vote shares."""
    path = _file(folder, index, "cell")
    cell, start = np.load(path), np.load(_file(folder, index, "start"))
    np.save(_file(folder, index, "code"), np.searchsorted(observed, cell).astype(np.int32))
    path.unlink()
    votes = np.diff(start)
    item = np.repeat(np.arange(len(votes)), votes)
    counts = np.bincount(item * len(labels) + cell % len(labels), minlength=len(votes) * len(labels))
    place = {label: code for code, label in enumerate(labels)}
    told = (place[gold[name]] if name in gold else UNKNOWN for name in items_of(folder, index))
    known = np.fromiter(told, np.int32) if gold else np.full(len(votes), UNKNOWN, np.int32)
    np.save(_file(folder, index, "known"), known)
    posterior = counts.reshape(-1, len(labels)) / votes[:, None]
    np.save(_file(folder, index, "posterior"), clamp(posterior, known))

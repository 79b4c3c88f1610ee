"""Whether rings are found, and honest workers not accused, however much of the work the ring has.

    python bench/rings.py --data DIR [--shares 0,0.25,0.4] [--overlap 0] [--draws 3] [--json]

Workers who all give the answers of one random source are put beside those of a recorded crowd, each on the
items of one of them, until they hold the share of all answers. `found` is the share of the ring's answers
whose worker is accused, `accused` the share of the crowd's own workers. Recorded crowds may hold rings of
their own, and items on which all err alike: compare with a share of 0.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from _attacks import injected
from _recorded import Recorded, arguments, read, say, thinned, with_data

from qc.rings import rings


def measure(recorded: Recorded, share: float, overlap: int | None, seed: int) -> tuple[float, float]:
    """Return the shares found and accused, in percent."""
    answers = thinned(injected(recorded, "ring", seed, share), overlap, seed).answers
    accused = {worker for group in rings(answers).groups for worker in group}
    given = np.bincount(answers.worker, minlength=len(answers.workers))
    bad = np.array([worker.startswith("bad ") for worker in answers.workers])
    named = np.array([worker in accused for worker in answers.workers])
    found = given[bad & named].sum() / max(given[bad].sum(), 1)
    return 100 * float(found), 100 * float(named[~bad & (given > 0)].mean())


def main() -> None:
    parser = with_data(arguments(__doc__ or "", overlap=0, draws=3))
    parser.add_argument("--shares", default="0,0.25,0.4", help="what the ring holds, with commas")
    options = parser.parse_args()
    if options.data is None:
        parser.error("--data: name the folder of recorded answers, or set CROWD_DATA")
    shares = [float(share) for share in options.shares.split(",")]
    seeds = range(options.seed, options.seed + options.draws)
    rows = {}
    for name in options.sets.split(","):
        recorded = read(Path(options.data), name)
        say(name)
        rows[name] = [
            np.mean([measure(recorded, share, options.overlap or None, seed) for seed in seeds], 0).tolist()
            for share in shares
        ]
    print(json.dumps({"shares": shares, "sets": rows}) if options.json else table(shares, rows))


def table(shares: list[float], rows: dict[str, list[list[float]]]) -> str:
    head = f"{'found, accused %':<18}" + "".join(f"{share:>16.0%}" for share in shares)
    sums = rows | {"mean": np.mean(list(rows.values()), axis=0).tolist()}
    cells = {
        name: "".join(f"{found:10.0f}{accused:6.1f}" for found, accused in row) for name, row in sums.items()
    }
    return "\n".join([head, *(f"{name:<18}{row}" for name, row in cells.items())])


if __name__ == "__main__":
    main()

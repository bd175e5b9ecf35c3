r"""Steps per second of this checkout beside another one of the same project, in turns.

    git worktree add /tmp/before COMMIT
    python -m benchmarks.against /tmp/before [--rows=mlp,dcgan,began] [--rounds=5]

Each checkout trains in a process of its own; a turn is one `fit` of about `--seconds`. The
median of the ratios of the turns is the figure: machines drift from hour to hour.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys

WORKER = """
import sys, time
from absl import flags
from benchmarks import train_step
flags.FLAGS(["train_step"])
runs = {}
for line in sys.stdin:
    row, steps = line.split()
    if row not in runs:
        runs[row] = train_step.ours(row)[0]
        runs[row](50)
    start = time.perf_counter()
    runs[row](int(steps))
    print(time.perf_counter() - start, flush=True)
"""


def worker(checkout: pathlib.Path) -> subprocess.Popen:
    """Returns a process that trains rows of a checkout when it is told to."""
    return subprocess.Popen(
        [sys.executable, "-c", WORKER],
        cwd=checkout,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(checkout), "TF_CPP_MIN_LOG_LEVEL": "3"},
    )


def seconds(process: subprocess.Popen, row: str, steps: int) -> float:
    """Returns how long a process takes for some steps of a row."""
    process.stdin.write(f"{row} {steps}\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        raise SystemExit(f"{row} failed in a checkout: see the lines above")
    return float(answer)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=pathlib.Path, help="The other checkout.")
    parser.add_argument("--rows", default="mlp,dcgan,began")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    arguments = parser.parse_args()
    here = pathlib.Path(__file__).parents[1]
    before, after = worker(arguments.before.resolve()), worker(here)
    print("row              before    after    ratio (from - to)   steps per second")
    for row in arguments.rows.split(","):
        for process in (before, after):
            seconds(process, row, 10)
        rate = 100 / seconds(after, row, 100)
        steps = max(10, int(rate * arguments.seconds) // 10 * 10)
        turns = [
            (steps / seconds(before, row, steps), steps / seconds(after, row, steps))
            for _ in range(arguments.rounds)
        ]
        ratios = sorted(new / old for old, new in turns)
        medians = [statistics.median(rates) for rates in zip(*turns, strict=True)]
        print(
            f"{row:15} {medians[0]:8.1f} {medians[1]:8.1f} {statistics.median(ratios):8.3f}"
            f" ({ratios[0]:.3f} - {ratios[-1]:.3f})",
            flush=True,
        )
    for process in (before, after):
        process.stdin.close()
        process.wait()


if __name__ == "__main__":
    main()

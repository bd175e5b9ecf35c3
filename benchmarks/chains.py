"""Measure samples per second of trained models, and how far the samples of a chain depend
on each other.

    python -m benchmarks.chains --runs=runs/mnist_paper,runs/mnist_dbn,runs/mnist_gsn \
        [--n=1000] [--chains=50] [--steps=200] [--lags=1,10,100]

A model that samples by a Markov chain (`DBN`, `CAE`, `GSN`) makes an image in
`chain_steps` steps; its autocorrelation is that of the images of consecutive steps, after
as many steps from noise. Samples of all other models are independent: theirs is measured
in the same way, on as many images, and is the noise of the measure. `tau` is 1 + 2 sum of
the autocorrelations up to the first that is below 0.05: so many steps of the chain are
worth one independent sample. CPU seconds are those of all cores together, which other
programs on the machine hardly change.
"""

import pathlib
import time

import numpy as np
from absl import app, flags

FLAGS = flags.FLAGS
flags.DEFINE_list("runs", [], "Run directories.")
flags.DEFINE_integer("n", 1000, "Samples whose time is measured.", lower_bound=1)
flags.DEFINE_integer("chains", 50, "Chains.", lower_bound=1)
flags.DEFINE_integer("steps", 200, "Steps of each.", lower_bound=2)
flags.DEFINE_list("lags", ["1", "10", "100"], "Steps between the images that are compared.")


def measure(model, n: int, chains: int, steps: int, lags: list[int]) -> dict:
    """Returns seconds for `n` samples, those of all cores together, the autocorrelations, and
    tau.

    Args:
        model: Trained model.
        n: Samples whose time is measured.
        chains: Chains.
        steps: Images of each.
        lags: Steps between the images that are compared.
    """
    from tf_gan.metrics import autocorrelation

    model.generate(n, seed=1)
    start, cpu_start = time.perf_counter(), time.process_time()
    model.generate(n, seed=2)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    if hasattr(model, "walk"):
        images = model.walk(chains, steps, seed=3)
    else:
        images = model.generate(chains * steps, seed=3)
        images = images.reshape(steps, chains, *images.shape[1:])
    values = autocorrelation(images, range(steps))
    small = np.argmax(values < 0.05) if (values < 0.05).any() else steps
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "autocorrelations": [float(values[lag]) for lag in lags],
        "tau": float(1 + 2 * values[1:small].sum()),
        "decays": bool(small < steps),
    }


def main(_) -> None:
    """Prints a table, a row for each run."""
    from tf_gan.runs import build

    lags = [int(lag) for lag in FLAGS.lags]
    if not FLAGS.runs or not all(0 <= lag < FLAGS.steps for lag in lags):
        raise SystemExit(
            f"Expected --runs=DIR,... and --lags from 0 to {FLAGS.steps - 1}. Received:"
            f" --runs={','.join(FLAGS.runs)} --lags={','.join(FLAGS.lags)}"
        )
    columns = ["run", "samples/s", "CPU s for 10,000", *(f"rho({lag})" for lag in lags), "tau"]
    print("| " + " | ".join(columns) + " |")
    print("| " + " | ".join(["---"] * len(columns)) + " |")
    for run in FLAGS.runs:
        row = measure(build.load(run)[0], FLAGS.n, FLAGS.chains, FLAGS.steps, lags)
        rate = FLAGS.n / row["seconds"]
        cpu_seconds = row["cpu_seconds"] * 10_000 / FLAGS.n
        values = [pathlib.Path(run).name, f"{rate:,.0f}", f"{cpu_seconds:,.2f}"]
        values += [f"{value:.3f}" for value in row["autocorrelations"]]
        values.append(f"{'' if row['decays'] else '> '}{row['tau']:.1f}")
        print("| " + " | ".join(values) + " |", flush=True)


if __name__ == "__main__":
    app.run(main)

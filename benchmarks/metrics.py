r"""What the metrics cost: the Parzen log-likelihood beside the matrix products it
cannot do without, the Fréchet distance beside scipy's matrix root.

    python -m benchmarks.metrics [--rows=parzen,frechet] [--rounds=3] \
        [--dimensions=2048]

Both programs of a row run in one process, in turns, so that the ratio is the figure.
The data are random; no time depends on them.

parzen: 10,000 samples against 1,000 validation and 10,000 test images of 28x28, the
whole protocol with ten widths, and the products of those sizes in float32 alone.
frechet: statistics of two sets of random features, of more and of fewer rows than
dimensions, and the same formula with `scipy.linalg.sqrtm`.
"""

import statistics
import time

import numpy as np
import scipy.linalg
from absl import app, flags

from tf_gan import metrics

FLAGS = flags.FLAGS
flags.DEFINE_list("rows", ["parzen", "frechet"], "Which rows to measure.")
flags.DEFINE_integer("rounds", 3, "Turns of each program.", lower_bound=1)
flags.DEFINE_integer("dimensions", 2048, "Width of the features of the row frechet.", lower_bound=2)


def parzen():
    """Yields the row's name, our side and the bare products."""
    generator = np.random.default_rng(0)
    samples, validation, test = (
        generator.random((n, 784), np.float32) for n in (10_000, 1_000, 10_000)
    )
    product = np.empty((500, len(samples)), np.float32)

    def products():
        for images in (validation, test):
            for start in range(0, len(images), 500):
                np.matmul(images[start : start + 500], samples.T, out=product)

    yield (
        "parzen",
        "products",
        lambda: metrics.parzen_log_likelihood(samples, validation, test),
        products,
    )


def frechet():
    """Yields the same for the distance and its formula with a matrix root, for
    covariances of full and of half rank.
    """
    d = FLAGS.dimensions
    generator = np.random.default_rng(0)
    scales = np.linspace(1, 0.1, d)
    for name, n in (("full rank", 3 * d), ("half rank", d // 2)):
        a, b = (
            metrics.Statistics.of(generator.standard_normal((n, d)) * scales + shift)
            for shift in (0, 0.1)
        )

        def with_root(a=a, b=b):
            root = scipy.linalg.sqrtm(a.covariance @ b.covariance)
            return (
                np.sum((a.mean - b.mean) ** 2)
                + np.trace(a.covariance)
                + np.trace(b.covariance)
                - 2 * np.trace(root).real
            )

        yield (
            f"frechet, {name}",
            "sqrtm",
            lambda a=a, b=b: metrics.frechet_distance(a, b),
            with_root,
        )


def seconds(function) -> tuple[float, object]:
    start = time.perf_counter()
    value = function()
    return time.perf_counter() - start, value


def main(_):
    print(
        f"{'row':20} {'tf_gan':>9} {'other':>9} {'':8} {'tf_gan / other':>22}   seconds, median of"
        f" {FLAGS.rounds} turns"
    )
    for row in FLAGS.rows:
        for name, other, *sides in {"parzen": parzen, "frechet": frechet}[row]():
            turns = [[seconds(side) for side in sides] for _ in range(FLAGS.rounds)]
            mine, theirs = (statistics.median(turn[side][0] for turn in turns) for side in (0, 1))
            ratios = [turn[0][0] / turn[1][0] for turn in turns]
            spread = f"{statistics.median(ratios):.3f} ({min(ratios):.3f}-{max(ratios):.3f})"
            values = [turn[1] for turn in turns[0]]
            detail = f"   values {values[0]:.9g} and {values[1]:.9g}" if row == "frechet" else ""
            print(f"{name:20} {mine:9.2f} {theirs:9.2f} {other:8} {spread:>22}{detail}", flush=True)


if __name__ == "__main__":
    app.run(main)

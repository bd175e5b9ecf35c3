"""`tf-gan-sample`: pictures from a trained run."""

import pathlib
import sys

import numpy as np
from absl import flags

from tf_gan import cli, models, pictures, runs
from tf_gan.models.game import GENERATION
from tf_gan.random import Stream

FLAGS = flags.FLAGS
KINDS = ("grid", "interpolation", "gif")
PATHS = ("linear", "spherical")


def define_flags() -> None:
    flags.DEFINE_string("workdir", None, "Run directory that tf-gan-train left.", required=True)
    flags.DEFINE_enum(
        "kind",
        "grid",
        KINDS,
        "grid: samples, fair random draws. interpolation: each row goes from one latent to another. gif: a closed walk through latents, animated.",
    )
    flags.DEFINE_string("output", None, "File to write: .png for grid and interpolation, .gif for gif. By default <kind>.png or .gif in the workdir.")
    flags.DEFINE_integer("n", 0, "Samples in the grid, rows of the interpolation, or stations of the walk; 0 for 64, 8 or 8.", lower_bound=0)
    flags.DEFINE_integer("columns", 0, "Images in a row of the grid (0: square) or steps of each interpolation (0: 10).", lower_bound=0)
    flags.DEFINE_integer("seed", 0, "Fixes the latents.")
    flags.DEFINE_enum("path", "linear", PATHS, "How to go from one latent to the next, for interpolation and gif.")
    flags.DEFINE_bool("overwrite", False, "Whether --output may replace a file that is there.")


def interpolate(start: np.ndarray, end: np.ndarray, steps: int, path: str = "linear") -> np.ndarray:
    """Returns points from `start` to `end`, both included.

    linear: (1 - t) a + t b. spherical: sin((1 - t) w) / sin(w) a + sin(t w) / sin(w) b, w the angle between a and b (Shoemake, 1985); between
    Gaussian latents it keeps to the lengths that the generator was trained on.

    Args:
        start: Latents of shape `(..., latent_dim)`.
        end: The same for the end.
        steps: Number of points, >= 2.
        path: `"linear"` or `"spherical"`.

    Returns:
        Array of shape `(..., steps, latent_dim)`.
    """
    if steps < 2 or path not in PATHS:
        raise ValueError(f"Expected steps >= 2 and a path out of {PATHS}. Received: steps={steps}, path={path!r}")
    a, b = np.asarray(start, np.float64)[..., None, :], np.asarray(end, np.float64)[..., None, :]
    t = np.linspace(0, 1, steps)[:, None]
    if path == "linear":
        return ((1 - t) * a + t * b).astype(np.float32)
    norms = np.linalg.norm(a, axis=-1, keepdims=True) * np.linalg.norm(b, axis=-1, keepdims=True)
    angle = np.arccos(np.clip((a * b).sum(-1, keepdims=True) / np.maximum(norms, 1e-12), -1, 1))
    straight = np.sin(angle) < 1e-6
    sine = np.where(straight, 1, np.sin(angle))
    weights = np.where(straight, 1 - t, np.sin((1 - t) * angle) / sine), np.where(straight, t, np.sin(t * angle) / sine)
    return (weights[0] * a + weights[1] * b).astype(np.float32)


def grid(game: models.Game, n: int = 64, columns: int | None = None, seed: int = 0) -> np.ndarray:
    """Returns a picture of `n` fair random draws."""
    return pictures.picture(game.generate(n, seed=seed), game.data_range, columns)


def interpolation(game: models.Game, rows: int = 8, steps: int = 10, seed: int = 0, path: str = "linear") -> np.ndarray:
    """Returns a picture with a row for each of `rows` pairs of latents."""
    latents = game.sample_latents(2 * rows, Stream(seed, GENERATION)).numpy()
    points = interpolate(latents[:rows], latents[rows:], steps, path)  # (rows, steps, latent_dim)
    samples = game.images_from(points.reshape(rows * steps, -1))
    return pictures.picture(samples, game.data_range, steps)


def walk(game: models.Game, stations: int = 8, steps: int = 12, seed: int = 0, path: str = "linear") -> list[np.ndarray]:
    """Returns the frames of a closed walk: sixteen latents go from station to station at once and come back to the first."""
    latents = game.sample_latents(16 * stations, Stream(seed, GENERATION)).numpy().reshape(stations, 16, -1)
    legs = [interpolate(latents[i], latents[(i + 1) % stations], steps + 1, path)[:, :-1] for i in range(stations)]
    frames = np.concatenate(legs, axis=1).swapaxes(0, 1)  # (stations * steps, 16, latent_dim)
    samples = game.images_from(frames.reshape(-1, frames.shape[-1]))
    return [pictures.picture(frame, game.data_range, 4) for frame in samples.reshape(len(frames), 16, *samples.shape[1:])]


def main() -> None:
    suffix = ".gif" if FLAGS.kind == "gif" else ".png"
    output = pathlib.Path(FLAGS.output or pathlib.Path(FLAGS.workdir, FLAGS.kind + suffix))
    if output.suffix.lower() != suffix:
        raise ValueError(f"--kind={FLAGS.kind} writes a {suffix} file. Received: --output={output}")
    if FLAGS.output and output.exists() and not FLAGS.overwrite:
        raise ValueError(f"{output} is there already. Choose another --output, or allow it with --overwrite.")
    game, _ = runs.load(FLAGS.workdir)
    if FLAGS.kind == "grid":
        pictures.save_png(output, grid(game, FLAGS.n or 64, FLAGS.columns or None, FLAGS.seed))
    elif FLAGS.kind == "interpolation":
        pictures.save_png(output, interpolation(game, FLAGS.n or 8, FLAGS.columns or 10, FLAGS.seed, FLAGS.path))
    else:
        pictures.save_gif(output, walk(game, FLAGS.n or 8, seed=FLAGS.seed, path=FLAGS.path), frames_per_second=12)
    print(f"Wrote {output}")


def run() -> None:
    cli.run(sys.modules[__name__], main)


if __name__ == "__main__":
    run()

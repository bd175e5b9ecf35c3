"""Page of a run on points: one file without a request or a library, in which styles,
scripts and data are.
"""

import base64
import pathlib

import ml_collections
import numpy as np
from scipy.stats import norm

from tf_gan import losses, theory
from tf_gan.callbacks import replay
from tf_gan.errors import UserError
from tf_gan.evaluation.scores import modes
from tf_gan.io import pages
from tf_gan.replay.template import fill
from tf_gan.runs import directory


def of_run(workdir) -> str:
    """Returns the page that plays the frames of a run again.

    Args:
        workdir: The run directory.

    Raises:
        UserError: if it has no run, or no frames.
    """
    config = directory.read_config(workdir)
    path = pathlib.Path(workdir, directory.REPLAY)
    if not path.exists():
        raise UserError(
            f"The run in {str(workdir)!r} has no frames: {path} is not there. tf-gan-train keeps"
            " them for a GAN without classes on data of one or two numbers, such as"
            " --config=ring, unless --config.replay_frames=0"
        )
    frames = replay.read(path)
    data = _data(frames, config)
    return fill(
        "replay.html",
        ("draw.js", "replay.js"),
        title=pages.escaped(pathlib.Path(workdir).resolve().name),
        summary=pages.escaped(_summary(frames, config)),
        explanation=_explanation(data),
        data=pages.script_json(data),
    )


def _summary(frames: dict, config: ml_collections.ConfigDict) -> str:
    objective, steps = config.objective, frames["step"]
    penalties = objective.penalties or "none"
    if objective.penalties and objective.penalty_weight >= 0:
        penalties += f" with weight {objective.penalty_weight:g}"
    loss = f"loss {objective.loss}, " if objective.loss else ""
    return (
        f"{config.model.name} on {config.data.name}: {loss}penalties {penalties},"
        f" k = {objective.discriminator_steps}, seed {config.seed}. {len(steps):,} frames of steps"
        f" {steps[0]:,} to {steps[-1]:,}."
    )


def _data(frames: dict, config: ml_collections.ConfigDict) -> dict:
    """Returns what the page's script reads: lists, and arrays of two-byte numbers as
    base64.
    """
    (low, high), dimensions = frames["reach"], frames["real"].shape[1]
    log_odds = config.objective.loss in losses.LOSSES and losses.get(config.objective.loss).log_odds
    data = {
        "dimensions": dimensions,
        "reach": [float(low), float(high)],
        "step": frames["step"].tolist(),
        "log_odds": log_odds,
        "counted": replay.COUNTED,
        "mode_total": None,
        "jsd": None,
        "optimal": None,
        "shares": None,  # Of the cells of the line; the plane shows points.
        **{name: _finite(frames[name]) for name in replay.SCALARS},
        **{
            name: _base64(frames[name])
            for name in ("real", "fakes", "logits", "gradients", "counts")
        },
    }
    mixture = modes.mixture(config.data.name)
    if mixture:
        p_data = cell_probabilities(*mixture, low, high)
        p_g = frames["counts"].astype(np.float64) / replay.COUNTED
        data["mode_total"] = len(mixture[0])
        data["jsd"] = [divergence(p_data, q) for q in p_g]
        if log_odds:
            seen = p_data + p_g >= 1 / replay.COUNTED
            best = np.where(seen, theory.optimal_discriminator(p_data, p_g), np.nan)
            data["optimal"] = _base64(best.astype(np.float16))
    if dimensions == 1:
        data["shares"] = p_data.tolist() if mixture else _shares(frames["real"], low, high)
    return data


def cell_probabilities(means: np.ndarray, deviation: float, low: float, high: float) -> np.ndarray:
    """Returns the probability of each cell of the picture under a mixture of Gaussians
    with equal weights.

    Args:
        means: Shape `(M, D)`, D 1 or 2.
        deviation: That of each Gaussian in each direction, > 0.
        low: Where the picture begins in each direction.
        high: Where it ends.

    Returns:
        Shape `(40^D,)`, in the order of `callbacks.replay.grid`; the sum is below 1 by
        what lies outside of the picture.
    """
    edges = np.linspace(low, high, replay.CELLS + 1)
    # (M, D, 40): by mode and direction.
    parts = np.diff(norm.cdf((edges - np.asarray(means)[..., None]) / deviation), axis=-1)
    axes = [parts[:, i] for i in range(parts.shape[1])]
    product = axes[0] if len(axes) == 1 else axes[0][:, :, None] * axes[1][:, None, :]
    return product.mean(axis=0).ravel()


def divergence(p: np.ndarray, q: np.ndarray) -> float:
    """Returns the Jensen-Shannon divergence of two distributions over the cells and what
    lies outside of them, in nats: at most that of the distributions themselves.
    """
    whole = [np.append(each, max(0.0, 1 - each.sum())) for each in (p, q)]
    return theory.jensen_shannon_divergence(*whole)


def _shares(points: np.ndarray, low: float, high: float) -> list[float]:
    """Returns the share of points in each cell of the line."""
    counts, _ = np.histogram(points.astype(np.float64), np.linspace(low, high, replay.CELLS + 1))
    return (counts / len(points)).tolist()


def _finite(values: np.ndarray) -> list[float | None]:
    return [round(float(x), 6) if np.isfinite(x) else None for x in values]


def _base64(values: np.ndarray) -> str:
    little_endian = values.astype(values.dtype.newbyteorder("<"))
    return base64.b64encode(little_endian.tobytes()).decode()


def _explanation(data: dict) -> str:
    picture = (
        "<p><span class='real'>Blue points</span> are data, <span class='fake'>orange"
        " points</span> are what G makes of the same 500 latents. The colours behind them are D:"
        " blue where it takes a point for data, orange where it takes it for a fake."
        if data["dimensions"] == 2
        else "<p><span class='real'>Blue bars</span> are the data, <span class='fake'>orange"
        " bars</span> what G makes. The line is D: high where it takes a number for data. The"
        " orange ticks below are 500 fakes."
    )
    arrows = (
        " Arrows show D's gradient at 60 fakes: G moves its fakes along them. The longest are cut."
    )
    texts = [picture + arrows + "</p>"]
    if not data["log_odds"]:
        drawn = "the colours go" if data["dimensions"] == 2 else "the line goes"
        texts.append(
            f"<p>D's outputs are no probabilities with this loss: {drawn} from its least output"
            " to its greatest in each frame.</p>"
        )
    if data["jsd"]:
        dashed = ", the dashed line" if data["dimensions"] == 1 else ""
        best = (
            " D* = p_data / (p_data + p_g) is the best D against these fakes, in the same"
            f" cells{dashed}."
        )
        texts.append(
            "<p>The density of the data is known, so the page can say how far the fakes are from"
            f" it: JSD is the Jensen-Shannon divergence of data and {data['counted']:,} fakes,"
            f" counted in {replay.CELLS} cells in each direction.{best if data['optimal'] else ''}"
            " A mode is found if a fake lies within three deviations of it.</p>"
        )
    return "\n".join(texts)

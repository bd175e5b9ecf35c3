"""Figure 1 of the 2014 paper, for runs on numbers: densities of data and samples, D,
and where G sends z, in four panels; n latents (100,000).

Goodfellow et al., Generative Adversarial Nets (2014), https://arxiv.org/abs/1406.2661:
(a) the pair near convergence: the first checkpoint that the run has kept; (b) from
there D alone is trained, to D* = p_data / (p_data + p_g), by `theory.train_alone`; (c)
then G alone takes some steps against this D; (d) the run's end.
"""

import dataclasses

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.special import expit

from tf_gan import models, theory
from tf_gan.errors import UserError
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions
from tf_gan.plots.paths import quantiles
from tf_gan.training.rng import Fold, Stream

TAKES_COLUMNS = False
SHOWS_POINTS = True
DISCRIMINATOR_STEPS, GENERATOR_STEPS = 2000, 20  # Of the panels b and c.
BINS, ARROWS = 600, 21


@dataclasses.dataclass(frozen=True)
class Axis:
    """Where densities are drawn: in `BINS` bins from `low` to `high`, smoothed by a
    Gaussian of deviation `bandwidth`.
    """

    low: float
    high: float
    bandwidth: float

    @property
    def centres(self) -> np.ndarray:
        edges = np.linspace(self.low, self.high, BINS + 1)
        return (edges[1:] + edges[:-1]) / 2

    def density(self, numbers: np.ndarray) -> np.ndarray:
        """Returns the density of numbers at the centres, a kernel estimate: their
        histogram, smoothed.
        """
        counts, _ = np.histogram(numbers, BINS, (self.low, self.high))
        width = (self.high - self.low) / BINS
        return gaussian_filter1d(
            counts / (len(numbers) * width), self.bandwidth / width, mode="constant"
        )

    def divergence(self, p: np.ndarray, q: np.ndarray) -> float:
        """Returns the Jensen-Shannon divergence of two densities at the centres: of
        smoothed ones, a little less than of unsmoothed ones.
        """
        return theory.jensen_shannon_divergence(p / p.sum(), q / q.sum())


@dataclasses.dataclass(frozen=True)
class Panel:
    """What one panel shows.

    Args:
        title: Its title.
        samples: G(z) for latents drawn from the prior.
        targets: G(z) for the latents of the arrows.
        d: D at the centres of the axis, in (0, 1).
    """

    title: str
    samples: np.ndarray
    targets: np.ndarray
    d: np.ndarray


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    examples = options.examples()
    if (
        examples.image_shape != (1,)
        or getattr(model, "latent_dim", None) != 1
        or "loss" not in model.get_compile_config()
        or set(model.roles) != {"generator", "discriminator"}
    ):
        raise UserError(
            "--kind=density is for runs on numbers, with one latent and no networks but G and D:"
            " expected data such as gaussians_1d and config.model.latent_dim=1. Received: a"
            f" {type(model).__name__}, data of shape {examples.image_shape},"
            f" config.model.latent_dim={options.config.model.latent_dim}"
        )
    if options.earliest is None:
        raise UserError(
            "Expected PlotOptions with `earliest`, which returns the model of the run's first"
            " checkpoint. Received: earliest=None"
        )
    if not model.adversarial_loss.log_odds:
        raise UserError(
            "D's logits must be log-odds: expected the loss minimax or non_saturating. Received:"
            f" {options.config.objective.loss!r}"
        )
    numbers = examples.arrays()[:, 0]
    mean, deviation = numbers.mean(), numbers.std()
    axis = Axis(
        mean - 4 * deviation, mean + 4 * deviation, bandwidth=deviation * len(numbers) ** -0.2
    )
    latents = model.sample_latents(options.n or 100_000, Stream(options.seed, Fold.GENERATION))
    arrows = quantiles(model.prior, ARROWS).astype(np.float32)

    def panel(title, state, generator):
        samples, targets = (
            np.asarray(generator(z, training=False))[:, 0] for z in (latents, arrows[:, None])
        )
        logits = np.asarray(
            state.discriminator(axis.centres[:, None].astype(np.float32), training=False),
            np.float64,
        )
        return Panel(title, samples, targets, expit(logits[:, 0]))

    state = options.earliest()
    panels = [panel(f"(a) step {int(state.step.numpy()):,}", state, state.generator)]
    theory.train_alone(state, examples, "discriminator", DISCRIMINATOR_STEPS)
    panels.append(panel(f"(b) D alone, {DISCRIMINATOR_STEPS:,} steps", state, state.generator))
    theory.train_alone(state, examples, "generator", GENERATOR_STEPS)
    panels.append(panel(f"(c) then G alone, {GENERATOR_STEPS} steps", state, state.generator))
    panels.append(panel(f"(d) step {int(model.step.numpy()):,}", model, model.sampler))
    return _figure(panels, axis, axis.density(numbers), arrows)


def _figure(panels: list[Panel], axis: Axis, p_data: np.ndarray, arrows: np.ndarray) -> np.ndarray:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.7), dpi=90, layout="constrained")
    curves, maps = figure.subplots(2, len(panels), sharex="col", sharey="row", height_ratios=(3, 1))
    x, densities = axis.centres, [axis.density(panel.samples) for panel in panels]
    # A collapsed G would flatten all the rest.
    top = 1.05 * min(3 * p_data.max(), max(p.max() for p in (p_data, *densities)))
    for upper, lower, panel, p_g in zip(curves, maps, panels, densities, strict=True):
        d_star = theory.optimal_discriminator(p_data, p_g)
        seen = p_data + p_g > 0.05 * p_data.max()
        upper.plot(x, p_g, "-", color="tab:green", label="$p_g$")
        upper.plot(x, p_data, ":", color="black", label="$p_{data}$")
        upper.set_ylim(0, top)
        upper.tick_params(labelbottom=True)
        upper.set_title(f"{panel.title}\nJSD {axis.divergence(p_data, p_g):.4f} nat", fontsize=10)
        right = upper.twinx()
        right.plot(x, np.where(seen, d_star, np.nan), "-", color="0.6", linewidth=0.8, label="D*")
        right.plot(x, panel.d, "--", color="tab:blue", label="D")
        right.set_ylim(0, 1)
        right.tick_params(
            right=panel is panels[-1], labelright=panel is panels[-1], labelcolor="tab:blue"
        )
        starts = _spread(arrows, axis)
        for start, target in zip(starts, panel.targets, strict=True):
            lower.annotate(
                "",
                (target, 1),
                (start, 0),
                arrowprops={"arrowstyle": "->", "linewidth": 0.7, "color": "0.3"},
                annotation_clip=False,
            )
        lower.hlines(
            [0, 1], [starts[0], axis.low], [starts[-1], axis.high], color="black", linewidth=1
        )
        lower.set(
            xlim=(axis.low, axis.high), ylim=(-0.1, 1.1), yticks=[0, 1], yticklabels=["z", "x"]
        )
        lower.tick_params(length=0, labelbottom=False)
        lower.spines[:].set_visible(False)
    handles = [line for each in (upper, right) for line in each.get_lines()]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    return render.render(figure)


def _spread(latents: np.ndarray, axis: Axis) -> np.ndarray:
    """Returns where on the axis the latents are drawn: in their own proportions, over
    three quarters of it.
    """
    unit = (latents - latents.min()) / (latents.max() - latents.min())
    return axis.low + (axis.high - axis.low) * (0.125 + 0.75 * unit)

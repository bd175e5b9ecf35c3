"""What docs/theory.md shows: prints its numbers and draws its pictures.

    python docs/theory.py --run=runs/gaussians_1d --output=docs/images

Most of its time goes into the training of three discriminators. `--run` is the
directory that `tf-gan-train --config=gaussians_1d` left; without it, its
last table is left out.
"""

import argparse
import pathlib

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from scipy.integrate import solve_ivp
from scipy.special import expit
from scipy.stats import norm

import tf_gan
from tf_gan import theory
from tf_gan.networks import points
from tf_gan.plots import render
from tf_gan.runs import build
from tf_gan.theory import Mixture

STANDARD = Mixture(0.0, 1.0)


def criteria() -> None:
    rows = {
        "equal densities": (STANDARD, STANDARD),
        **{f"N(0, 1), N({mean}, 1)": (STANDARD, Mixture(mean)) for mean in (0.5, 1, 2, 4, 8)},
        **{f"N(0, 1), N({mean}, 4)": (STANDARD, Mixture(mean, 2.0)) for mean in (0, 1)},
        "(1/2, 1/2, 0), (0, 1/2, 1/2)": (np.array([0.5, 0.5, 0]), np.array([0, 0.5, 0.5])),
        "disjoint supports": (np.array([1.0, 0]), np.array([0, 1.0])),
    }
    print("| p_data, p_g | JSD (nat) | C(G) |\n| --- | --- | --- |")
    for name, (p_data, p_g) in rows.items():
        print(
            f"| {name} | {theory.jensen_shannon_divergence(p_data, p_g):.9f} |"
            f" {theory.criterion(p_data, p_g):.9f} |"
        )


def losses() -> Figure:
    figure, axes = panels(2)
    d = np.linspace(0.001, 0.999, 999)
    axes[0].plot(d, np.log(1 - d), label="log(1 - D)")
    axes[0].plot(d, -np.log(d), label="-log D")
    axes[0].set(xlabel="D(G(z))", ylabel="loss of G", ylim=(-5, 5))
    a = np.linspace(-12, 6, 300)
    axes[1].plot(a, theory.saturating_gradient(a), label="log(1 - D)")
    axes[1].plot(a, theory.non_saturating_gradient(a), label="-log D")
    axes[1].set(xlabel="logit of D(G(z))", ylabel="derivative with respect to the logit")
    for each in axes:
        each.legend()
    print("\n| logit | D(G(z)) | saturating | non-saturating |\n| --- | --- | --- | --- |")
    for logit in (-10, -5, -2, 0, 2):
        gradients = theory.saturating_gradient(logit), theory.non_saturating_gradient(logit)
        print(f"| {logit} | {expit(logit):.3g} | {gradients[0]:.3g} | {gradients[1]:.5f} |")
    return figure


def discriminators() -> Figure:
    """Trains D against fixed generators G(z) = m + s z, whose optimizer has the rate 0."""
    figure, axes = panels(3)
    x = np.linspace(-4, 5, 181)
    print(
        "\n| p_g | max error of D where p_data + p_g > 0.01 | V(D, G), at its largest while"
        " training | C(G) |\n| --- | --- | --- | --- |"
    )
    for each, (mean, deviation) in zip(axes, [(1.0, 1.0), (1.0, 2.0), (0.0, 0.5)], strict=True):
        keras.utils.set_random_seed(0)
        p_g = Mixture(mean, deviation)
        generator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        generator.set_weights([np.array([[deviation]]), np.array([mean])])
        gan = tf_gan.GAN(generator, points.build_discriminator((1,), units=(64, 64)), latent_dim=1)
        rate = keras.optimizers.schedules.CosineDecay(3e-3, 3000, alpha=1e-3)
        gan.compile(
            keras.optimizers.SGD(0.0), keras.optimizers.Adam(rate, 0.9), steps_per_execution=100
        )

        def logits(x, gan=gan):
            return gan.discriminator(x[:, None].astype(np.float32)).numpy()[:, 0].astype(np.float64)

        values = []
        measure = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda *_, values=values, p_g=p_g: values.append(
                theory.value(logits, STANDARD, p_g)
            )
        )
        gan.fit(
            tf_gan.data.gaussians_1d(200_000),
            batch_size=1000,
            epochs=15,
            verbose=0,
            callbacks=[measure],
        )
        p, q = STANDARD.density(x), p_g.density(x)
        d, d_star = expit(logits(x)), theory.optimal_discriminator(p, q)
        error = np.abs(d - d_star)[p + q > 0.01].max()
        print(
            f"| N({mean:g}, {deviation**2:g}) | {error:.4f} | {max(values):.6f} |"
            f" {theory.criterion(STANDARD, p_g):.6f} |"
        )
        each.plot(x, p, ":", color="black", label="$p_{data}$")
        each.plot(x, q, "-", color="tab:green", label="$p_g$")
        each.plot(x, d_star, "-", color="0.6", label="D*")
        each.plot(x, d, "--", color="tab:blue", label="D, trained")
        each.set(
            title=f"$p_g$ = N({mean:g}, {deviation**2:g}): max error {error:.4f}",
            xlabel="x",
            ylim=(0, 1.02),
        )
    axes[0].legend()
    return figure


def descent() -> Figure:
    figure, axes = panels(2)
    x = np.arange(20)
    p_data = theory.Mixture((5, 13), (1.5, 2.5)).density(x)
    p_data /= p_data.sum()
    path, criteria = theory.descend(p_data, -0.5 * (x - 14.0) ** 2 / 36, rate=5.0, steps=5000)
    axes[0].semilogy(np.arange(1, len(criteria)), criteria[1:] + theory.LOG_4)
    axes[0].set(xlabel="step", ylabel="C(G) + log 4", xscale="log")
    for step, shade in ((0, "0.8"), (10, "0.6"), (100, "0.4"), (5000, "tab:green")):
        axes[1].plot(x, path[step], "-", color=shade, label=f"$p_g$, step {step:,}")
    axes[1].plot(x, p_data, ":", color="black", label="$p_{data}$")
    axes[1].set(xlabel="outcome", ylabel="probability")
    axes[1].legend(fontsize=8)
    print("\n| step | C(G) + log 4 | largest difference of p_g and p_data |\n| --- | --- | --- |")
    for step in (0, 10, 100, 1000, 5000):
        print(
            f"| {step:,} | {criteria[step] + theory.LOG_4:.3g} |"
            f" {np.abs(path[step] - p_data).max():.3g} |"
        )
    print(f"\nLargest change of C(G) in a step: {np.diff(criteria).max():.2g}")
    return figure


def dirac() -> Figure:
    figure, axes = panels(3)
    print(
        "\n| gamma | eigenvalues | distance from (0, 0) after time 30, from 1 |\n| --- | --- |"
        " --- |"
    )
    for each, gamma in zip(axes, (0.0, 0.3, 1.0), strict=True):
        times = np.linspace(0, 30, 600)
        flow = solve_ivp(
            lambda _, s, gamma=gamma: theory.dirac_gan_velocity(*s, gamma),
            (0, 30),
            [1.0, 0.0],
            t_eval=times,
            rtol=1e-9,
            atol=1e-9,
        )
        each.plot(*flow.y)
        each.plot(*flow.y[:, 0], "o", color="black")
        each.set(
            xlabel=r"$\theta$",
            ylabel=r"$\psi$",
            title=rf"$\gamma$ = {gamma:g}",
            xlim=(-1.1, 1.1),
            ylim=(-1.1, 1.1),
            aspect="equal",
        )
        values = theory.dirac_gan_eigenvalues(gamma)
        print(
            f"| {gamma:g} | {values[0]:.3g}, {values[1]:.3g} |"
            f" {np.linalg.norm(flow.y[:, -1]):.2g} |"
        )
    return figure


def run(workdir: str, n: int = 1_000_000) -> None:
    """Compares the samples of a run with the standard normal density."""
    model, _ = build.load(workdir)
    samples = model.generate(n, seed=1, batch_size=10_000)[:, 0]
    edges = np.concatenate([[-np.inf], np.linspace(-5, 5, 201), [np.inf]])
    p_data, p_g = np.diff(norm.cdf(edges)), np.histogram(samples, edges)[0] / n
    x = np.linspace(-2, 2, 81)
    d = tf.sigmoid(model.discriminator(x[:, None].astype(np.float32))).numpy()
    print(
        f"\nThe run in {workdir}, {int(model.step.numpy()):,} steps, {n:,} samples in bins of 0.05:"
    )
    print(
        f"JSD {theory.jensen_shannon_divergence(p_data, p_g):.4f} nat, C(G)"
        f" {theory.criterion(p_data, p_g):.4f},"
    )
    print(
        f"mean {samples.mean():.3f}, deviation {samples.std():.3f}, D between -2 and 2 from"
        f" {d.min():.3f} to {d.max():.3f}"
    )


def panels(columns: int):
    figure = Figure(figsize=(4 * columns, 3.2), dpi=80, layout="constrained")
    return figure, figure.subplots(1, columns)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--output", default="docs/images", help="folder for the pictures (default: %(default)s)"
    )
    parser.add_argument("--run", help="run directory of configs/gaussians_1d.py")
    arguments = parser.parse_args()
    criteria()
    for name, draw in (
        ("losses", losses),
        ("discriminator", discriminators),
        ("descent", descent),
        ("dirac_gan", dirac),
    ):
        render.save_png(pathlib.Path(arguments.output, f"theory_{name}.png"), render.render(draw()))
    if arguments.run:
        run(arguments.run)


if __name__ == "__main__":
    main()

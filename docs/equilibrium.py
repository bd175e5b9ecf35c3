"""What docs/began.md shows: BEGAN on the digits of MNIST, its controller, and the errors
of each digit, step by step.

    python docs/equilibrium.py --output=docs/images [--gammas=0.75,1.0] [--steps=3750]

Takes 12 minutes of a busy CPU core for each gamma.
"""

import argparse
import pathlib

import keras
import numpy as np
from matplotlib.figure import Figure

from tf_gan.data import load
from tf_gan.features import classifier
from tf_gan.plots import render
from tf_gan.runs import build, config_file

ROW = (
    "| {gamma} | {step:,} | {k:.3f} | {real:.4f} | {fake:.4f} | {one:.4f} | {eight:.4f} | {share} |"
)


def error(model, images) -> float:
    """Returns the mean of |v - D(v)|."""
    return float(np.abs(images - model.discriminator.predict(images, verbose=0)).mean())


def shares(extractor, samples) -> np.ndarray:
    """Returns the share of each digit among samples, `(10,)`."""
    samples = np.clip(samples, -1, 1)  # G has no last activation.
    digits = np.argmax(extractor.probabilities(samples, (-1, 1)), axis=1)
    return np.bincount(digits, minlength=10) / len(samples)


def train(gamma: float, steps: int, every: int, extractor) -> tuple[list[dict], np.ndarray]:
    """Trains BEGAN; returns the rows of its table, and 100 samples of the end."""
    config = config_file.load("mnist_began")
    config.model.arguments.gamma = gamma
    config.model.moving_average = 0.0  # The generator that k answers to.
    examples = load(config.data)
    config.data.image_shape = examples.image_shape
    model = build.build(config, examples)
    images, labels = examples.arrays(), np.asarray(examples.labels)
    of_digit = [images[labels == digit][:200] for digit in range(10)]
    rows = []

    def look(batch, logs):
        if (batch + 1) % every:
            return
        samples = model.generate(1000, seed=0)
        errors, share = [error(model, each) for each in of_digit], shares(extractor, samples)
        most = np.argsort(-share)[:3]
        row = {
            "gamma": gamma,
            "step": batch + 1,
            "k": float(model.k.numpy()),
            "real": float(np.mean(errors)),
            "fake": error(model, samples),
            "one": errors[1],
            "eight": errors[8],
            "share": ", ".join(f"{digit}: {share[digit]:.0%}" for digit in most),
            "largest": float(share.max()),
        }
        rows.append(row)
        print(ROW.format(**row), flush=True)

    model.fit(
        images[: steps * config.batch_size],
        batch_size=config.batch_size,
        epochs=1,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=look)],
    )
    return rows, model.generate(100, seed=0)


def draw(runs: dict[float, list[dict]]) -> Figure:
    """Draws k, the errors and the share of the commonest digit of each run."""
    figure = Figure(figsize=(12, 3.2), dpi=80, layout="constrained")
    axes = figure.subplots(1, 3)
    for (gamma, rows), color in zip(runs.items(), ("C0", "C1", "C2", "C3"), strict=False):
        steps = [row["step"] for row in rows]

        def line(each, name, style="-", label=None, rows=rows, steps=steps, color=color):
            each.plot(steps, [row[name] for row in rows], style, color=color, label=label)

        line(axes[0], "k", label=rf"$\gamma$ = {gamma:g}")
        line(axes[1], "real", label=rf"L(x), $\gamma$ = {gamma:g}")
        line(axes[1], "one", ":", "L of ones")
        line(axes[1], "fake", "--", "L(G(z))")
        line(axes[2], "largest", label=rf"$\gamma$ = {gamma:g}")
    for each, label in zip(axes, ("k", "error", "share of the commonest digit"), strict=True):
        each.set(xlabel="step", ylabel=label)
        each.legend(fontsize=8)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--output", default="docs/images", help="folder for the pictures (default: %(default)s)"
    )
    parser.add_argument("--gammas", default="0.75,1.0", help="default: %(default)s")
    parser.add_argument("--steps", type=int, default=3750, help="default: %(default)s")
    parser.add_argument("--every", type=int, default=250, help="default: %(default)s")
    arguments = parser.parse_args()
    if arguments.steps > 3750 or arguments.every % 50:  # An epoch; steps of a call.
        parser.error("expected --steps up to 3750, and --every a multiple of 50")
    extractor, runs = classifier("mnist"), {}
    print("| gamma | step | k | L(x) | L(G(z)) | ones | eights | samples |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for gamma in map(float, arguments.gammas.split(",")):
        runs[gamma], samples = train(gamma, arguments.steps, arguments.every, extractor)
        path = pathlib.Path(arguments.output, f"equilibrium_{gamma:g}.png")
        render.save_png(path, render.grid(samples, value_range=(-1, 1)))
    render.save_png(pathlib.Path(arguments.output, "equilibrium.png"), render.render(draw(runs)))


if __name__ == "__main__":
    main()

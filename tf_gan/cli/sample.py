"""`tf-gan-sample`: pictures from a trained run."""

import pathlib
import sys

from absl import flags

from tf_gan import choices, registry
from tf_gan.cli import app
from tf_gan.errors import UserError

FLAGS = flags.FLAGS


def define_flags() -> None:
    flags.DEFINE_string("workdir", None, "Run directory that tf-gan-train left.", required=True)
    app.define_checkpoint()
    helps = [f"{name}: {text}" for name, text in registry.summaries("plots", "plot").items()]
    flags.DEFINE_string(
        "kind",
        "grid",
        "What to draw. The path of a module of your own, my_package.my_plot, is a kind too.\n"
        "        " + "\n        ".join(helps),
    )
    app.define_output(
        "File to write, .png, or .gif, .webp, .mp4 or .webm for the animations; for images, and"
        " upscale of a folder, a folder. By default <kind>.png, <kind>.gif or <kind>"
        " in the workdir.",
    )
    flags.DEFINE_integer(
        "n", 0, "How many; see --kind for what, and for the meaning of 0.", lower_bound=0
    )
    flags.DEFINE_integer(
        "columns", 0, "Images in a row; 0 for the kind's own number.", lower_bound=0
    )
    flags.DEFINE_integer("seed", 0, "Fixes the latents.", lower_bound=0)
    flags.DEFINE_float(
        "truncation",
        None,
        "For models of normal latents: moves these into [-truncation, truncation]; of StyleGAN2 the"
        " styles towards their mean, by this factor. Smaller numbers, such as 0.5, give images that"
        " differ less: better ones of BigGAN and StyleGAN2, flat ones of FastGAN and other networks"
        " that were not trained for it.",
    )
    flags.DEFINE_enum(
        "path",
        "linear",
        choices.PATHS,
        "How to go from one latent to the next, for interpolation and gif.",
    )
    flags.DEFINE_string(
        "input",
        "",
        "File or folder with pictures of your own, for the kinds that start from pictures; for"
        " directions a file of labels.",
    )
    flags.DEFINE_string(
        "latents",
        "",
        "Latents for arithmetic: three groups of numbers, '12,40,7;3,9,51;22,23,24'. Without, it"
        " shows the numbers.",
    )


def main() -> None:
    app.import_tensorflow()
    from tf_gan import plots
    from tf_gan.plots import render

    if FLAGS.input and not plots.takes_input(FLAGS.kind):
        raise UserError(
            f"--kind={FLAGS.kind} does not start from pictures. Expected --input with a kind out of"
            f" {list(filter(plots.takes_input, plots.names()))}, or no --input"
        )
    if FLAGS.truncation is not None and not plots.takes_truncation(FLAGS.kind):
        raise UserError(
            f"--kind={FLAGS.kind} does not truncate. Expected --truncation with a kind out of"
            f" {list(filter(plots.takes_truncation, plots.names()))}, or no --truncation"
        )
    own = registry.is_own(FLAGS.kind)
    if FLAGS["path"].present and FLAGS.kind not in ("interpolation", "gif") and not own:
        raise UserError(
            f"--path is for --kind=interpolation and gif. Received: --kind={FLAGS.kind}"
        )
    if FLAGS.columns and not plots.takes_columns(FLAGS.kind):
        raise UserError(
            f"--kind={FLAGS.kind} has no columns to choose. Expected no --columns. Received:"
            f" --columns={FLAGS.columns}"
        )
    suffix = plots.suffix(FLAGS.kind, FLAGS.input)
    output = pathlib.Path(FLAGS.output or pathlib.Path(FLAGS.workdir, FLAGS.kind + suffix))
    animation = suffix == ".gif" and output.suffix.lower() in render.ANIMATIONS
    if FLAGS.output and output.suffix.lower() != suffix and not animation:
        what = (
            " or ".join(render.ANIMATIONS)
            if suffix == ".gif"
            else f"a {suffix} file"
            if suffix
            else "a folder, whose name has no ending"
        )
        raise UserError(f"--kind={FLAGS.kind} writes {what}. Received: --output={output}")
    if animation:
        render.check_animation(output)
    beside = [output.with_suffix(".npz")] if FLAGS.kind == "directions" else []
    for path in (output, *beside) if FLAGS.output else ():
        app.check_output(path)
    if FLAGS.latents and FLAGS.kind != "arithmetic" and not own:
        raise UserError(f"--latents is for --kind=arithmetic. Received: --kind={FLAGS.kind}")
    model, config = app.load_run()
    if len(model.image_shape) != 3 and not plots.shows_points(FLAGS.kind):
        raise UserError(
            f"--kind={FLAGS.kind} shows images. Received: a run on data of shape"
            f" {model.image_shape}. Expected a kind out of"
            f" {list(filter(plots.shows_points, plots.names()))}"
        )
    options = plots.PlotOptions(
        config,
        FLAGS.n,
        FLAGS.columns,
        FLAGS.seed,
        FLAGS.path,
        FLAGS.input,
        FLAGS.latents,
        FLAGS.truncation,
        output=output,
        earliest=lambda: _earliest(FLAGS.workdir),
    )
    drawn = plots.get(FLAGS.kind).plot(model, options)
    if not suffix:
        for name, picture in drawn:
            render.save_png(output / name, picture)
    elif animation:
        loops = getattr(plots.get(FLAGS.kind), "LOOPS", False)
        render.save_animation(output, drawn, frames_per_second=12, hold=not loops)
    else:
        render.save_png(output, drawn)
    print(f"Wrote {output}")


def _earliest(workdir):
    """Returns the model of a run as the first checkpoint that is still there has it."""
    from tf_gan.callbacks import checkpoints
    from tf_gan.runs import build, directory

    first = checkpoints.steps(directory.checkpoint_directory(workdir))[0]
    return build.load(workdir, first)[0]


def run() -> None:
    app.run(sys.modules[__name__], main)


if __name__ == "__main__":
    run()

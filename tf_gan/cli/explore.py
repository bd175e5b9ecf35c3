"""`tf-gan-explore`: a page with the generator inside, which runs in the browser."""

import pathlib
import sys

from absl import flags

from tf_gan import choices
from tf_gan.cli import app
from tf_gan.errors import UserError

FLAGS = flags.FLAGS


def define_flags() -> None:
    flags.DEFINE_string("workdir", None, "Run directory that tf-gan-train left.")
    flags.DEFINE_string(
        "export", None, "Use this ONNX file or SavedModel of tf-gan-export, in place of --workdir."
    )
    app.define_checkpoint()
    app.define_output(
        "File to write, .html. By default explorer.html in the workdir, or beside the export.",
    )
    flags.DEFINE_enum(
        "weights",
        "auto",
        ("auto", *choices.WEIGHTS),
        "How the networks are stored. float16 halves them; auto takes it where pictures move by at"
        " most 1e-4.",
    )
    flags.DEFINE_integer("seed", 0, "Fixes the pictures of the wall.", lower_bound=0)
    flags.DEFINE_string(
        "runtime",
        None,
        "For machines without a network: the file that `npm pack onnxruntime-web@VERSION` writes;"
        " the page The explorer of the documentation says which version. By default npm fetches it"
        " once.",
    )


def main() -> None:
    app.import_tensorflow()
    from tf_gan import explorer

    if (FLAGS.workdir is None) == (FLAGS.export is None):
        raise UserError("Expected --workdir=DIR, or --export=FILE in its place")
    app.check_output()
    if FLAGS.output:
        app.check_output(explorer.files_beside(FLAGS.output))
    if FLAGS.runtime and not pathlib.Path(FLAGS.runtime).is_file():
        raise UserError(f"Expected --runtime to be a file. Received: --runtime={FLAGS.runtime}")
    if FLAGS.export is None:
        subject = explorer.of_run(FLAGS.workdir, FLAGS.checkpoint, FLAGS.standing_batches)
        folder = FLAGS.workdir
    else:
        if FLAGS.checkpoint != "latest" or FLAGS.standing_batches:
            raise UserError(
                "--checkpoint and --standing_batches are for a run: expected --workdir=DIR in place"
                " of --export"
            )
        subject, folder = explorer.of_file(FLAGS.export), pathlib.Path(FLAGS.export).parent
    output = FLAGS.output or pathlib.Path(folder, "explorer.html")
    report, reason = explorer.explore(
        subject, output, seed=FLAGS.seed, weights=FLAGS.weights, tarball=FLAGS.runtime
    )
    print(report)
    if reason:
        print(f"The generator does not run in the page: {reason}")


def run_directory() -> str:
    return FLAGS.workdir or str(pathlib.Path(FLAGS.export or ".").parent)


def run() -> None:
    app.run(sys.modules[__name__], main)


if __name__ == "__main__":
    run()

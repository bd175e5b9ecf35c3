"""`tf-gan-replay`: a page that plays a training on points again, step by step.

The run directory has the frames, if its data are points of one or two numbers. The page
is one file, which opens by a double click. With --live it is a page in which a small GAN
trains, without a run.
"""

import pathlib
import sys

from absl import flags

from tf_gan.cli import app
from tf_gan.errors import UserError
from tf_gan.io import atomic
from tf_gan.replay import template

FLAGS = flags.FLAGS


def define_flags() -> None:
    flags.DEFINE_string("workdir", "", "Run directory that tf-gan-train left.")
    flags.DEFINE_bool("live", False, "Whether to write the page of the live training instead.")
    app.define_output("File to write, .html. By default replay.html in the workdir, or live.html.")


def main() -> None:
    if bool(FLAGS.workdir) == FLAGS.live:
        raise UserError(
            "Expected either --workdir=DIR, the directory of a run, or --live. Received:"
            f" --workdir={FLAGS.workdir!r}, --live={FLAGS.live}"
        )
    default = "live.html" if FLAGS.live else pathlib.Path(FLAGS.workdir, "replay.html")
    output = pathlib.Path(FLAGS.output or default)
    if output.suffix.lower() != ".html":
        raise UserError(f"Expected --output to be an .html file. Received: {output}")
    if FLAGS.output or FLAGS.live:
        app.check_output(output)
    text = template.live() if FLAGS.live else _of_run(FLAGS.workdir)
    atomic.make_parent(output)
    with atomic.atomic_file(output) as temporary:
        temporary.write_text(text)
    print(f"Wrote {output}")


def _of_run(workdir: str) -> str:
    app.import_tensorflow()
    from tf_gan.replay import page

    return page.of_run(workdir)


def run() -> None:
    app.run(sys.modules[__name__], main)


if __name__ == "__main__":
    run()

"""`tf-gan-report`: the page of a run, or of several side by side.

    tf-gan-report --workdir=runs/mnist                  writes runs/mnist/report.html
    tf-gan-report --workdir=runs/mnist --embed          one file, to send
    tf-gan-report --workdir=runs/a runs/b               writes comparison.html here
    tf-gan-report --workdir=runs/mnist --serve          shows it to a browser elsewhere

Training writes the first of these pages by itself. Nothing here needs TensorFlow.
"""

import itertools
import sys

from absl import flags

from tf_gan import reports
from tf_gan.cli import app
from tf_gan.errors import UserError
from tf_gan.reports import server

FLAGS = flags.FLAGS
SWITCHES = ("embed", "noembed", "overwrite", "nooverwrite", "serve", "noserve")


def define_flags() -> None:
    flags.DEFINE_multi_string(
        "workdir",
        None,
        "Run directory that tf-gan-train left; several of them, one after the other, are compared",
        required=True,
    )
    app.define_output(
        "File to write, .html; by default report.html in the run directory, with --embed"
        " report_embedded.html there, and comparison.html here for several runs.",
    )
    flags.DEFINE_bool(
        "embed", False, "Put the pictures into the file, as many as fit into 16 MB of text."
    )
    flags.DEFINE_bool(
        "serve",
        False,
        "Show the page at an address of this machine, 127.0.0.1, until Ctrl-C; for a run on another"
        " machine, with ssh -L PORT:127.0.0.1:PORT HOST.",
    )
    flags.DEFINE_integer(
        "port",
        server.PORT,
        "Port of --serve; 0 takes a free one.",
        lower_bound=0,
        upper_bound=65535,
    )


def expand(argv: list[str]) -> list[str]:
    """Returns the arguments with the directories that follow the first one, as a shell
    makes them of `runs/*`, as flags of their own.
    """
    expanded = argv[:1]
    for before, argument in itertools.pairwise(argv):
        takes_value = before.startswith("-") and "=" not in before and before is not argv[0]
        takes_value = takes_value and before.lstrip("-") not in SWITCHES
        is_directory = not argument.startswith("-") and not takes_value
        expanded.append(f"--workdir={argument}" if is_directory else argument)
    return expanded


def run_directory() -> str:
    """Returns the run directory in which a bug leaves its traceback."""
    return FLAGS.workdir[0]


def main() -> None:
    workdirs = list(dict.fromkeys(FLAGS.workdir))
    if FLAGS.output and not FLAGS.output.lower().endswith(".html"):
        raise UserError(f"Expected --output to end in .html. Received: --output={FLAGS.output}")
    if FLAGS["port"].present and not FLAGS.serve:
        raise UserError(f"--port={FLAGS.port} is for --serve. Expected both or neither")
    if FLAGS.serve:
        if FLAGS.output or FLAGS.embed:
            raise UserError("--serve writes no file. Expected it without --output and --embed")
        server.serve(workdirs, FLAGS.port)
        return
    output = FLAGS.output or (reports.COMPARISON if len(workdirs) > 1 else None)
    app.check_output(output)
    # Training writes the page of a single run again.
    again = len(workdirs) == 1 and not FLAGS.output and not FLAGS.embed
    path = reports.write(workdirs, output, FLAGS.embed, reports.RELOAD if again else 0.0)
    print(f"Wrote {path}. Open it in a browser.")


def run() -> None:
    app.run(sys.modules[__name__], main)


if __name__ == "__main__":
    run()

"""`tf-gan-serve`: an exported model behind REST on this machine.

    tf-gan-export --workdir=runs/digits
    tf-gan-serve --export=runs/digits/export
    python -m tf_gan.serving.client --output=grid.png

The requests are those of TensorFlow Serving, which is for production; this server is for
a laptop and for tests. It listens on 127.0.0.1 only.
"""

import shlex
import sys

from absl import flags

from tf_gan.cli import app

FLAGS = flags.FLAGS


def define_flags() -> None:
    flags.DEFINE_string(
        "export",
        None,
        "SavedModel of tf-gan-export, or a folder of versions, of which the newest is served.",
        required=True,
    )
    flags.DEFINE_integer(
        "port", 8501, "Port; 0 takes a free one.", lower_bound=0, upper_bound=65535
    )
    flags.DEFINE_string("name", "generator", "Name of the model in the addresses.")


def run_directory() -> str:
    """Returns where the traceback of a bug goes."""
    return "."


def main() -> None:
    app.import_tensorflow()
    from tf_gan.export import server

    model = server.ServedModel(FLAGS.export, FLAGS.name)
    with server.start(model, FLAGS.port) as listening:
        address = f"http://127.0.0.1:{listening.server_port}/v1/models/{FLAGS.name}"
        print(f"Serving {model.path} at {address}. Ctrl-C ends.", flush=True)
        for name in sorted(model.signatures):
            inputs = ", ".join(sorted(model.signatures[name].structured_input_signature[1]))
            print(f"  {name}: {inputs}", flush=True)
        if "generate_png" in model.signatures:
            port, command = listening.server_port, "python -m tf_gan.serving.client --n=16"
            if "labels" in model.signatures["generate_png"].structured_input_signature[1]:
                command += " --classes"
            if port != 8501:
                command += f" --server=localhost:{port}"
            if FLAGS.name != "generator":
                command += f" --model={shlex.quote(FLAGS.name)}"
            print(f"Try it:\n  {command}", flush=True)
        try:
            listening.serve_forever()
        except KeyboardInterrupt:
            print()


def run() -> None:
    app.run(sys.modules[__name__], main)


if __name__ == "__main__":
    run()

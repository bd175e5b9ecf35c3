"""Write TFLite files of a trained run, for phones and small machines.

python export/tflite.py --workdir=runs/mnist --quantize=all
"""

import sys

from tf_gan.cli import app, export


def define_flags() -> None:
    export.define_flags("tflite")


if __name__ == "__main__":
    app.run(sys.modules[__name__], export.main)

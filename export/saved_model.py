"""Write the SavedModel of a trained run, for TensorFlow Serving, C++ and Java.

python export/saved_model.py --workdir=runs/mnist
"""

import sys

from tf_gan.cli import app, export


def define_flags() -> None:
    export.define_flags("saved_model")


if __name__ == "__main__":
    app.run(sys.modules[__name__], export.main)

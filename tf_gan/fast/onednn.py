"""oneDNN's kernels, which TensorFlow leaves off on x86 processors without AVX-512's VNNI.

There, too, convolutions are faster with them. TensorFlow reads the setting,
`TF_ENABLE_ONEDNN_OPTS`, once, when it is imported: the commands set it before.
"""

import os
import platform
import sys

from tf_gan import compat
from tf_gan.errors import warn

VARIABLE = "TF_ENABLE_ONEDNN_OPTS"
X86 = ("x86_64", "AMD64")  # Names on Linux and macOS, and on Windows.


def turn_on() -> None:
    """Turns oneDNN on, unless the environment says otherwise or TensorFlow is imported."""
    if "tensorflow" not in sys.modules and platform.machine() in X86:
        os.environ.setdefault(VARIABLE, "1")


def state() -> str:
    """Returns `"on"` or `"off"`."""
    return "on" if compat.has_onednn() else "off"


def warn_if_off() -> None:
    """Warns where oneDNN is off though nobody turned it off."""
    if state() == "off" and platform.machine() in X86 and VARIABLE not in os.environ:
        warn(
            "TensorFlow's oneDNN kernels are off: convolutional networks train up to 1.8 times as"
            f" fast with them. Set {VARIABLE}=1 in the environment before TensorFlow is imported,"
            " or 0 to turn this warning off."
        )

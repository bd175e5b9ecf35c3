"""Where caches are."""

import os
import pathlib


def directory() -> pathlib.Path:
    """Returns the folder of all caches: `$TF_GAN_CACHE`, or `~/.cache/tf_gan`."""
    return pathlib.Path(os.environ.get("TF_GAN_CACHE") or "~/.cache/tf_gan").expanduser()

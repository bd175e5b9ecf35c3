"""Where caches are, and how damaged ones show."""

import lzma
import os
import pathlib
import tokenize
import zipfile
import zlib

# What the readers of archives, of their compression and of array headers raise at
# damage.
UNREADABLE = (
    *(
        OSError,
        ValueError,
        EOFError,
        AttributeError,
        KeyError,
        TypeError,
        SyntaxError,
        NotImplementedError,
        RuntimeError,
        OverflowError,
        MemoryError,
    ),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, tokenize.TokenError),
)


def directory() -> pathlib.Path:
    """Returns the folder of all caches: `$TF_GAN_CACHE`, or `~/.cache/tf_gan`."""
    return pathlib.Path(os.environ.get("TF_GAN_CACHE") or "~/.cache/tf_gan").expanduser()

"""Where caches are, and how what is in them is named."""

import hashlib
import json
import os
import pathlib
import re
from collections.abc import Mapping


def directory() -> pathlib.Path:
    """Returns the folder of all caches: `$TF_GAN_CACHE`, or `~/.cache/tf_gan`."""
    return pathlib.Path(os.environ.get("TF_GAN_CACHE") or "~/.cache/tf_gan").expanduser()


def entry(name: str, protocol: Mapping) -> str:
    """Returns the name of a file or folder in a cache: `<name>-<first 12 digits of the
    SHA-256 of the protocol>`.

    Args:
        name: What is readable of it; only letters, digits and dots stay, the last 80.
        protocol: All that its content depends on, as values that JSON knows.
    """
    digest = hashlib.sha256(json.dumps(protocol, sort_keys=True).encode()).hexdigest()[:12]
    readable = re.sub(r"[^A-Za-z0-9.]+", "_", name).strip("_.")[-80:]
    return f"{readable}-{digest}"

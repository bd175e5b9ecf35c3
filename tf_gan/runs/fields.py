"""Fields of a config by their dotted names, such as `data.image_size`."""

import os
from typing import Any

import ml_collections

from tf_gan import registry
from tf_gan.io import paths

# Networks that a config may have arguments of, in sections of their names.
ROLES = ("generator", "discriminator", "encoder")
# Sections whose fields are arguments of the networks and the model: any names.
OWN_ARGUMENTS = (*(f"networks.{role}" for role in ROLES), "model.arguments")


def make_path_absolute(config: ml_collections.ConfigDict) -> None:
    """Makes `data.path` absolute, also from `~`, so that later commands find it wherever
    they start; the address of a bucket or a site stays.
    """
    path = config.data.path
    if path and not paths.is_address(path) and not registry.is_own(config.data.name):
        with config.unlocked():
            config.data.path = os.path.abspath(os.path.expanduser(path))


def names(config: ml_collections.ConfigDict, prefix: str = "") -> list[str]:
    """Returns the dotted names of the values of a config."""
    found = []
    for key, value in config.items():
        nested = isinstance(value, ml_collections.ConfigDict)
        found += names(value, f"{prefix}{key}.") if nested else [f"{prefix}{key}"]
    return found


def get(config: ml_collections.ConfigDict, name: str):
    """Returns the value of a dotted name, or None; a section as a dict."""
    value: Any = config
    for part in name.split("."):
        value = value.get(part) if isinstance(value, ml_collections.ConfigDict) else None
    return value.to_dict() if isinstance(value, ml_collections.ConfigDict) else value


def listed(text: str) -> list[str]:
    """Returns the names in a text that has commas between them."""
    return [name.strip() for name in text.split(",") if name.strip()]


def put(config: ml_collections.ConfigDict, name: str, value) -> None:
    """Sets the value of a dotted name in an unlocked config."""
    *sections, last = name.split(".")
    for section in sections:
        config = config[section]
    with config.ignore_type():  # `image_size` is a number or a pair.
        config[last] = ml_collections.ConfigDict(value) if isinstance(value, dict) else value

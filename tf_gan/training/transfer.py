"""Weights of one network in another, and layers that are not trained."""

import difflib
import itertools
from typing import NamedTuple

import keras

from tf_gan.errors import UserError, integer


class Taken(NamedTuple):
    """What a network took of another one.

    Args:
        taken: How many of its weights were copied.
        total: How many it has.
        new: Its layers that were left as they were.
    """

    taken: int
    total: int
    new: list[keras.layers.Layer]


def layers_with_weights(network: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Returns the layers of a network that have weights, from the inputs on; of models
    inside it their layers.
    """
    found: list[keras.layers.Layer] = []
    for layer in getattr(network, "layers", [network]):
        if isinstance(layer, keras.Model):
            found += layers_with_weights(layer)
        elif layer.weights:
            found.append(layer)
    return found


def take(network: keras.Model, other: keras.Model) -> Taken:
    """Copies weights of another network, layer by layer where not all shapes are the
    same.

    Layers fit that are of one class, have weights of the same shapes and come in the
    same order. Where the other network has more or fewer of them, the longest row of
    layers that fit counts, then those before and behind it. So networks for larger
    images, which have one more stage, take all other stages.

    Args:
        network: The network that changes.
        other: The network whose weights it takes.

    Raises:
        UserError: if fewer than half of the weights fit; the first layers that differ
            are named. Nothing is copied then.
    """
    total = len(network.weights)
    if _shapes(network) == _shapes(other):
        network.set_weights(other.get_weights())
        return Taken(total, total, [])
    here, there = layers_with_weights(network), layers_with_weights(other)
    kinds_here, kinds_there = ([_describe(layer) for layer in each] for each in (here, there))
    matcher = difflib.SequenceMatcher(None, kinds_here, kinds_there, autojunk=False)
    pairs = [
        (here[block.a + number], there[block.b + number])
        for block in matcher.get_matching_blocks()
        for number in range(block.size)
    ]
    taken = sum(len(layer.weights) for layer, _ in pairs)
    if 2 * taken < total:
        number, (a, b) = next(
            (number, kinds)
            for number, kinds in enumerate(itertools.zip_longest(kinds_there, kinds_here), 1)
            if kinds[0] != kinds[1]
        )
        raise UserError(
            f"{taken} of {total} weights fit. Expected half of them or more. The first difference"
            f" is layer {number} with weights: {a or 'none'} there and {b or 'none'} here"
        )
    for layer, source in pairs:
        layer.set_weights(source.get_weights())
    fitting = {id(layer) for layer, _ in pairs}
    return Taken(taken, total, [layer for layer in here if id(layer) not in fitting])


def freeze(discriminator: keras.Model, count: int) -> None:
    """Holds the layers of D that are nearest to the image; to be called before
    `compile`.

    FreezeD: Mo, Cho and Shin, Freeze the Discriminator: a Simple Baseline for
    Fine-Tuning GANs (2020), https://arxiv.org/abs/2002.10964. BatchNormalization that
    is held keeps its statistics too.

    Args:
        discriminator: D, built.
        count: Number of layers, those without weights not counted, >= 0.

    Raises:
        UserError: if D has fewer.
    """
    layers, count = layers_with_weights(discriminator), integer("count", count, 0)
    if count > len(layers):
        raise UserError(
            f"Expected config.freeze_d to be at most {len(layers)}, the layers of the"
            f" {discriminator.name} that have weights. Received: {count}"
        )
    for layer in layers[:count]:
        layer.trainable = False


def _shapes(network: keras.Model) -> list[tuple]:
    return [tuple(weight.shape) for weight in network.weights]


def _describe(layer: keras.layers.Layer) -> str:
    """Returns the class of a layer and the shapes of its weights."""
    shapes = " ".join(str(tuple(weight.shape)) for weight in layer.weights)
    return f"{type(layer).__name__} {shapes}"

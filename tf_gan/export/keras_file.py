"""Export a network as a `.keras` file, for `keras.saving.load_model`."""

import keras

from tf_gan import compat
from tf_gan.export.calls import Calls, argument, check_difference, picture_model
from tf_gan.export.report import Report, size
from tf_gan.export.targets import ExportTarget
from tf_gan.io.atomic import atomic_output
from tf_gan.layers import GroupedConv2D, ImageConv2D, ImageConv2DTranspose

BOUND = 1e-5  # Largest difference from the live model.
PLAIN = {
    GroupedConv2D: keras.layers.Conv2D,
    ImageConv2D: keras.layers.Conv2D,
    ImageConv2DTranspose: keras.layers.Conv2DTranspose,
}


def export(target: ExportTarget, path, metadata: dict) -> Report:
    """Writes a network as a Keras model; one that enlarges images takes any height and
    width. A program that loads the file must import
    `tf_gan` first if the network has layers of this library.

    Args:
        target: What to export.
        path: File to write, `.keras`.
        metadata: Not used: the file holds no model card.

    Returns:
        The path, the size and the difference from the live model.

    Raises:
        ValueError: if the file is there already, cannot be written, or does not have
            the values of the live model.
    """
    calls = Calls.of(target)
    with atomic_output(path) as temporary:
        picture_model(target, plain(target.network), free=True).save(temporary)
        loaded = keras.saving.load_model(temporary, compile=False)
        difference = calls.difference(loaded.predict(argument(calls.inputs), verbose=0))
        check_difference(difference, BOUND)
        row = {
            "format": "keras",
            "size": size(temporary),
            "difference from the live model": f"{difference:.1e}",
        }
    return Report([path], [row])


def plain(network: keras.Model) -> keras.Model:
    """Replaces the layers that only train faster by Keras' own layers.

    Args:
        network: Any Keras model.

    Returns:
        A copy with the same weights; the network itself if it has no such layers or is
            subclassed.
    """
    has_fast_layers = any(type(layer) in PLAIN for layer in compat.flatten_layers(network))
    if not has_fast_layers or not (compat.is_functional(network) or compat.is_sequential(network)):
        return network
    copy = keras.models.clone_model(
        network,
        clone_function=lambda layer: PLAIN.get(type(layer), type(layer)).from_config(
            layer.get_config()
        ),
        recursive=True,
    )
    copy.set_weights(network.get_weights())
    return copy

"""The generator as a `.keras` file: latents to images in [0, 1], for
`keras.saving.load_model`.
"""

import keras

from tf_gan import compat
from tf_gan.export import files
from tf_gan.export.report import Report, size
from tf_gan.export.sampling import Sampling, argument, picture_model
from tf_gan.layers import ImageConv2D, ImageConv2DTranspose

BOUND = 1e-5  # Largest difference from the live model.
PLAIN = {ImageConv2D: keras.layers.Conv2D, ImageConv2DTranspose: keras.layers.Conv2DTranspose}


def export(model, path, metadata: dict) -> Report:
    """Writes the generator as a Keras model. A program that loads it imports `tf_gan`
    first if it has layers of this library.

    Args:
        model: The model.
        path: File to write, `.keras`.
        metadata: Not used: the file holds no model card.

    Raises:
        ValueError: if the file is there already, cannot be written, or does not give
            the live model's values.
    """
    sampling = Sampling.of(model, 64)
    with files.atomic_output(path) as temporary:
        picture_model(model, plain(model.sampler)).save(temporary)
        loaded = keras.saving.load_model(temporary, compile=False)
        difference = sampling.difference(loaded.predict(argument(sampling.inputs), verbose=0))
        files.check_difference(difference, BOUND)
        row = {
            "format": "keras",
            "size": size(temporary),
            "difference from the live model": f"{difference:.1e}",
        }
    return Report([path], [row])


def plain(network: keras.Model) -> keras.Model:
    """Returns a copy with Keras' own layers in place of those that only train faster; a
    network of other layers, or a subclassed one, as it is.
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

"""Export models with styles: the mapping and the synthesis, together and each alone."""

from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data.ranges import to_unit
from tf_gan.export.latents import LatentTarget
from tf_gan.export.signatures import (
    Signature,
    checked,
    checked_array,
    checked_labels,
)
from tf_gan.export.targets import ExportTarget, export_targets
from tf_gan.models.styles import Styles


class MappingTarget(ExportTarget):
    """The mapping alone: `model.export(path, network="mapping")`.

    From latents, labels if the model has classes, and `truncation_psi`, a number for
    each, to styles `(batch, layers, style_dim)`, w' = mean + psi (w - mean).

    Args:
        model: A model with styles.
    """

    output = "styles"

    def __init__(self, model):
        super().__init__(model)
        self.network = mapping_network(model)
        self.data_range = None  # Of styles.

    def inputs(self, n, seed):
        """Truncations fall from 1 to 0.5."""
        latents, labels = self.model.sample_inputs(n, seed)
        inputs = {"latents": latents.numpy()}
        if labels is not None:
            inputs["labels"] = labels.numpy()
        return inputs | {"truncation_psi": np.linspace(1.0, 0.5, n, dtype=np.float32)}

    def signatures(self, max_batch, jit_compile):
        model, network = self.model, self.in_graph(jit_compile)

        def serve(latents, truncation_psi, labels=None):
            latents = checked_array(latents, [model.latent_dim], "latents")
            count = [tf.shape(latents)[0]]
            truncation_psi = checked(
                truncation_psi,
                "truncation_psi",
                "expected a number for each of the latents, such as 0.7",
                tf.reduce_all(tf.math.is_finite(truncation_psi))
                & tf.reduce_all(tf.equal(tf.shape(truncation_psi), count)),
            )
            inputs = [latents, truncation_psi]
            if labels is not None:
                inputs.insert(1, checked_labels(labels, model.num_classes, count))
            return {"styles": network(*inputs)}

        def live(latents, truncation_psi, labels=None):
            w = model.styles_of(latents, labels)
            mean = model.mean_style
            w = mean + np.asarray(truncation_psi)[:, None] * (w - mean)
            return {"styles": np.repeat(w[:, None], model.style_layers, axis=1).astype(np.float32)}

        example = self.inputs(min(8, max_batch), 0)
        specs = {
            name: tf.TensorSpec([None, *values.shape[1:]], values.dtype)
            for name, values in example.items()
        }
        text = "The styles of latents, moved to their mean: mean + truncation_psi (w - mean)."
        return {"serving_default": Signature(serve, specs, example, live, text)}

    def model_card(self):
        return _card(super().model_card(), "mapping", self.network, images=False)


class SynthesisTarget(ExportTarget):
    """The synthesis alone: `model.export(path, network="synthesis")`, from styles `(batch,
    layers, style_dim)` to images.

    Args:
        model: A model with styles.
    """

    def __init__(self, model):
        super().__init__(model)
        self.network = model.sampler.get_layer("synthesis")

    def inputs(self, n, seed):
        """Of each image the first half of the layers takes one w, the others that of the
        next image.
        """
        latents, labels = self.model.sample_inputs(n, seed)
        w = self.model.styles_of(latents, labels)
        styles = np.repeat(w[:, None], self.model.style_layers, axis=1)
        half = self.model.style_layers // 2
        styles[:, half:] = np.roll(w, 1, axis=0)[:, None]
        return {"styles": styles}

    def signatures(self, max_batch, jit_compile):
        model, network = self.model, self.in_graph(jit_compile)

        def serve(styles):
            styles = checked_array(styles, model.style_shape, "styles")
            return {"images": to_unit(network(styles), model.data_range)}

        def live(styles):
            return {"images": to_unit(model.images_from_styles(styles), model.data_range)}

        example = self.inputs(min(8, max_batch), 0)
        specs = {"styles": tf.TensorSpec([None, *model.style_shape], tf.float32)}
        signature = Signature(serve, specs, example, live, "The images of styles.")
        return {"serving_default": signature}

    def model_card(self):
        return _card(super().model_card(), "synthesis", self.network)


class StyleTarget(LatentTarget):
    """A generator with styles; its SavedModel has the signatures `mapping` and
    `synthesis` as well.

    Args:
        model: A model with styles, such as `tf_gan.StyleGAN2`.
    """

    beside: ClassVar = {"mapping": MappingTarget, "synthesis": SynthesisTarget}


@export_targets.register
def _(model: Styles):
    return {"generator": StyleTarget, "mapping": MappingTarget, "synthesis": SynthesisTarget}


def mapping_network(model) -> keras.Model:
    """Returns the mapping with truncation as a functional Keras model, from latents,
    labels if there are classes, and `truncation_psi` `(B,)` to styles.
    """
    mapping = model.sampler.get_layer("mapping")
    inputs = [keras.Input((model.latent_dim,), name="latents")]
    if model.num_classes:
        inputs.append(keras.Input((), dtype="int32", name="labels"))
    psi = keras.Input((), name="truncation_psi")
    w = mapping(inputs if len(inputs) > 1 else inputs[0], training=False)
    truncated = Truncation(model.mean_style.tolist(), name="truncation")([w, psi])
    styles = keras.layers.RepeatVector(model.style_layers, name="styles")(truncated)
    return keras.Model([*inputs, psi], styles, name="mapping")


@keras.saving.register_keras_serializable("tf_gan")
class Truncation(keras.layers.Layer):
    """w' = mean + psi (w - mean).

    Args:
        mean: The numbers of the mean.
        **kwargs: Arguments of every Keras layer, such as `name`; it computes in float32
            whatever `dtype` is.

    Input: `[w, psi]`, `(B, n)` and `(B,)`. Output: `(B, n)`.
    """

    def __init__(self, mean: list[float], **kwargs):
        super().__init__(dtype="float32", **{k: v for k, v in kwargs.items() if k != "dtype"})
        self.mean = mean

    def call(self, inputs):
        w, psi = inputs
        mean = tf.constant(self.mean, tf.float32)
        return mean + psi[:, None] * (w - mean)

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return super().get_config() | {"mean": self.mean}


def _card(card: dict, name: str, network: keras.Model, images: bool = True) -> dict:
    """Returns the model card of a half of the generator."""
    card["model"] |= {
        "name": f"{name} of a {card['model']['name']}",
        "parameters": network.count_params(),
    }
    if not images:
        card["images"]["text"] = "none: styles, from which the synthesis makes images"
    return card

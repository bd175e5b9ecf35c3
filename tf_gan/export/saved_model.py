"""Export a SavedModel in the layout of TensorFlow Serving: `BASE/<version>/`."""

import pathlib
import tempfile

import tensorflow as tf

from tf_gan.errors import integer
from tf_gan.export import proof, warmup
from tf_gan.export.model_card import model_card
from tf_gan.export.report import Report, size
from tf_gan.export.signatures import variables_of
from tf_gan.export.targets import ExportTarget
from tf_gan.io.atomic import atomic_output, next_version


def export(
    target: ExportTarget,
    path,
    metadata: dict,
    *,
    max_batch: int = 64,
    jit_compile: bool = False,
) -> Report:
    """Writes a SavedModel that needs neither this library nor Keras, with the
    signatures of the target.

    `assets` holds `model_card.json`, `assets.extra` warm-up requests for TensorFlow
    Serving.

    Args:
        target: What to export.
        path: A base directory, which gets the next free version, or a version of one,
            such as `"exported/1"`.
        metadata: Entries of the model card beside those of the model.
        max_batch: The most images that one request may ask for, >= 1. Latents may come
            in larger batches.
        jit_compile: Whether XLA compiles the networks inside, once for each batch size.
            The official image of TensorFlow Serving has no XLA.

    Returns:
        The path and, for each signature and loader, the difference from the live model.

    Raises:
        ValueError: if the version is there already, cannot be written, or does not have
            the values of the live model.
    """
    max_batch = integer("max_batch", max_batch)
    path = pathlib.Path(path)
    if not path.name.isdecimal():
        path = path / str(next_version(path))
    with atomic_output(path) as temporary:
        signatures = target.signatures(max_batch, jit_compile)
        graphs = {name: signature.graph() for name, signature in signatures.items()}
        module = tf.Module()
        # The loader of TensorFlow 1 restores TensorFlow's variables, not those that
        # Keras wraps around them.
        module.captured = list(
            {
                id(variable): variable
                for graph in graphs.values()
                for variable in variables_of(graph)
            }.values()
        )
        with tempfile.TemporaryDirectory() as folder:
            card = pathlib.Path(folder, "model_card.json")
            card.write_text(model_card(target, metadata, signatures))
            module.model_card = tf.saved_model.Asset(str(card))
            tf.saved_model.save(module, str(temporary), signatures=graphs)
        warmup.write(temporary / "assets.extra" / warmup.FILE, signatures)
        rows = proof.verify(temporary, signatures)
        measured = size(temporary)
    rows = [
        {
            "signature": row["signature"],
            "loaded by": row["loader"],
            "difference from the live model": f"{row['difference']:.1e}",
            "load": f"{row['seconds']:.2f} s",
            "size": measured,
        }
        for row in rows
    ]
    return Report([path], rows)

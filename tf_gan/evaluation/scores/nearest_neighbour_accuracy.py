"""Accuracy of the nearest neighbour by the features before an encoder's output, by its
latents and by pixels; errors of reconstructions.

The protocol of Donahue et al., Adversarial Feature Learning (2016),
https://arxiv.org/abs/1605.09782: a test image gets the label of the training image with
the smallest Euclidean distance. Errors are mean Euclidean distances to test images, in
pixels in [0, 1]: of their reconstructions; of the reconstructions of other images,
which is the baseline in the authors' code; of the nearest training images.
"""

import keras
import numpy as np

from tf_gan.data.ranges import to_unit
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples, Score
from tf_gan.evaluation.reference import labelled
from tf_gan.metrics.neighbours import nearest_neighbour_accuracy, nearest_neighbours

USES_MODEL = True


def score(samples: Samples, reference: Reference) -> list[Score]:
    model = samples.model
    if not hasattr(model, "encode"):
        raise UserError(
            f"A {type(model).__name__} has no encoder: expected a run of a model with one, such as"
            " config.model.name='bigan'"
        )
    test, test_labels = labelled(reference.need("test"))
    train, train_labels = labelled(reference.train_in_memory)
    network = features(model.encoder)
    images = [examples.arrays() for examples in (train, test)]
    scores = []
    which = f"{len(test):,} images of {test.name}, nearest of {len(train):,} training images"
    for name, function, text in (
        (
            "features",
            lambda x: network.predict(x, batch_size=256, verbose=0),
            "the layer before the encoder's output",
        ),
        ("latents", model.encode, "the encoder's output"),
    ):
        training, queries = map(function, images)
        accuracy = nearest_neighbour_accuracy(training, train_labels, queries, test_labels)
        scores.append(
            Score(f"nn_accuracy_{name}", accuracy, f"{which} by {text}, {training[0].size} numbers")
        )
    pixels = [
        to_unit(each, examples.value_range)
        for each, examples in zip(images, (train, test), strict=True)
    ]
    found = nearest_neighbours(pixels[1], pixels[0])
    scores.append(
        Score(
            "nn_accuracy_pixels",
            float(np.mean(train_labels[found.index] == test_labels)),
            f"{which} by pixels",
        )
    )
    made = to_unit(model.reconstruct(images[1]), model.data_range)
    for name, others, text in (
        ("reconstruction_error", made, "their reconstructions"),
        ("other_reconstruction_error", np.roll(made, 1, axis=0), "reconstructions of other images"),
    ):
        distances = np.linalg.norm((others - pixels[1]).reshape(len(test), -1), axis=1)
        scores.append(
            Score(
                name,
                float(distances.mean()),
                f"mean distance of {len(test):,} images of {test.name} to {text}",
            )
        )
    protocol = (
        f"mean distance of {len(test):,} images of {test.name} to the nearest of {len(train):,}"
        " training images"
    )
    return [*scores, Score("nearest_image_error", float(found.distance.mean()), protocol)]


def features(encoder: keras.Model) -> keras.Model:
    """Returns the part of a functional encoder that ends before the layer of its (first)
    output.

    Raises:
        UserError: if no layer of it makes that output.
    """
    is_functional = getattr(encoder, "outputs", None)  # Not a subclass of keras.Model.
    for layer in reversed(encoder.layers) if is_functional else ():
        if any(output is encoder.outputs[0] for output in keras.tree.flatten(layer.output)):
            return keras.Model(encoder.inputs[0], keras.tree.flatten(layer.input)[0])
    raise UserError("Expected a functional encoder, whose last layer makes its output")

"""A small classifier of grey or colour images, trained once and cached, for metrics on
images that are not photographs.

Inception was trained on photographs; for digits and clothes the network here takes its
place, as LeNet did in Binkowski et al., Demystifying MMD GANs (2018),
https://arxiv.org/abs/1801.01401. Values on its features are comparable with one another
and with nothing else, and are named so: `fid_mnist_classifier`, never FID.

Of MNIST's 10,000 test images the one for MNIST is right for 99.13%, after five epochs
that took 130 s of CPU time, loading included, on an x86-64 CPU with AVX-512 (two
cores); of 360 held-out digits of scikit-learn the one for them is right for 99.17%. On
another kind of processor the last digits may differ.
"""

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tf_gan.data import Examples, catalog, digits, to_uint8
from tf_gan.errors import UserError
from tf_gan.features import cache
from tf_gan.features.extractor import FeatureExtractor, check_name

# What the weights depend on beside the data. Whoever changes the code in a way that
# changes them also changes the version.
RECIPE: dict[str, Any] = {
    "version": 1,
    "units": 128,
    "dropout": 0.5,
    "batch_size": 128,
    "learning_rate": 2e-3,
    "epochs": 5,
    "least_steps": 500,
    "seed": 0,
}


CLASSIFIERS = ("digits", "fashion_mnist", "mnist")


def classifier(name: str) -> FeatureExtractor:
    """Returns the classifier of a known data set, trained at the first call and read
    from the cache afterwards.

    Args:
        name: `"mnist"` or `"fashion_mnist"`: trained on the training part, its accuracy
            measured on the test part. `"digits"`: trained on four fifths of
            scikit-learn's digits, its accuracy measured on every fifth one.

    Returns:
        Extractor named `<name>_classifier` with 128 features and 10 probabilities; the
        accuracy stands in its protocol.

    Raises:
        ValueError: for another name, or if the data cannot be loaded.
    """
    if name not in CLASSIFIERS:
        raise UserError(
            f"Expected a classifier of one of {list(CLASSIFIERS)}. Received: {name!r}. For other"
            " images see `train_classifier`."
        )
    return _cached(
        name,
        {"recipe": RECIPE, "data": name},
        _digits if name == "digits" else lambda: _parts(name),
    )


def train_classifier(train: Examples, test: Examples, name: str) -> FeatureExtractor:
    """Returns a classifier of any labelled images, trained at the first call with
    the same images and read from the cache afterwards.

    Args:
        train: Images `(N, H, W, C)` with labels 0..classes-1.
        test: Images of the same shape and labels that are not in `train`, for the
            accuracy.
        name: Short name of the data, letters, digits and underscores.

    Returns:
        Extractor named `<name>_classifier` with 128 features and a probability for each class;
        the accuracy stands in its protocol.

    Raises:
        ValueError: for images without labels, labels that are not such numbers, sets that
            do not fit each other, or another name.
    """
    check_name(name)
    for argument, examples in (("train", train), ("test", test)):
        if examples.labels is None or examples.labels.min(initial=0) < 0:
            raise UserError(
                f"Expected labels 0, 1, 2, ... in `{argument}`. Received: {examples.name}, labels"
                f" {examples.labels}"
            )
        if len(examples.shape) != 4 or len(examples) == 0:
            raise UserError(
                f"Expected images of shape (N, H, W, C) in `{argument}`. Received: shape"
                f" {examples.shape}"
            )
    if (
        train.image_shape != test.image_shape
        or test.labels.max() > train.labels.max()
        or train.labels.max() < 1
    ):
        raise UserError(
            "Expected train and test images of one shape, with labels of the same classes, at"
            f" least 2. Received: shapes {train.image_shape} and {test.image_shape}, labels up to"
            f" {train.labels.max()} and {test.labels.max()}"
        )
    return _cached(
        name,
        {
            "recipe": RECIPE,
            "data": name,
            "train": cache.checksum(train),
            "test": cache.checksum(test),
        },
        lambda: (train, test),
    )


def build_classifier(image_shape: tuple[int, ...], classes: int) -> keras.Model:
    """Image -> blocks of a 3x3 convolution, ReLU and pooling by 2, down to 8x8 or less
    and at least two -> 128 features -> logits.

    Args:
        image_shape: `(height, width, channels)` of one image.
        classes: Number of classes.

    Returns:
        Model from float images in [0, 1], `(B, H, W, C)`, to features `(B, 128)`, not
        negative, and logits `(B, classes)`.
    """
    # Seeds of its own: building it leaves the global generators alone.
    seeds = iter(range(RECIPE["seed"], 100))

    def initial(kind):
        return {"kernel_initializer": kind(seed=next(seeds)), "dtype": "float32"}

    images = x = keras.Input(image_shape)
    for block in range(max(2, int(np.ceil(np.log2(max(image_shape[:2]) / 8))))):
        x = keras.layers.Conv2D(
            min(32 << block, 128),
            3,
            padding="same",
            activation="relu",
            **initial(keras.initializers.HeNormal),
        )(x)
        x = keras.layers.MaxPooling2D(2, padding="same", dtype="float32")(x)
    x = keras.layers.Flatten(dtype="float32")(x)
    features = keras.layers.Dense(
        RECIPE["units"], activation="relu", **initial(keras.initializers.HeNormal)
    )(x)
    x = keras.layers.Dropout(RECIPE["dropout"], seed=next(seeds), dtype="float32")(features)
    return keras.Model(
        images,
        [features, keras.layers.Dense(classes, **initial(keras.initializers.GlorotUniform))(x)],
        name="classifier",
    )


def _cached(
    name: str, protocol: dict, load: Callable[[], tuple[Examples, Examples]]
) -> FeatureExtractor:
    arrays = cache.cached(
        "classifiers", f"{name}_classifier", protocol, lambda: _train(name, *load())
    )
    network = build_classifier(tuple(map(int, arrays["image_shape"])), int(arrays["classes"]))
    network.set_weights([arrays[f"weights_{number}"] for number in range(len(network.weights))])
    features, logits = network.outputs
    return FeatureExtractor(
        keras.Model(network.inputs[0], [features, keras.layers.Softmax(dtype="float32")(logits)]),
        f"{name}_classifier",
        value_range=(0, 1),
        details={
            "test_accuracy": float(arrays["accuracy"]),
            "test_images": int(arrays["test_images"]),
        },
    )


def _train(name: str, train: Examples, test: Examples) -> dict[str, np.ndarray]:
    began = time.perf_counter()
    classes = int(train.labels.max()) + 1
    print(
        f"Training a classifier of {name} on {len(train):,} images; it is kept for the next time.",
        flush=True,
    )
    train, test = as_bytes(train), as_bytes(test)
    network = build_classifier(train.image_shape, classes)
    batch_size = min(RECIPE["batch_size"], len(train))
    steps = max(RECIPE["epochs"] * (len(train) // batch_size), RECIPE["least_steps"])
    model = keras.Model(network.inputs[0], network.outputs[1])
    model.compile(
        keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(RECIPE["learning_rate"], steps)
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,  # XLA's convolutions are the slower ones on a CPU.
    )
    model.fit(
        train.batches(batch_size, seed=RECIPE["seed"]),
        steps_per_epoch=steps,
        epochs=1,
        shuffle=False,
        verbose=0,
    )
    found = np.concatenate(
        [
            model(test[start : start + 500].arrays(), training=False).numpy().argmax(1)
            for start in range(0, len(test), 500)
        ]
    )
    accuracy = float(np.mean(found == test.labels))
    print(
        f"The classifier of {name} is right for {accuracy:.2%} of {len(test):,} test images"
        f" ({time.perf_counter() - began:.0f} s).",
        flush=True,
    )
    weights = {f"weights_{number}": value for number, value in enumerate(network.get_weights())}
    facts = {
        "accuracy": accuracy,
        "test_images": len(test),
        "image_shape": train.image_shape,
        "classes": classes,
    }
    return weights | {key: np.array(value) for key, value in facts.items()}


def as_bytes(examples: Examples) -> Examples:
    """Returns images as an extractor will see them: bytes, scaled to [0, 1]."""
    images = examples.whole()
    if images.dtype != np.uint8:
        images = to_uint8(images, examples.value_range)
    return Examples(images, examples.labels, (0.0, 1.0), name=examples.name)


def _digits() -> tuple[Examples, Examples]:
    examples = digits()
    numbers = np.arange(len(examples))
    return examples[numbers % 5 > 0], examples[numbers % 5 == 0]


def _parts(name: str) -> tuple[Examples, Examples]:
    return catalog(name, "train"), catalog(name, "test")

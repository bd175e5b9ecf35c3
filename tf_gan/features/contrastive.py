"""A small network that is trained on the pictures of a run themselves, without labels,
for metrics where neither Inception nor a classifier of labels can be had.

It learns to tell each picture apart from all others by any part of it: two crops of one
picture get features of one direction, crops of different pictures of others. The loss
is that of Chen et al., A Simple Framework for Contrastive Learning (2020),
https://arxiv.org/abs/2002.05709.

Crops differ in place, size, brightness and contrast, and may be mirrored. They are
never blurred and get no noise, so that the features tell sharp pictures from such.

Values on its features are comparable between runs on the same training pictures, and
with nothing else.
"""

import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data import Examples
from tf_gan.errors import UserError
from tf_gan.features import cache
from tf_gan.features.classifier import as_bytes
from tf_gan.features.crops import random_crops
from tf_gan.features.extractor import FeatureExtractor
from tf_gan.metrics import nearest_neighbours
from tf_gan.training.rng import Stream

# What the weights depend on beside the pictures. Whoever changes the code in a way that
# changes them also changes the version.
RECIPE: dict[str, Any] = {
    "version": 1,
    "largest": 64,
    "units": 128,
    "projection": 64,
    "temperature": 0.2,
    "crops": {"least_area": 0.5, "stretch": 0.2, "contrast": 0.4, "brightness": 0.2},
    "batch_size": 128,
    "learning_rate": 2e-3,
    "steps": 200,
    "seed": 0,
}
MOST = 10_000  # Pictures that it sees: those of a larger set in equal steps.
RETRIEVED = 1000  # Pictures among which one is to be found again, at most.
RETRIEVAL = -1  # Folded into the seed for their crops; steps are >= 0.


def train_contrastive(train: Examples, held_out: Examples | None = None) -> FeatureExtractor:
    """Returns a network trained on pictures without their labels; trained at the first
    call with the same pictures and read from the cache afterwards.

    Its quality is the share of held-out pictures of which a crop lies, by the features,
    nearest to another crop of the same picture, among the crops of all of them. It
    stands in the protocol as `retrieval`; by chance it is 1/n.

    Args:
        train: Pictures of shape `(N, H, W, C)`, N >= 2.
        held_out: Pictures of the same shape that are not in `train`, for the quality;
            None measures it on those of `train`.

    Returns:
        Extractor named `contrastive` with 128 features, not negative.

    Raises:
        ValueError: for other shapes, fewer pictures, or pictures without bounds.
    """
    judged = train if held_out is None else held_out
    for argument, examples in (("train", train), ("held_out", judged)):
        if len(examples.shape) != 4 or examples.value_range is None:
            raise UserError(
                f"Expected pictures of shape (N, H, W, C) with a range in `{argument}`. Received:"
                f" {examples!r}"
            )
    if len(train) < 2 or not len(judged) or train.image_shape != judged.image_shape:
        raise UserError(
            "Expected at least 2 training pictures, and held-out ones of their shape. Received:"
            f" shapes {train.shape} and {judged.shape}"
        )
    count = f"the {len(train):,}"
    if len(train) > MOST:
        count = f"{MOST:,} of {count}"
        train = train.spread(MOST)
    judged = (train if held_out is None else judged).spread(RETRIEVED)
    seen, unseen = _pictures(train), _pictures(judged)
    protocol = {
        "recipe": RECIPE,
        "train": cache.checksum(seen),
        "judged": cache.checksum(unseen),
    }
    arrays = cache.cached(
        "contrastive", "contrastive", protocol, lambda: _train(seen, unseen, train.name)
    )
    core = build_contrastive(tuple(map(int, arrays["image_shape"])))
    core.set_weights([arrays[f"weights_{number}"] for number in range(len(core.weights))])
    images = keras.Input(train.image_shape)
    features, _ = core(_smaller(images))
    where = "training" if held_out is None else "held-out"
    return FeatureExtractor(
        keras.Model(images, features),
        "contrastive",
        value_range=(0, 1),
        details={
            "trained on": f"{count} training images without labels",
            "seed": str(RECIPE["seed"]),
            f"retrieval among {len(judged):,} {where} images": float(arrays["retrieval"]),
            "compare": "only values of the same weights",
        },
    )


def build_contrastive(image_shape: tuple[int, ...]) -> keras.Model:
    """Picture -> blocks of a 3x3 convolution of stride 2, batch normalisation and ReLU,
    down to 4x4 or less and at least two -> 128 features -> 64 numbers for the loss.

    Args:
        image_shape: `(height, width, channels)` of one picture.

    Returns:
        Model from float images in [0, 1], `(B, H, W, C)`, to features `(B, 128)`, not
        negative, and projections `(B, 64)`.
    """
    # Seeds of its own: building it leaves the global generators alone.
    seeds = iter(range(RECIPE["seed"], RECIPE["seed"] + 100))

    def initial():
        return {
            "kernel_initializer": keras.initializers.HeNormal(seed=next(seeds)),
            "dtype": "float32",
        }

    def normalized(x):
        x = keras.layers.BatchNormalization(momentum=0.9, dtype="float32")(x)
        return keras.layers.ReLU(dtype="float32")(x)

    images = x = keras.Input(image_shape)
    for block in range(max(2, int(np.ceil(np.log2(max(image_shape[:2]) / 4))))):
        convolution = keras.layers.Conv2D(
            min(32 << block, 128), 3, strides=2, padding="same", use_bias=False, **initial()
        )
        x = normalized(convolution(x))
    x = keras.layers.Flatten(dtype="float32")(x)
    features = normalized(keras.layers.Dense(RECIPE["units"], use_bias=False, **initial())(x))
    projections = keras.layers.Dense(RECIPE["projection"], **initial())(features)
    return keras.Model(images, [features, projections], name="contrastive")


def contrastive_loss(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    """Returns the normalised temperature-scaled cross entropy, NT-Xent.

    Mean over all 2B rows i of -log(exp(s(i, j) / t) / sum_{k != i} exp(s(i, k) / t)),
    where s is the cosine of the angle between two rows, j the other crop of the picture
    of i, and t the temperature.

    Args:
        first: Projections of a crop of each picture, `(B, d)`.
        second: Projections of another crop of each, `(B, d)`.

    Returns:
        Scalar, >= 0.
    """
    rows = tf.math.l2_normalize(tf.concat([first, second], axis=0), axis=1)
    count = tf.shape(first)[0]
    logits = tf.matmul(rows, rows, transpose_b=True) / RECIPE["temperature"]
    logits -= 1e9 * tf.eye(2 * count)
    others = tf.concat([tf.range(count, 2 * count), tf.range(count)], axis=0)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(others, logits))


def _pictures(examples: Examples) -> Examples:
    """Returns pictures as bytes, without labels."""
    return Examples(as_bytes(examples).images, None, (0.0, 1.0))


def _smaller(images):
    """Returns images of at most `RECIPE["largest"]` pixels a side: means of squares."""
    factor = -(-max(images.shape[1:3]) // RECIPE["largest"])
    if factor == 1:
        return images
    return keras.layers.AveragePooling2D(factor, padding="same", dtype="float32")(images)


def _small(pictures: Examples) -> Examples:
    parts = [
        np.asarray(_smaller(np.asarray(pictures.images[start : start + 256], np.float32)))
        for start in range(0, len(pictures), 256)
    ]
    return Examples(np.rint(np.concatenate(parts)).astype(np.uint8), None, (0.0, 1.0))


def _train(train: Examples, judged: Examples, name: str) -> dict[str, np.ndarray]:
    began = time.perf_counter()
    print(
        f"Training a network on {len(train):,} images of {name}, without labels, to compare"
        " features; it is kept for the next time.",
        flush=True,
    )
    train, judged = _small(train), _small(judged)
    network = build_contrastive(train.image_shape)
    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(RECIPE["learning_rate"], RECIPE["steps"])
    )
    optimizer.build(network.trainable_variables)

    @tf.function(jit_compile=False)  # XLA's convolutions are the slower ones on a CPU.
    def step(number, images):
        random = Stream(RECIPE["seed"], number)
        with tf.GradientTape() as tape:
            views = tf.concat(_two_crops(images, random), axis=0)
            _, projections = network(views, training=True)
            loss = contrastive_loss(*tf.split(projections, 2))
        variables = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    batch_size = min(RECIPE["batch_size"], len(train))
    batches = train.batches(batch_size, seed=RECIPE["seed"]).take(RECIPE["steps"])
    for number, images in enumerate(batches):
        step(tf.constant(number), tf.ensure_shape(images, [batch_size, *train.image_shape]))
    share = retrieval(network, judged.arrays())
    print(
        f"By its features a crop of {share:.1%} of {len(judged):,} images lies nearest to another"
        f" crop of the same image, among all of them ({time.perf_counter() - began:.0f} s).",
        flush=True,
    )
    weights = {f"weights_{number}": value for number, value in enumerate(network.get_weights())}
    facts = {"retrieval": share, "image_shape": train.image_shape}
    return weights | {key: np.array(value) for key, value in facts.items()}


def retrieval(network: keras.Model, images: np.ndarray) -> float:
    """Returns the share of pictures of which a crop is found by another crop.

    Args:
        network: Its first output are features.
        images: Pictures in [0, 1], `(N, H, W, C)`.
    """
    first, second = (
        network.predict(crops, batch_size=256, verbose=0)[0]
        for crops in _two_crops(tf.constant(images), Stream(RECIPE["seed"], RETRIEVAL))
    )
    return float(np.mean(nearest_neighbours(first, second).index == np.arange(len(images))))


def _two_crops(images: tf.Tensor, random: Stream) -> list[tf.Tensor]:
    return [random_crops(images, random.fold(each), **RECIPE["crops"]) for each in (0, 1)]

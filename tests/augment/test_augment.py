"""What every augmentation does, whatever it changes."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan import augment
from tf_gan.augment import ADA, DiffAugment, Function
from tf_gan.errors import UserError
from tf_gan.training.rng import Stream

STREAM = Stream(1, 2)


@keras.saving.register_keras_serializable("test_augment")
def invert(images, random):
    signs = tf.sign(random.uniform([tf.shape(images)[0], 1, 1, 1], -1.0, 1.0))
    return images * tf.cast(signs, images.dtype)


AUGMENTATIONS = {
    **{name: DiffAugment(name) for name in ("flip", "color", "translation", "cutout")},
    "blit": ADA(groups=["blit"]),
    "ada": ADA(groups=["blit", "geometric", "color", "cutout"], multipliers={"color": 0.5}),
    "function": Function(invert),
}
every = pytest.mark.parametrize("augmentation", AUGMENTATIONS.values(), ids=AUGMENTATIONS)


def images_of(channels=3, batch=6, dtype="float32"):
    values = np.random.default_rng(0).uniform(-1, 1, [batch, 8, 6, channels])
    return tf.constant(values, dtype)


@every
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_at_p_0_images_come_back_to_the_bit(augmentation, dtype):
    images = images_of(dtype=dtype)
    for p in (0, 0.0, tf.constant(0.0), tf.Variable(0.0), keras.Variable(0.0)):
        result = augmentation(images, STREAM, p=p, value_range=(0, 1))
        assert result.dtype == images.dtype
        assert result.numpy().tobytes() == images.numpy().tobytes()


@every
@pytest.mark.slow
def test_xla_does_the_same(augmentation):
    images = images_of()

    @tf.function(jit_compile=True)
    def compiled(p):
        return augmentation(images, STREAM, p=p)

    assert compiled(tf.constant(0.0)).numpy().tobytes() == images.numpy().tobytes()
    for p in (0.5, 1.0):
        expected = augmentation(images, STREAM, p=p)
        np.testing.assert_allclose(compiled(tf.constant(p)), expected, atol=5e-5)
    assert np.any(expected != images)


@every
def test_a_tensor_and_a_number_for_p_do_the_same(augmentation):
    images = images_of()
    number = augmentation(images, STREAM, p=1.0)
    np.testing.assert_allclose(augmentation(images, STREAM, p=tf.constant(1.0)), number, atol=1e-6)
    np.testing.assert_array_equal(augmentation(images, STREAM, p=tf.constant(7.0)), number)


@every
def test_the_stream_decides(augmentation):
    images = images_of()
    first = augmentation(images, STREAM)
    np.testing.assert_array_equal(first, augmentation(images, STREAM))
    assert np.any(first != augmentation(images, STREAM.fold(1)))


@every
@pytest.mark.parametrize("p", [1.0, 0.5])
def test_replicas_do_together_what_one_does(augmentation, p):
    images = images_of()
    shares = [
        augmentation(share, Stream(1, 2, replica=replica, replicas=2), p=p)
        for replica, share in enumerate(tf.split(images, 2))
    ]
    np.testing.assert_allclose(tf.concat(shares, 0), augmentation(images, STREAM, p=p), atol=2e-5)


@every
def test_the_batch_may_be_unknown(augmentation):
    @tf.function(input_signature=[tf.TensorSpec([None, 8, 6, 3])])
    def gradient(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            result = augmentation(images, STREAM, p=tf.constant(0.5))
            squares = tf.square(result)
        assert result.shape.as_list() == [None, 8, 6, 3]
        return tape.gradient(squares, images)

    for batch in (1, 5):
        assert gradient(images_of(batch=batch)).shape == (batch, 8, 6, 3)


@every
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.slow
def test_second_derivatives_are_those_of_finite_differences(augmentation, compiled):
    """Of the squared norm of a gradient, as R1 has it where G's images are augmented."""
    images, direction = images_of(dtype="float64"), images_of(dtype="float64")[::-1]

    @tf.function(jit_compile=compiled)
    def penalty_and_slope(images):
        with tf.GradientTape() as outer:
            outer.watch(images)
            with tf.GradientTape() as inner:
                inner.watch(images)
                logits = tf.sin(2 * augmentation(images, STREAM, p=tf.constant(0.8)))
            penalty = tf.reduce_sum(tf.square(inner.gradient(logits, images)))
        return penalty, tf.reduce_sum(outer.gradient(penalty, images) * direction)

    (above, _), (below, _) = (penalty_and_slope(images + h * direction) for h in (1e-5, -1e-5))
    _, slope = penalty_and_slope(images)
    np.testing.assert_allclose(slope, (above - below) / 2e-5, rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in AUGMENTATIONS if name != "function"])
def test_constants_are_scaled_to_the_range(name):
    augmentation, images = AUGMENTATIONS[name], images_of()
    expected = augmentation(images, STREAM, p=0.8)
    np.testing.assert_array_equal(augmentation(images, STREAM, p=0.8, value_range=None), expected)
    for low, high in ((0.0, 1.0), (0.0, 255.0)):
        scale = (high - low) / 2
        result = augmentation((images + 1) * scale, STREAM, p=0.8, value_range=(low, high))
        np.testing.assert_allclose(result / scale - 1, expected, atol=1e-5)


def test_places_change_in_the_alpha_as_in_the_colors():
    grey = images_of(1)
    for name in ("flip", "translation", "cutout", "blit"):
        result = AUGMENTATIONS[name](tf.repeat(grey, 4, axis=3), STREAM)
        np.testing.assert_array_equal(result[..., 3], result[..., 0])
        np.testing.assert_array_equal(AUGMENTATIONS[name](grey, STREAM)[..., 0], result[..., 0])


# === Names, settings, messages ===


def test_identifiers():
    assert augment.get(None) is None and augment.get("") is None
    assert isinstance(augment.get("ada"), ADA) and augment.get("ada").adaptive
    assert augment.get("translation,cutout").policy == "translation,cutout"
    augmentation = DiffAugment()
    assert augment.get(augmentation) is augmentation and not augmentation.adaptive
    images = images_of()
    expected = invert(images, STREAM.fold(0))
    np.testing.assert_array_equal(augment.get(invert)(images, STREAM), expected)


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("colour,cutout", "augmentation 'colour'.*'ada'.*'translation'.*Did you mean 'color'"),
        ("color,,cutout", "augmentation ''"),
        ("adaa", "Did you mean 'ada'"),
        ("ada,cutout", r"'ada' stands alone.*augment_groups.*Received: 'ada,cutout'"),
        (3, "`augment`.*callable.*3"),
        (DiffAugment, "`augment`.*DiffAugment"),
    ],
)
def test_identifiers_that_are_unknown(identifier, message):
    with pytest.raises(UserError, match=message):
        augment.get(identifier)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan"), "1", None, True])
def test_probabilities_that_cannot_be(p):
    with pytest.raises(UserError, match=r"`p`.*\[0, 1\].*p="):
        DiffAugment()(images_of(), STREAM, p=p)
    with pytest.raises(UserError, match=r"`p`.*\[0, 1\].*p="):
        DiffAugment(p=p)


@pytest.mark.parametrize(
    ("images", "settings", "message"),
    [
        (np.zeros([2, 8, 8], "float32"), {}, r"\(B, H, W, C\).*\(2, 8, 8\)"),
        (np.zeros([2, 8, 8, 5], "float32"), {}, r"1 to 4 channels.*\(2, 8, 8, 5\)"),
        (np.zeros([2, 1, 8, 3], "float32"), {}, r"H and W >= 2.*\(2, 1, 8, 3\)"),
        (np.zeros([2, 8, 8, 3], "uint8"), {}, "floats.*uint8"),
        (np.zeros([2, 8, 8, 3], "float32"), {"value_range": (1, 1)}, "`value_range`.*low < high"),
    ],
)
def test_images_that_cannot_be(images, settings, message):
    with pytest.raises(UserError, match=message):
        DiffAugment()(images, STREAM, **settings)


def test_a_function_must_keep_the_shape():
    with pytest.raises(UserError, match=r"keep shape.*\(6, 8, 6, 3\).*\(6, 4, 6, 3\)"):
        augment.get(lambda images, random: images[:, ::2])(images_of(), STREAM)
    with pytest.raises(UserError, match=r"keep shape and dtype.*float32\. Received:.*float16"):
        augment.get(lambda images, random: tf.cast(images, "float16"))(images_of(), STREAM)
    with pytest.raises(UserError, match=r"returns the images. Received: NoneType"):
        augment.get(lambda images, random: None)(images_of(), STREAM)
    with pytest.raises(UserError, match=r"`value_range`. Expected"):
        augment.get("color")(images_of(), STREAM, value_range=3)


@every
def test_settings_survive_a_file(augmentation):
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(augmentation)))
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is type(augmentation) and vars(copy) == vars(augmentation)
    images = images_of()
    expected = augmentation(images, STREAM, p=0.7)
    np.testing.assert_array_equal(copy(images, STREAM, p=0.7), expected)


def test_schedules_survive_a_file():
    schedule = keras.optimizers.schedules.PolynomialDecay(0.0, 100, 0.4, power=1.0)
    for augmentation in (DiffAugment(p=schedule), ADA(p=schedule)):
        config = json.loads(json.dumps(keras.saving.serialize_keras_object(augmentation)))
        copy = keras.saving.deserialize_keras_object(config)
        assert not copy.adaptive
        np.testing.assert_allclose(copy.probability(25), 0.1, rtol=1e-6)

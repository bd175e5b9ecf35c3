import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from support.routine import check_forms, check_resume, check_trains, check_two_replicas

import tf_gan
from tf_gan.data import ImagePairs
from tf_gan.errors import UserError
from tf_gan.models import Batch
from tf_gan.networks import cycle_gan
from tf_gan.training.rng import Stream

NAMES = ("discriminator_loss", "generator_loss", "cycle_loss")


def random_images(n, channels=1, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n, 6, 6, channels)).astype(np.float32)


DOMAINS = ImagePairs(random_images(96), sources=random_images(80, seed=1), paired=False)


def small(arguments=None, **compile_arguments):
    keras.utils.set_random_seed(0)
    layers = keras.layers
    generator = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(4, 3, padding="same"),
            layers.Conv2D(1, 1, activation="tanh"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(4, 3, strides=2),
            layers.LeakyReLU(0.2),
            layers.Conv2D(1, 1),
        ]
    )
    model = tf_gan.CycleGAN(
        generator, discriminator, **({"moving_average": 0.9} | (arguments or {}))
    )
    model.compile(**compile_arguments)
    return model


# === The losses ===


def factor(value):
    """A network that multiplies by a number."""
    network = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Dense(1, use_bias=False)])
    network.set_weights([np.array([[value]])])
    return network


@pytest.mark.parametrize(("images", "sources"), [(5, 2), (2, 5)])
def test_the_sources_of_generate_are_all_of_the_data(images, sources):
    data = ImagePairs(random_images(images), sources=random_images(sources, seed=1), paired=False)
    np.testing.assert_array_equal(small().sources_of(data, 1024), data.sources)


def test_each_domain_is_augmented_in_its_range():
    model = small({"source_range": (0.0, 1.0)}, augment="translation")
    ranges = []
    model.augmentation = Recorder(ranges)
    batch = Batch(tf.constant(DOMAINS.images[:4]), sources=tf.ones((4, 6, 6, 1)))
    random = Stream(0)
    forward = model.forward(batch, random)
    model.discriminator_loss(forward, batch, random)
    model.generator_loss(forward, batch, random)
    there, back = (-1.0, 1.0), (0.0, 1.0)
    assert ranges == [there, there, back, back, there, back]


class Recorder:
    """An augmentation that notes the ranges it is given."""

    adaptive, p = False, 1.0

    def __init__(self, ranges):
        self.ranges = ranges

    def probability(self, step):
        return 1.0

    def __call__(self, images, random, *, p, value_range):
        self.ranges.append(value_range)
        return images


def test_a_step_is_that_of_numpy():
    """G_AB(a) = w a, G_BA(b) = v b, D_B(x) = p x, D_A(x) = q x, three numbers in each
    domain, every term by hand.
    """
    w, v, p, q = 0.5, -0.8, 0.3, 0.6
    model = tf_gan.CycleGAN(
        factor(w), factor(p), factor(v), factor(q), cycle_weight=10.0, identity_weight=5.0
    )
    model.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.1), jit_compile=False)
    a, b = np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.2, -1.0])
    logs = model.train_on_batch(
        *(x.reshape(3, 1, 1, 1).astype(np.float32) for x in (a, b)), return_dict=True
    )
    there, back = w * a, v * b
    d_loss = 0.5 * np.mean((p * b - 1) ** 2 + (p * there) ** 2) + 0.5 * np.mean(
        (q * a - 1) ** 2 + (q * back) ** 2
    )
    assert logs["discriminator_loss"] == pytest.approx(d_loss, abs=1e-6)
    p, q = (
        p - 0.1 * np.mean((p * b - 1) * b + p * there**2),
        q - 0.1 * np.mean((q * a - 1) * a + q * back**2),
    )
    assert logs["generator_loss"] == pytest.approx(
        0.5 * np.mean((p * there - 1) ** 2) + 0.5 * np.mean((q * back - 1) ** 2), abs=1e-6
    )
    # Both cycles multiply by w v = -0.4: |a| + |b| times 1.4. The identities: |b| times
    # 0.5, |a| times 1.8.
    mean_a, mean_b = 3.5 / 3, 1.5 / 3
    assert logs["cycle_loss"] == pytest.approx(1.4 * (mean_a + mean_b), abs=1e-6)
    assert logs["identity_loss"] == pytest.approx(0.5 * mean_b + 1.8 * mean_a, abs=1e-6)
    # L_G twice, ten cycles, five identities; |x - w v x| falls by v |x| as w rises, |b
    # - w b| by |b|.
    w_slope = np.mean((p * there - 1) * p * a) * 2 + 10 * (-v) * (mean_a + mean_b) + 5 * -mean_b
    v_slope = np.mean((q * back - 1) * q * b) * 2 + 10 * (-w) * (mean_a + mean_b) + 5 * -mean_a
    found = [
        float(network.get_weights()[0][0, 0])
        for network in (
            model.discriminator,
            model.source_discriminator,
            model.generator,
            model.inverse_generator,
        )
    ]
    assert found == pytest.approx([p, q, w - 0.01 * w_slope, v - 0.01 * v_slope], abs=1e-5)


def test_the_discriminators_see_earlier_fakes_once_the_histories_are_full():
    model = tf_gan.CycleGAN(factor(2.0), factor(1.0), factor(3.0), factor(1.0), history_size=4)
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), jit_compile=False)
    numbers = lambda start: np.arange(start, start + 4, dtype=np.float32).reshape(4, 1, 1, 1)  # noqa: E731
    model.train_on_batch(numbers(1), numbers(11))
    np.testing.assert_array_equal(model.image_history.images.numpy().ravel(), [2, 4, 6, 8])
    np.testing.assert_array_equal(model.source_history.images.numpy().ravel(), [33, 36, 39, 42])
    batch, random = Batch(numbers(15), sources=numbers(5)), Stream(1)
    loss, _, kept = model.discriminator_loss(model.forward(batch, random), batch, random)
    new, slots = kept[0]
    np.testing.assert_array_equal(new.numpy().ravel(), [10, 12, 14, 16])
    shown = [
        model.image_history.images.numpy().ravel()[slot] if slot >= 0 else image
        for image, slot in zip(new.numpy().ravel(), slots, strict=True)
    ]
    new, slots = kept[1]
    back = [
        model.source_history.images.numpy().ravel()[slot] if slot >= 0 else image
        for image, slot in zip(new.numpy().ravel(), slots, strict=True)
    ]
    assert 0 < sum(slot >= 0 for _, slots in kept for slot in slots.numpy()) < 8
    expected = sum(
        0.5 * (np.mean((real - 1) ** 2) + np.mean(np.square(fake)))
        for real, fake in ((numbers(15), shown), (numbers(5), back))
    )
    assert float(loss) == pytest.approx(float(expected), rel=1e-6)


# === Data ===


def test_networks_that_cannot_be_copied_are_told_what_to_give():
    class Own(keras.layers.Layer):
        def __init__(self, width):
            super().__init__()
            self.width = width

        def call(self, images):
            return self.width * images

    images = keras.Input((8, 8, 1))
    networks = (
        keras.Model(images, Own(3)(images)),
        cycle_gan.build_discriminator((8, 8, 1), width=2, stages=1),
    )
    with pytest.raises(UserError, match=r"A CycleGAN needs a copy .* or an `inverse_generator`"):
        tf_gan.CycleGAN(*networks)


@pytest.mark.slow
def test_domains_of_any_number():
    model = small(jit_compile=False)
    model.fit(DOMAINS.sources, DOMAINS.images, batch_size=32, verbose=0)
    assert int(model.step.numpy()) == 3  # The images make the epoch: 96 of them.
    other = small(jit_compile=False)
    other.fit(DOMAINS, batch_size=32, verbose=0)
    for x, y in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(x, y, atol=1e-6)
    with pytest.raises(UserError, match=r"batch_size=96\. Received: 80 sources"):
        model.fit(DOMAINS, batch_size=96, verbose=0)
    with pytest.raises(UserError, match=r"CycleGAN translates images.*images alone"):
        model.fit(DOMAINS.images, batch_size=32, verbose=0)


def test_evaluate():
    logs = small({"identity_weight": 5.0}).evaluate(
        DOMAINS, batch_size=32, verbose=0, return_dict=True
    )
    assert set(logs) == {*NAMES, "identity_loss"}
    arrays = small({"identity_weight": 5.0}).evaluate(
        DOMAINS.sources, DOMAINS.images, batch_size=32, verbose=0, return_dict=True
    )
    assert arrays == pytest.approx(logs, rel=1e-5)


# === The way back ===


def test_reversed_is_the_same_model_the_other_way_round():
    model = small({"moving_average": None})
    count = len(model.weights)
    model.fit(DOMAINS, batch_size=32, verbose=0)
    images = random_images(5, seed=2)
    np.testing.assert_allclose(
        model.reversed().translate(images), model.inverse_generator(images), atol=1e-6
    )
    np.testing.assert_allclose(
        model.translate_back(model.translate(images)),
        model.inverse_generator(model.generator(images)),
        atol=1e-6,
    )
    model.inverse_generator.set_weights(
        [0.5 * weight for weight in model.inverse_generator.get_weights()]
    )
    # The same networks.
    np.testing.assert_allclose(
        model.translate_back(images), model.inverse_generator(images), atol=1e-6
    )
    assert len(model.weights) == count  # It is no part of the model.
    assert int(model.reversed().step.numpy()) == int(model.step.numpy()) == 3


@pytest.mark.slow
def test_domains_of_different_channels(tmp_path):
    keras.utils.set_random_seed(0)
    layers = keras.layers

    def network(inputs, outputs, **last):
        return keras.Sequential(
            [
                keras.Input((6, 6, inputs)),
                layers.Conv2D(2, 3, padding="same"),
                layers.Conv2D(outputs, 1, **last),
            ]
        )

    model = tf_gan.CycleGAN(
        network(1, 3, activation="tanh"),
        network(3, 1),
        network(3, 1, activation="tanh"),
        network(1, 1),
    )
    model.compile()
    model.fit(random_images(32), random_images(40, 3), batch_size=16, verbose=0)
    assert model.translate(random_images(2)).shape == (2, 6, 6, 3) and model.translate_back(
        random_images(2, 3)
    ).shape == (2, 6, 6, 1)
    report = model.export(tmp_path / "exported")
    assert {row["signature"] for row in report.rows} == {
        "serving_default",
        "translate_png",
        "translate_back",
        "translate_back_png",
    }
    loaded = tf.saved_model.load(str(tmp_path / "exported/1"))
    images = np.random.default_rng(0).uniform(0, 1, (2, 6, 6, 3)).astype(np.float32)
    back = loaded.signatures["translate_back"](images=tf.constant(images))["images"]
    np.testing.assert_allclose(back, (model.translate_back(2 * images - 1) + 1) / 2, atol=1e-5)
    with pytest.raises(UserError, match="identity_weight=5"):
        tf_gan.CycleGAN(
            model.generator,
            model.discriminator,
            model.inverse_generator,
            model.source_discriminator,
            identity_weight=5.0,
        )
    with pytest.raises(UserError, match=r"from images, \(6, 6, 3\), to sources, \(6, 6, 1\)"):
        tf_gan.CycleGAN(
            model.generator, model.discriminator, network(3, 3), model.source_discriminator
        )


@pytest.mark.slow
def test_the_residual_generator_leaves_python(tmp_path):
    """Reflected edges, transposed convolutions and instance normalisation in every
    format, both ways.
    """
    keras.utils.set_random_seed(0)
    shape = (8, 8, 1)
    model = tf_gan.CycleGAN(
        cycle_gan.build_generator(shape, width=2, blocks=1),
        cycle_gan.build_discriminator(shape, width=2, stages=1),
    )
    for name in ("there.tflite", "there.onnx", "there.keras"):
        # Each proves that its images are those of the live model.
        model.export(tmp_path / name, format=name.rsplit(".", 1)[-1])
    model.reversed().export(tmp_path / "back.tflite", format="tflite")
    images = np.random.default_rng(0).uniform(0, 1, (2, 8, 8, 1)).astype(np.float32)
    back = Interpreter(model_path=str(tmp_path / "back.tflite")).get_signature_runner(
        "serving_default"
    )(images=images)["images"]
    np.testing.assert_allclose(back, (model.translate_back(2 * images - 1) + 1) / 2, atol=1e-4)


# === What every model can do ===


def test_trains():
    check_trains(
        lambda: small({"identity_weight": 5.0}, penalties="r1"),
        DOMAINS,
        (*NAMES, "identity_loss", "gradient_penalty"),
    )


@pytest.mark.slow
def test_forms_agree():
    check_forms(lambda **form: small({"history_size": 24}, **form), DOMAINS)


@pytest.mark.slow
def test_stopping_and_going_on_is_the_same_run(tmp_path):
    """The histories are full after two batches of six: what goes on needs them."""
    check_resume(lambda: small({"history_size": 24, "cycle_weight": 5.0}), DOMAINS, tmp_path)
    part = keras.saving.load_model(tmp_path / "model.keras")
    assert (
        part.image_history.count.numpy() == 24
        and np.abs(part.image_history.images.numpy()).min(axis=(1, 2, 3)).all()
    )


@pytest.mark.slow
def test_two_replicas_do_what_one_does(mirrored):
    """The histories too: each replica writes the fakes of all of them."""
    check_two_replicas(
        lambda **form: small({"history_size": 40}, **form), DOMAINS, mirrored, forms=(False, True)
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cycle_weight": -1.0}, "cycle_weight=-1"),
        ({"history_size": 1.5}, "history_size=1.5"),
        ({"adversarial_weight": np.nan}, "adversarial_weight=nan"),
        ({"inverse_generator": "x"}, r"`inverse_generator`. Expected a keras\.Model"),
        (
            {
                "source_discriminator": keras.Sequential(
                    [keras.Input((6, 6, 1)), keras.layers.Conv2D(1, 1, activation="sigmoid")]
                )
            },
            "sigmoid",
        ),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(UserError, match=message):
        small(arguments)


def test_cycles_start_at_images_that_are_not_augmented():
    model = small(augment=lambda x, random: -x)
    a, b = (tf.constant(x[:4]) for x in (DOMAINS.sources, DOMAINS.images))
    batch, random = Batch(b, sources=a), Stream(0)
    logs = model.generator_loss(model.forward(batch, random), batch, random).logs
    there, back = model.generator, model.inverse_generator
    expected = np.abs(back(there(a)) - a).mean() + np.abs(there(back(b)) - b).mean()
    assert float(logs["cycle_loss"]) == pytest.approx(expected, rel=1e-5)


def test_the_way_back_has_the_ranges_exchanged():
    back = small({"source_range": (0.0, 1.0)}).reversed()
    assert (back.source_range, back.data_range) == ((-1.0, 1.0), (0.0, 1.0))

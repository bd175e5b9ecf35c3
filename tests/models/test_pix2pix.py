import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from scipy.special import expit as sigmoid
from support.routine import check_forms, check_resume, check_trains, check_two_replicas

import tf_gan
from tf_gan.data import ImagePairs
from tf_gan.errors import UserError
from tf_gan.models import Batch
from tf_gan.networks import pix2pix

NAMES = ("discriminator_loss", "generator_loss", "V(D,G)", "D(x)", "D(G(z))", "l1")


def random_images(n, channels, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n, 6, 6, channels)).astype(np.float32)


PAIRS = ImagePairs(random_images(96, 1), sources=random_images(96, 2, seed=1))


def small(arguments=None, **compile_arguments):
    """Sources of two channels, images of one."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    generator = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            layers.Conv2D(4, 3, padding="same"),
            layers.Dropout(0.3),
            layers.Conv2D(1, 1, activation="tanh"),
        ]
    )
    images, sources = keras.Input((6, 6, 1)), keras.Input((6, 6, 2))
    x = layers.LeakyReLU(0.2)(
        layers.Conv2D(4, 3, strides=2)(layers.Concatenate()([images, sources]))
    )
    model = tf_gan.Pix2Pix(
        generator,
        keras.Model([images, sources], layers.Conv2D(1, 1)(x)),
        **({"moving_average": 0.9} | (arguments or {})),
    )
    model.compile(**compile_arguments)
    return model


def without_dropout(**form):
    model = small(**form)
    model.generator.layers[1].rate = 0.0
    return model


# === The losses ===


def linear():
    """One pixel: G(s) = 0.5 s + 0.1, D(y, s) = 0.3 y - 0.2 s + 0.05."""
    sources, images = keras.Input((1, 1, 1)), keras.Input((1, 1, 1))
    generator = keras.Model(sources, keras.layers.Dense(1)(sources))
    discriminator = keras.Model(
        [images, sources], keras.layers.Dense(1)(keras.layers.Concatenate()([images, sources]))
    )
    model = tf_gan.Pix2Pix(generator, discriminator, l1_weight=7.0)
    generator.set_weights([np.array([[0.5]]), np.array([0.1])])
    discriminator.set_weights([np.array([[0.3], [-0.2]]), np.array([0.05])])
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.2), jit_compile=False)
    return model


def test_a_step_is_that_of_numpy():
    model = linear()
    s, y = np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.2, -1.0])
    logs = model.train_on_batch(
        *(a.reshape(3, 1, 1, 1).astype(np.float32) for a in (s, y)), return_dict=True
    )

    def softplus(x):
        return np.logaddexp(0, x)

    g, d = np.array([0.5, 0.1]), np.array([0.3, -0.2, 0.05])
    fake = g[0] * s + g[1]
    features = [np.stack([x, s, np.ones(3)]) for x in (y, fake)]
    real_logits, fake_logits = (d @ f for f in features)
    assert logs["discriminator_loss"] == pytest.approx(
        np.mean(softplus(-real_logits) + softplus(fake_logits)), abs=1e-6
    )
    d = d - 0.2 * np.mean(
        -sigmoid(-real_logits) * features[0] + sigmoid(fake_logits) * features[1], axis=1
    )
    fake_logits = d @ features[1]
    assert logs["generator_loss"] == pytest.approx(np.mean(softplus(-fake_logits)), abs=1e-6)
    assert (
        logs["l1"]
        == pytest.approx(np.mean(np.abs(y - fake)), abs=1e-6)
        == pytest.approx((0.3 + 1.1 + 1.35) / 3)
    )
    slope = -sigmoid(-fake_logits) * d[0] + 7.0 * np.sign(fake - y)
    g = g - 0.1 * np.array([np.mean(slope * s), np.mean(slope)])
    np.testing.assert_allclose(
        np.concatenate([w.ravel() for w in model.discriminator.get_weights()]), d, atol=1e-6
    )
    np.testing.assert_allclose(
        np.concatenate([w.ravel() for w in model.generator.get_weights()]), g, atol=1e-6
    )


def test_d_sees_the_source():
    model = small()
    batch = Batch(tf.constant(PAIRS.images[:4]), sources=tf.constant(PAIRS.sources[:4]))
    forward = model.forward(batch, model.stream(0), training=False)
    fakes, fake, real = forward.fakes, forward.fake, forward.real
    np.testing.assert_allclose(
        real[0],
        model.discriminator([tf.constant(PAIRS.images[:4]), tf.constant(PAIRS.sources[:4])]),
        atol=1e-6,
    )
    np.testing.assert_allclose(
        fake[0], model.discriminator([fakes, tf.constant(PAIRS.sources[:4])]), atol=1e-6
    )
    l1 = model.generator_loss(forward, batch, model.stream(0)).logs["l1"]
    np.testing.assert_allclose(l1, np.abs(PAIRS.images[:4] - fakes.numpy()).mean(), atol=1e-6)


# === Data ===


@pytest.mark.slow
def test_fit_takes_sources_and_images_in_keras_order():
    """The same training from arrays (x, y), from pairs, and from batches (x, y)."""
    models = [small(jit_compile=False) for _ in range(3)]
    sources, images = PAIRS.sources, PAIRS.images
    models[0].fit(sources, images, batch_size=32, shuffle=False, verbose=0)
    models[1].fit(PAIRS, batch_size=32, shuffle=False, verbose=0)
    models[2].fit(tf.data.Dataset.from_tensor_slices((sources, images)).batch(32), verbose=0)
    for model in models[1:]:
        for a, b in zip(models[0].get_weights(), model.get_weights(), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.slow
def test_evaluate_and_validation():
    model = small(jit_compile=False)
    logs = model.evaluate(PAIRS.sources, PAIRS.images, batch_size=32, verbose=0, return_dict=True)
    assert set(logs) == set(NAMES)
    assert logs["l1"] == pytest.approx(
        np.abs(PAIRS.images - model.generator(PAIRS.sources)).mean(), abs=1e-5
    )
    for other in (
        model.evaluate(PAIRS, batch_size=32, verbose=0, return_dict=True),
        model.evaluate(batches(PAIRS), verbose=0, return_dict=True),
    ):
        assert other == pytest.approx(logs, abs=1e-5)
    for validation in ((PAIRS.sources, PAIRS.images), PAIRS, batches(PAIRS)):
        history = (
            small(jit_compile=False)
            .fit(PAIRS, batch_size=32, verbose=0, validation_data=validation)
            .history
        )
        assert np.isfinite(history["val_l1"]).all()


class Batches(keras.utils.PyDataset):
    def __init__(self, pairs):
        super().__init__()
        self.pairs = pairs

    def __len__(self):
        return 3

    def __getitem__(self, index):
        rows = slice(32 * index, 32 * index + 32)
        return self.pairs.sources[rows], self.pairs.images[rows]


@pytest.mark.slow
def test_generators_and_py_datasets_lose_no_batch():
    expected = small(jit_compile=False).evaluate(PAIRS, batch_size=32, verbose=0, return_dict=True)
    for data in (iter(list(batches(PAIRS))), Batches(PAIRS)):
        assert small(jit_compile=False).evaluate(
            data, steps=3, verbose=0, return_dict=True
        ) == pytest.approx(expected, abs=1e-5)
    arrays = small(jit_compile=False)
    arrays.fit(PAIRS, batch_size=32, shuffle=False, verbose=0)
    for data, further in (
        (iter(list(batches(PAIRS))), {"steps_per_epoch": 3}),
        (Batches(PAIRS), {}),
    ):
        model = small(jit_compile=False)
        model.fit(data, verbose=0, **further)
        assert int(model.step.numpy()) == 3
        for a, b in zip(arrays.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)


def test_as_many_sources_as_images_to_compare():
    with pytest.raises(UserError, match=r"as many sources as images\. Received: 6 and 8"):
        small().evaluate(PAIRS.sources[:6], PAIRS.images[:8], verbose=0)


def test_data_that_were_refused_are_not_remembered():
    model = small()
    with pytest.raises(UserError, match="images alone"):
        model.fit(PAIRS.images, batch_size=32, verbose=0)
    model.fit(PAIRS.sources, PAIRS.images, batch_size=32, verbose=0)
    assert model.generate(3, seed=0).shape == (3, 6, 6, 1)


def batches(pairs):
    return tf.data.Dataset.from_tensor_slices((pairs.sources, pairs.images)).batch(32)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((PAIRS.images,), "expected source images beside those to make"),
        ((tf_gan.data.Examples(PAIRS.images),), "Received: images alone"),
        (
            (PAIRS.sources[:, :, :, :1], PAIRS.images),
            r"The sources do not fit\. Expected images of shape \(N, 6, 6, 2\)",
        ),
        ((PAIRS.sources, PAIRS.images[:95]), "Received: 96 sources, 95 images"),
        ((PAIRS.sources[:, :5], PAIRS.images), "one height and width"),
        (
            (3 * PAIRS.sources, PAIRS.images),
            r"The sources do not fit\. Expected images in \[-1, 1\]",
        ),
        ((PAIRS.sources / np.nan, PAIRS.images), "The sources do not fit.*NaN"),
        (
            (ImagePairs(PAIRS.images, sources=PAIRS.sources[:90], paired=False),),
            "learns from pairs.*CycleGAN",
        ),
        ((tf.data.Dataset.from_tensor_slices(PAIRS.images).batch(32),), "images alone"),
    ],
)
def test_data_that_do_not_fit(data, message):
    with pytest.raises(UserError, match=message):
        small().fit(*data, batch_size=32, verbose=0)


# === What every model can do ===


@pytest.mark.slow
def test_trains_in_all_forms():
    check_trains(
        lambda: small(penalties="r1", discriminator_steps=2), PAIRS, (*NAMES, "gradient_penalty")
    )
    check_forms(without_dropout, PAIRS)  # Whose masks are others in XLA.


@pytest.mark.slow
def test_stopping_and_going_on_is_the_same_run(tmp_path):
    check_resume(lambda: small({"l1_weight": 10.0, "seed": 3}), PAIRS, tmp_path)


@pytest.mark.slow
def test_two_replicas_do_what_one_does(mirrored):
    check_two_replicas(without_dropout, PAIRS, mirrored)


def test_samples_translate_the_data():
    model = small()
    model.fit(PAIRS, batch_size=32, verbose=0)
    np.testing.assert_allclose(
        model.translate(PAIRS.sources[:5]), model.average_generator(PAIRS.sources[:5]), atol=1e-6
    )
    sources = model.sample_inputs(3, 1)[0].numpy()
    assert (sources[:, None] == PAIRS.sources[None]).all((2, 3, 4)).any(1).all()
    np.testing.assert_allclose(model.generate(3, seed=1), model.translate(sources), atol=1e-6)


def unet(moving_average=None):
    keras.utils.set_random_seed(0)
    shape = (8, 8, 1)
    build = {"width": 2, "normalization": "instance"}
    return tf_gan.Pix2Pix(
        pix2pix.build_generator(shape, **build),
        pix2pix.build_discriminator(shape, stages=1, **build),
        moving_average=moving_average,
    )


@pytest.mark.parametrize(
    "name", ["saved_model", "generator.tflite", "generator.onnx", "generator.keras"]
)
@pytest.mark.slow
def test_exports_take_images_from_0_to_1(tmp_path, name):
    model = unet(moving_average=0.9)
    # Which proves that the images are those of the live model.
    model.export(tmp_path / name, format=name.rsplit(".", 1)[-1])
    sources = np.random.default_rng(0).uniform(0, 1, (3, 8, 8, 1)).astype(np.float32)
    expected = (model.translate(2 * sources - 1) + 1) / 2
    if name == "saved_model":
        images = tf.saved_model.load(str(tmp_path / name / "1")).signatures["serving_default"](
            images=tf.constant(sources)
        )["images"]
    elif name.endswith("tflite"):
        images = Interpreter(model_path=str(tmp_path / name)).get_signature_runner(
            "serving_default"
        )(images=sources)["images"]
    elif name.endswith("keras"):
        images = keras.saving.load_model(tmp_path / name, compile=False)(sources)
    else:
        onnxruntime = pytest.importorskip("onnxruntime")
        images = onnxruntime.InferenceSession(str(tmp_path / name)).run(None, {"images": sources})[
            0
        ]
    np.testing.assert_allclose(images, expected, atol=1e-4)


def test_bad_arguments():
    with pytest.raises(UserError, match="l1_weight=-1"):
        small({"l1_weight": -1.0})
    model = small()
    with pytest.raises(UserError, match="discriminator does not take the images of the generator"):
        tf_gan.Pix2Pix(
            model.generator, keras.Sequential([keras.Input((5, 6, 1)), keras.layers.Conv2D(1, 3)])
        )

import functools
import hashlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from ml_collections import ConfigDict
from PIL import Image
from support.command import command
from support.networks import dtype_policy
from support.routine import check_forms, check_resume, check_trains, check_two_replicas

import tf_gan
from tf_gan.config import default_config
from tf_gan.data import bicubic
from tf_gan.errors import UserError
from tf_gan.models import Batch, super_resolution
from tf_gan.networks import srresnet
from tf_gan.runs import build

SHAPE = (16, 16, 3)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (64, *SHAPE)).astype(np.float32)


def generator(**arguments):
    return srresnet.build_generator(SHAPE, **({"filters": 4, "blocks": 1, "scale": 2} | arguments))


def small(arguments=None, **compile_arguments):
    keras.utils.set_random_seed(0)
    discriminator = srresnet.build_discriminator(SHAPE, filters=2, units=4)
    model = tf_gan.SRGAN(
        generator(), discriminator, SHAPE, **({"moving_average": 0.9} | (arguments or {}))
    )
    model.compile(**compile_arguments)
    return model


def alone(arguments=None, **compile_arguments):
    keras.utils.set_random_seed(0)
    model = tf_gan.SRResNet(generator(), SHAPE, **({"moving_average": 0.9} | (arguments or {})))
    model.compile(**compile_arguments)
    return model


LOGS = {"discriminator_loss", "generator_loss", "content_loss", "V(D,G)", "D(x)", "D(G(z))"}

# === Training ===


@pytest.mark.slow
def test_trains():
    check_trains(small, IMAGES, LOGS)
    check_trains(alone, IMAGES, {"content_loss"})


@pytest.mark.slow
def test_forms_agree():
    def make(**form):
        return small(
            generator_optimizer=keras.optimizers.SGD(0.01),
            discriminator_optimizer=keras.optimizers.SGD(0.01),
            **form,
        )

    check_forms(make, IMAGES)


@pytest.mark.slow
def test_goes_on(tmp_path):
    for make in (small, alone):
        folder = tmp_path / make.__name__
        folder.mkdir()
        # As one XLA program: without it TensorFlow's convolutions on CPUs differ by
        # roundings from run to run, unless op determinism is on.
        check_resume(functools.partial(make, jit_compile=True), IMAGES, folder)


@pytest.mark.slow
def test_two_replicas(mirrored):
    # Statistics of BatchNormalization are each replica's own, so the networks here have
    # none.
    def without(make):
        def build(**form):
            model = make(**form)
            for network in model.layers:
                for layer in network._flatten_layers():
                    if isinstance(layer, keras.layers.BatchNormalization):
                        layer.trainable = False
            model.compile(**form)
            return model

        return build

    check_two_replicas(without(small), IMAGES, mirrored, tolerance=1e-4)
    check_two_replicas(without(alone), IMAGES, mirrored, forms=(False, True), tolerance=1e-4)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.slow
def test_mixed_precision(precision):
    with dtype_policy(precision):
        model = small()
    history = model.fit(IMAGES, batch_size=32, epochs=1, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert model.generate(2, seed=0).dtype == np.float32


def test_the_losses_by_hand():
    model = small({"adversarial_weight": 0.5, "total_variation_weight": 0.01})
    images = tf.constant(IMAGES[:4])
    forward = model.forward(Batch(images), model.stream(0))
    fakes, fake = forward.fakes, forward.fake
    loss, logs, _ = model.generator_loss(forward, Batch(images), model.stream(0))
    pixels = np.mean((IMAGES[:4] - fakes.numpy()) ** 2)
    adversarial = np.mean(np.log1p(np.exp(-fake[0].numpy())))
    variation = np.mean(
        np.abs(np.diff(fakes, axis=1)).sum((1, 2, 3))
        + np.abs(np.diff(fakes, axis=2)).sum((1, 2, 3))
    )
    assert float(logs["content_loss"]) == pytest.approx(pixels, rel=1e-5)
    assert float(logs["generator_loss"]) == pytest.approx(adversarial, rel=1e-5)
    assert float(loss) == pytest.approx(pixels + 0.5 * adversarial + 0.01 * variation, rel=1e-5)


def test_total_variation_without_an_adversary():
    model = alone({"total_variation_weight": 0.01})
    fakes = model.generator(model.source(Batch(tf.constant(IMAGES[:4]))), training=True).numpy()
    pixels = np.mean((IMAGES[:4] - fakes) ** 2)
    variation = np.mean(
        np.abs(np.diff(fakes, axis=1)).sum((1, 2, 3))
        + np.abs(np.diff(fakes, axis=2)).sum((1, 2, 3))
    )
    loss, logs, _ = model.generator_loss(fakes, Batch(tf.constant(IMAGES[:4])), model.stream(0))
    assert float(loss) == pytest.approx(pixels + 0.01 * variation, rel=1e-5)
    assert float(logs["content_loss"]) == pytest.approx(pixels, rel=1e-5)
    made = model.generator(model.source(Batch(tf.constant(IMAGES[:4]))), training=False).numpy()
    logs = model.evaluation_logs(Batch(tf.constant(IMAGES[:4])), model.stream(0))
    assert float(logs["content_loss"]) == pytest.approx(np.mean((IMAGES[:4] - made) ** 2), rel=1e-5)
    assert model.get_config()["total_variation_weight"] == 0.01
    with pytest.raises(ValueError, match="adversarial_weight"):
        alone({"adversarial_weight": 1e-3})


@pytest.mark.parametrize("low", [-1.0, 0.0])
def test_the_sources_are_small_images_in_256_steps(low):
    model = small({"data_range": (low, low + 2)})
    sources = model.source(Batch(tf.constant(IMAGES[:2] + 1 + low))).numpy()
    expected = bicubic.resize(((IMAGES[:2] + 1) * 127.5).astype(np.float64), 8, 8).clip(0, 255)
    np.testing.assert_array_equal(sources * 255, np.rint(sources * 255))
    assert np.abs(255 * sources - expected).max() <= 0.5 + 1e-3
    assert sources.shape == (2, 8, 8, 3) and sources.min() >= 0 and sources.max() <= 1


@pytest.mark.slow
def test_evaluate():
    logs = alone().evaluate(IMAGES, verbose=0, return_dict=True)
    model = alone()
    assert logs["content_loss"] == pytest.approx(
        np.mean((model.generator(model.source(Batch(IMAGES)), training=False) - IMAGES) ** 2),
        rel=1e-4,
    )
    assert set(small().evaluate(IMAGES, verbose=0, return_dict=True)) == LOGS


def test_it_learns_to_enlarge():
    """Smooth pictures: better than bicubic interpolation would be no feat here, far
    better than where it began is.
    """
    y, x = np.mgrid[:16, :16]
    phases = np.random.default_rng(0).uniform(0, 6, (64, 2, 1, 1, 3))
    images = (
        0.8 * np.sin(x[..., None] / 3 + phases[:, 0]) * np.cos(y[..., None] / 4 + phases[:, 1])
    ).astype(np.float32)
    model = alone(optimizer=keras.optimizers.Adam(5e-3), steps_per_execution=4)
    history = model.fit(images, batch_size=16, epochs=20, verbose=0).history["content_loss"]
    assert history[-1] < 0.25 * history[0]


# === VGG19 ===


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file in the form of Keras' own, with random weights, and its SHA-256."""
    keras.utils.set_random_seed(0)
    network = keras.applications.VGG19(include_top=False, weights=None)
    path = tmp_path_factory.mktemp("vgg19") / "vgg19.weights.h5"
    network.save_weights(path)
    return path, hashlib.sha256(path.read_bytes()).hexdigest(), network


@pytest.mark.parametrize(
    ("content", "layer", "low"),
    [
        *(("vgg22", "block2_conv2", -1.0), ("vgg22", "block2_conv2", 0.0)),
        ("vgg54", "block5_conv4", -1.0),
    ],
)
def test_features_of_vgg19(weights, content, layer, low):
    path, checksum, network = weights
    fields = {"content": content, "vgg19_weights": str(path), "vgg19_sha256": checksum}
    model = alone({"data_range": (low, low + 2), **fields})
    model._load_features()
    images, fakes = (tf.constant(each * IMAGES[:2] + 1 + low) for each in (1.0, 0.5))
    until = keras.Model(network.input, network.get_layer(layer).output)
    means = np.array([103.939, 116.779, 123.68], np.float32)  # Blue first.
    real, fake = (
        until((each + 1)[..., ::-1] * 127.5 - means).numpy() / 12.75
        for each in (IMAGES[:2], 0.5 * IMAGES[:2])
    )
    assert float(model.content_loss(images, fakes)) == pytest.approx(
        np.mean((real - fake) ** 2), rel=1e-4
    )
    assert float(model.content_loss(images, images)) == 0


@pytest.mark.slow
def test_vgg19_trains_and_is_not_saved(weights, tmp_path):
    path, checksum, _ = weights
    model = small({"content": "vgg54", "vgg19_weights": str(path), "vgg19_sha256": checksum})
    count = len(model.weights)
    model.train_on_batch(IMAGES[:16])
    assert len(model.weights) == count
    model.save(tmp_path / "objective.keras")
    assert (tmp_path / "objective.keras").stat().st_size < 1e6
    assert keras.saving.load_model(tmp_path / "objective.keras").vgg19_sha256 == checksum


def test_weights_of_vgg19_that_cannot_be_used(weights, tmp_path):
    path, checksum, _ = weights
    for arguments, message in (
        ({}, "Expected a file with the weights of VGG19.*storage.googleapis.com"),
        ({"vgg19_weights": str(path)}, "expected MD5 253f8cb5"),
        (
            {"vgg19_weights": str(path), "vgg19_sha256": "0" * 64},
            f"expected SHA-256 0000.*Received: SHA-256 {checksum}",
        ),
    ):
        with pytest.raises(UserError, match=message):
            alone({"content": "vgg54"} | arguments).fit(IMAGES, batch_size=32, verbose=0)
    other = tmp_path / "other.weights.h5"
    generator().save_weights(other)
    with pytest.raises(UserError, match="does not hold the weights of VGG19"):
        alone(
            {
                "content": "vgg54",
                "vgg19_weights": str(other),
                "vgg19_sha256": hashlib.sha256(other.read_bytes()).hexdigest(),
            }
        ).evaluate(IMAGES)


# === Pictures of any size ===


def trained():
    """A model whose BatchNormalization has statistics of its own."""
    model = alone(optimizer=keras.optimizers.Adam(1e-2))
    model.fit(IMAGES, batch_size=32, epochs=2, verbose=0)
    return model


def test_tiles_leave_no_seam():
    model = trained()
    image = np.random.default_rng(1).uniform(0, 1, (50, 37, 3)).astype(np.float32)
    whole = model.upscale(image, tile=64)
    assert whole.shape == (100, 74, 3) and whole.dtype == np.float32
    np.testing.assert_allclose(whole, np.clip((model(image[None])[0] + 1) / 2, 0, 1), atol=1e-5)
    for tile in (13, 20, 37):
        np.testing.assert_allclose(model.upscale(image, tile=tile), whole, atol=1e-5)


def test_pictures_in_another_range():
    model = alone({"data_range": (0.0, 4.0)})
    image = np.random.default_rng(1).uniform(0, 1, (9, 7, 3)).astype(np.float32)
    expected = np.clip(model(image[None])[0] / 4, 0, 1)
    assert expected.max() > 0
    np.testing.assert_allclose(model.upscale(image), expected, atol=1e-5)


def test_a_layer_that_needs_the_size():
    images = keras.Input((None, None, 3))
    x = keras.layers.UpSampling2D(2, interpolation="bilinear")(images)
    network = keras.Model(images, keras.layers.Conv2D(3, 3, padding="same", activation="tanh")(x))
    model = tf_gan.SRResNet(network, SHAPE)
    for height, width in ((20, 20), (12, 16), (20, 13)):
        assert model.upscale(np.zeros((height, width, 3))).shape == (2 * height, 2 * width, 3)


def pooled(x):
    gate = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
    return keras.layers.Multiply()([x, keras.layers.Dense(4, "sigmoid")(gate)])


def repeated(x):
    convolution = keras.layers.Conv2D(4, 3, padding="same")
    for _ in range(6):
        x = convolution(x)
    return x


@pytest.mark.parametrize(
    "layer",
    [
        pooled,
        repeated,
        keras.layers.GroupNormalization(2),
        lambda x: x - keras.ops.mean(x, (1, 2), keepdims=True),
    ],
    ids=["pooling", "shared", "groups", "operation"],
)
def test_a_generator_that_sees_more_of_the_image_leaves_no_seam(layer):
    layers = keras.layers
    images = x = keras.Input((None, None, 3))
    x = layer(layers.Conv2D(4, 3, padding="same", activation="relu")(x))
    x = layers.UpSampling2D(2)(x)
    network = keras.Model(images, layers.Conv2D(3, 3, padding="same", activation="tanh")(x))
    model = tf_gan.SRResNet(network, SHAPE)
    image = np.random.default_rng(1).uniform(0, 1, (24, 37, 3)).astype(np.float32)
    whole = model.upscale(image, tile=64)
    np.testing.assert_allclose(model.upscale(image, tile=16), whole, atol=1e-5)


def test_a_dilated_kernel_reaches_further():
    dilated = keras.layers.Conv2D(1, 3, padding="same", dilation_rate=2)
    network = keras.Sequential([keras.Input((None, None, 1)), dilated])
    assert super_resolution.receptive_radius(network) == 2


def test_tiles_of_smooth_interpolation_leave_no_seam():
    layer = keras.layers.UpSampling2D(2, interpolation="lanczos5")
    model = tf_gan.SRResNet(keras.Sequential([keras.Input((None, None, 3)), layer]), SHAPE)
    image = np.random.default_rng(1).uniform(0, 1, (24, 37, 3)).astype(np.float32)
    whole = model.upscale(image, tile=64)
    np.testing.assert_allclose(model.upscale(image, tile=8), whole, atol=1e-5)


def test_strides_have_no_bound_but_those_that_enlarge_do():
    layers = keras.layers
    strided = layers.Conv2D(1, 3, strides=2, padding="same")
    enlarged = layers.Conv2DTranspose(1, 4, strides=2, padding="same")
    for layer, bounds in ((strided, (None,)), (enlarged, (1, 2))):
        network = keras.Sequential([keras.Input((None, None, 1)), layer])
        assert super_resolution.receptive_radius(network) in bounds


@pytest.mark.slow
def test_the_receptive_radius_is_that_of_the_paper():
    # 9x9: 4. Sixteen blocks and one more convolution: 33. Sub-pixel convolutions: 1 and
    # a half. The last one, 9x9: 1. In all 39.5.
    assert super_resolution.receptive_radius(srresnet.build_generator()) == 40
    model = trained()
    image = np.full((41, 41, 3), 0.5, np.float32)
    other = image.copy()
    other[20, 20] = 1.0
    changed = np.argwhere(np.abs(model.upscale(image) - model.upscale(other)).max(axis=-1) > 0)
    radius = super_resolution.receptive_radius(model.generator)
    assert 0 < np.abs(changed / 2 + 0.25 - 20.5).max() <= radius + 0.5


def test_bytes_and_lists():
    model = trained()
    image = np.random.default_rng(1).integers(0, 256, (9, 12, 3), np.uint8)
    made = model.upscale(image)
    assert made.dtype == np.uint8
    np.testing.assert_array_equal(
        made, np.rint(255 * model.upscale((image / 255).astype(np.float32)))
    )
    first, second = model.upscale([image, image[:5, :3]])
    np.testing.assert_array_equal(first, made)
    assert second.shape == (10, 6, 3)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 4)), "shape"),
        (np.zeros((4, 4, 1)), "shape"),
        (np.full((4, 4, 3), 2.0), r"\[0, 1\]"),
        (np.full((4, 4, 3), np.nan), r"\[0, 1\]"),
    ]
    + [(np.zeros((4, 4, 3), np.int32), "uint8")],
    ids=["grey", "one channel", "range", "nan", "integers"],
)
def test_pictures_that_do_not_fit(image, message):
    with pytest.raises(UserError, match=message):
        alone().upscale(image)


@pytest.mark.slow
def test_the_export_takes_files_of_any_size(tmp_path):
    model = trained()
    report = model.export(tmp_path / "exported")
    assert {row["signature"] for row in report.rows} == {"serving_default", "translate_png"}
    module = tf.saved_model.load(str(tmp_path / "exported" / "1"))
    pixels = np.random.default_rng(0).integers(0, 256, (7, 10, 3), np.uint8)
    grey = np.random.default_rng(0).integers(0, 256, (6, 5, 1), np.uint8)
    files = tf.stack([tf.io.encode_png(pixels), tf.io.encode_png(grey)])
    made = [
        tf.io.decode_png(each).numpy()
        for each in module.signatures["translate_png"](image_bytes=files)["png_bytes"]
    ]
    np.testing.assert_allclose(made[0], model.upscale(pixels), atol=1)
    np.testing.assert_allclose(made[1], model.upscale(grey.repeat(3, axis=-1)), atol=1)


@pytest.mark.parametrize("file", ["objective.tflite", "objective.keras"])
@pytest.mark.slow
def test_exports_of_the_size_of_the_crops(file, tmp_path):
    trained().export(tmp_path / file, file.split(".")[-1])  # Compared with the live model.


# === Two stages ===


def config(tmp_path, **fields):
    tmp_path.joinpath("photographs").mkdir(exist_ok=True)
    for number in range(8):
        pixels = np.random.default_rng(number).integers(0, 256, (20, 24, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photographs" / f"{number}.png")
    config = default_config()
    with config.unlocked():
        config.data.update(
            {
                "name": "photographs",
                "path": str(tmp_path / "photographs"),
                "image_size": 16,
                "crops": 2,
            }
        )
        config.model.update({"name": "srresnet", "moving_average": 0.9})
        config.networks.name = "srresnet"
        config.networks.generator = ConfigDict({"filters": 4, "blocks": 1, "scale": 2})
        config.networks.discriminator = ConfigDict()
        config.update({"batch_size": 8, "epochs": 1, "samples": 4, "steps_per_execution": 1})
        config.objective.penalties = ""
        for name, value in fields.items():
            section, _, field = name.partition("__")
            config[section][field] = ConfigDict(value) if isinstance(value, dict) else value
    return config


@pytest.mark.slow
def test_the_second_stage_starts_from_the_first(tmp_path):
    first = tf_gan.train(config(tmp_path), tmp_path / "first")
    second = config(
        tmp_path,
        model__name="srgan",
        networks__discriminator={"filters": 2, "units": 4},
    )
    second.init_from = str(tmp_path / "first")
    second.optimizer.generator_learning_rate = 1e-12
    model = tf_gan.train(second, tmp_path / "second")
    for here, there in zip(model.generator.weights, first.generator.weights, strict=True):
        if here.trainable:
            np.testing.assert_allclose(here, there, atol=1e-9)
    # A run that goes on has its own generator, and needs the first one no more.
    tmp_path.joinpath("first").rename(tmp_path / "gone")
    second.epochs = 2
    assert int(tf_gan.train(second, tmp_path / "second").step.numpy()) == 4
    loaded, _ = build.load(tmp_path / "second")
    assert loaded.generate(2, seed=0).shape == (2, *SHAPE)
    result = command(
        "sample",
        f"--workdir={tmp_path}/second",
        "--kind=upscale",
        f"--input={tmp_path}/photographs",
        f"--output={tmp_path}/large",
    )
    assert result.returncode == 0, result.stderr
    pixels = np.asarray(Image.open(tmp_path / "photographs" / "3.png"))
    np.testing.assert_allclose(
        np.asarray(Image.open(tmp_path / "large" / "3.png")).astype(int),
        loaded.upscale(pixels),
        atol=1,
    )


@pytest.mark.slow
def test_first_stages_that_cannot_be_used(tmp_path):
    missing = config(tmp_path)
    missing.init_from = str(tmp_path / "none")
    with pytest.raises(UserError, match="No run in"):
        tf_gan.train(missing, tmp_path / "second")
    tf_gan.train(config(tmp_path), tmp_path / "first")
    other = config(tmp_path, networks__generator={"filters": 5, "blocks": 1, "scale": 2})
    other.init_from = str(tmp_path / "first")
    with pytest.raises(
        UserError,
        match=r"\(9, 9, 3, 4\).* there and .*\(9, 9, 3, 5\).* here.*config\.networks\.generator",
    ):
        tf_gan.train(other, tmp_path / "second")
    assert not (tmp_path / "second").exists()


# === What does not fit ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"content": "vgg19"}, "`content`"),
        ({"adversarial_weight": -1.0}, "`adversarial_weight`"),
        ({"total_variation_weight": -1.0}, "`total_var"),
    ],
    ids=str,
)
def test_bad_arguments(arguments, message):
    with pytest.raises(UserError, match=message):
        small(arguments)


def test_tiles_have_a_pixel_or_more():
    with pytest.raises(UserError, match="tile=0"):
        alone().upscale(np.zeros((4, 4, 3)), tile=0)


def test_networks_that_do_not_fit():
    with pytest.raises(UserError, match=r"2 times as large.*image_shape=\(16, 15, 3\)"):
        tf_gan.SRResNet(generator(), (16, 15, 3))
    with pytest.raises(UserError, match=r"3 times as large.*image_shape=\(16, 16, 3\)"):
        tf_gan.SRResNet(generator(scale=3), SHAPE)
    with pytest.raises(UserError, match="any height and width"):
        tf_gan.SRResNet(
            keras.Sequential([keras.Input((8, 8, 3)), keras.layers.UpSampling2D(2)]), SHAPE
        )
    with pytest.raises(UserError, match="whole number of times"):
        tf_gan.SRResNet(
            keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(3, 3, strides=2)]),
            SHAPE,
        )
    with pytest.raises(UserError, match="three channels"):
        tf_gan.SRResNet(
            srresnet.build_generator((16, 16, 1), filters=2, blocks=1, scale=2),
            (16, 16, 1),
            content="vgg54",
        )

import keras
import numpy as np
import pytest
import tensorflow as tf
from ml_collections import ConfigDict
from PIL import Image
from support.routine import check_forms, check_resume, check_trains, check_two_replicas

import tf_gan
from tf_gan import explorer, plots
from tf_gan.config import default_config
from tf_gan.data import Examples
from tf_gan.errors import UserError
from tf_gan.models import Batch
from tf_gan.networks import star_gan
from tf_gan.plots import training_picture, translations
from tf_gan.runs import build
from tf_gan.training.rng import Stream

SHAPE, CLASSES = (8, 8, 1), 3
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.uniform(-1, 1, (80, *SHAPE)).astype(np.float32)
LABELS = (np.arange(80) % CLASSES).astype(np.int32)
DATA = Examples(IMAGES, LABELS, (-1.0, 1.0), name="noise")


def small(arguments=None, **compile_arguments):
    keras.utils.set_random_seed(0)
    model = tf_gan.StarGAN(
        star_gan.build_generator(SHAPE, CLASSES, width=2, blocks=1),
        star_gan.build_discriminator(SHAPE, CLASSES, width=2, stages=2),
        CLASSES,
        moving_average=0.9,
        **(arguments or {}),
    )
    # Tracing takes longer than these steps.
    model.compile(**({"run_eagerly": True, "discriminator_steps": 1} | compile_arguments))
    return model


LOGS = {
    *("discriminator_loss", "generator_loss", "gradient_penalty", "logit(x)", "logit(G(z))"),
    *("discriminator_class_loss", "generator_class_loss", "reconstruction_loss"),
}


def test_trains():
    check_trains(lambda: small(discriminator_steps=2), DATA, LOGS)


def test_defaults_are_those_of_the_paper():
    model = tf_gan.StarGAN(
        star_gan.build_generator(SHAPE, CLASSES, width=2, blocks=1),
        star_gan.build_discriminator(SHAPE, CLASSES, width=2, stages=2),
        CLASSES,
    )
    model.compile()
    assert model.discriminator_steps == 5 and model.data_range == (-1, 1)
    (penalty,) = model.penalties
    assert (penalty.weight, model.class_weight, model.reconstruction_weight) == (10, 1, 10)
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        assert float(optimizer.learning_rate) == pytest.approx(1e-4)
        assert optimizer.beta_1 == 0.5


def cross_entropy(logits, labels):
    logits = np.asarray(logits, np.float64)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(labels)), labels].mean()


def test_the_losses_by_hand():
    weights = {"class_weight": 0.5, "reconstruction_weight": 3.0}
    model = small(weights, penalties=())
    batch, random = Batch(tf.constant(IMAGES[:9]), tf.constant(LABELS[:9])), model.stream(0)
    forward = model.forward(batch, random)
    images, targets = forward.inputs
    np.testing.assert_array_equal(images, IMAGES[:9])
    assert set(targets.numpy()) == {0, 1, 2} and (targets.numpy() != LABELS[:9]).any()
    fakes = model.generator([tf.constant(IMAGES[:9]), targets])
    np.testing.assert_allclose(forward.images, fakes, atol=1e-6)
    real, real_classes = model.discriminator(IMAGES[:9])
    fake, fake_classes = model.discriminator(fakes)
    loss = model.discriminator_loss(forward, batch, random)
    expected = np.mean(fake) - np.mean(real) + 0.5 * cross_entropy(real_classes, LABELS[:9])
    assert float(loss.value) == pytest.approx(expected, rel=1e-4)
    loss = model.generator_loss(forward, batch, random)
    back = model.generator([fakes, tf.constant(LABELS[:9])])
    distance = np.abs(IMAGES[:9] - back.numpy()).mean()
    assert float(loss.logs["reconstruction_loss"]) == pytest.approx(distance, rel=1e-4)
    expected = -np.mean(fake) + 0.5 * cross_entropy(fake_classes, targets) + 3 * distance
    assert float(loss.value) == pytest.approx(expected, rel=1e-4)


def test_evaluate():
    assert set(small().evaluate(IMAGES, LABELS, verbose=0, return_dict=True)) == LOGS - {
        "gradient_penalty"
    }


def test_evaluate_has_no_dropout():
    """Neither of the two passes of G: the same loss twice."""
    model = small()
    drop = keras.layers.Dropout(0.5)
    images, labels = model.generator.inputs
    dropped = model.generator([drop(images), labels])
    model = tf_gan.StarGAN(keras.Model([images, labels], dropped), model.discriminator, CLASSES)
    model.compile(run_eagerly=True)
    batch, random = Batch(tf.constant(IMAGES[:9]), tf.constant(LABELS[:9])), Stream(0)
    logs = model.evaluation_logs(batch, random)
    with_dropout = model.generator_loss(
        model.forward(batch, random, training=False), batch, random
    ).logs
    back = model.generator([model.forward(batch, random, training=False).images, batch.labels])
    distance = np.abs(IMAGES[:9] - back.numpy()).mean()
    assert float(logs["reconstruction_loss"]) == pytest.approx(distance, rel=1e-4)
    assert float(with_dropout["reconstruction_loss"]) != pytest.approx(distance, rel=1e-4)


@pytest.mark.slow
def test_goes_on(tmp_path):
    with tf_gan.distribute.deterministic(True):
        check_resume(small, Examples(IMAGES[:16], LABELS[:16], (-1.0, 1.0)), tmp_path)


def slowly(**form):
    """Small steps: roundings grow fast in maps of 2x2 that are normalised."""
    names = ("generator_optimizer", "discriminator_optimizer")
    return small(
        **{name: keras.optimizers.SGD(1e-4) for name in names}, **({"run_eagerly": False} | form)
    )


@pytest.mark.slow
def test_forms_agree():
    check_forms(slowly, DATA, tolerance=1e-5)


@pytest.mark.slow
def test_two_replicas(mirrored):
    check_two_replicas(slowly, DATA, mirrored, forms=(False, True), tolerance=1e-4)


# === Translations ===


@pytest.fixture(scope="module")
def trained():
    model = small()
    model.fit(DATA, batch_size=40, epochs=1, verbose=0)
    return model


def test_translate(trained):
    made = trained.translate(IMAGES[:4], labels=2)
    expected = trained.average_generator([IMAGES[:4], np.full(4, 2)])
    np.testing.assert_allclose(made, expected, atol=1e-6)
    every = trained.translations(IMAGES[:4])
    assert every.shape == (CLASSES, 4, *SHAPE)
    np.testing.assert_allclose(every[2], made, atol=1e-6)
    mixed = trained.translate(IMAGES[:3], labels=[0, 1, 2])
    for domain in range(CLASSES):
        np.testing.assert_allclose(mixed[domain], every[domain, domain], atol=1e-6)
    for arguments, message in (
        ({}, "from 0 to 2"),
        ({"labels": 3}, "label"),
        ({"labels": [0, 1]}, "label"),
    ):
        with pytest.raises(UserError, match=message):
            trained.translate(IMAGES[:4], **arguments)
    with pytest.raises(UserError, match="shape"):
        trained.translate(IMAGES[:4, :4], labels=1)


def test_generate_translates_images_of_the_data(trained):
    images = trained.generate(6, seed=1)
    sources, labels = trained.sample_inputs(6, 1)
    np.testing.assert_allclose(images, trained.translate(sources.numpy(), labels=labels))
    assert len(set(labels.numpy())) > 1
    assert (trained.sample_inputs(6, 2)[1].numpy() != labels.numpy()).any()
    given = trained.generate(6, seed=1, labels=0)
    np.testing.assert_allclose(given, trained.translate(sources.numpy(), labels=0))


def test_the_picture_has_a_row_for_each_source(trained):
    sources = trained.sample_inputs(4, 0)[0].numpy()
    picture = training_picture.in_all_domains(trained, sources)
    assert picture.shape == (4 * 34 + 2, 4 * 34 + 2, 3)  # 8x8, shown four times as large.
    for column, images in enumerate([sources, *trained.translations(sources)]):
        for row in range(4):
            tile = picture[2 + 34 * row : 34 + 34 * row, 2 + 34 * column : 34 + 34 * column, 0]
            expected = 127.5 * (images[row, ..., 0] + 1)
            np.testing.assert_allclose(tile[::4, ::4], expected, atol=1)
    for columns, shape in ((None, (2, 4)), (8, (1, 8)), (4, (2, 4)), (3, (2, 4))):
        picture = training_picture.training_picture(trained, 8, 0, columns)
        assert picture.shape == (shape[0] * 34 + 2, shape[1] * 34 + 2, 3)


@pytest.mark.parametrize(("columns", "shape"), [(0, (8, 4)), (2, (4, 8))])
def test_the_plot_has_eight_sources(trained, monkeypatch, columns, shape):
    def chosen(model, options, n, *, needs_labels):
        assert not needs_labels
        return IMAGES[:n], None

    monkeypatch.setattr(translations, "chosen_images", chosen)
    picture = translations.plot(trained, plots.PlotOptions(default_config(), columns=columns))
    assert picture.shape == (shape[0] * 34 + 2, shape[1] * 34 + 2, 3)


def test_own_pictures_of_a_contrast_normalised_run(trained, tmp_path):
    pixels = RANDOM.integers(0, 256, SHAPE[:2], np.uint8)
    Image.fromarray(pixels).save(tmp_path / "mine.png")
    config = default_config()
    config.data.contrast_normalization = 0.5
    options = plots.PlotOptions(config, input=str(tmp_path / "mine.png"))
    picture = plots.get("translations").plot(trained, options)
    centred = (pixels - pixels.mean()).astype(np.float32)
    sources = 0.5 * centred / np.linalg.norm(centred)
    expected = training_picture.in_all_domains(trained, sources[None, ..., None])
    np.testing.assert_allclose(picture, expected.astype(float), atol=1)


def test_exports_take_the_domain(trained, tmp_path):
    trained.export(tmp_path / "stars.keras", "keras")
    loaded = keras.saving.load_model(tmp_path / "stars.keras", compile=False)
    made = loaded.predict([(IMAGES[:3] + 1) / 2, np.array([2, 1, 0])], verbose=0)
    expected = (trained.translate(IMAGES[:3], labels=[2, 1, 0]) + 1) / 2
    np.testing.assert_allclose(made, expected, atol=1e-5)
    with pytest.raises(UserError, match="cannot show a StarGAN"):
        explorer.explore_model(trained, tmp_path / "page.html")


@pytest.mark.slow
@pytest.mark.parametrize("format", ["saved_model", "tflite", "onnx"])
def test_other_exports(trained, format, tmp_path):
    report = trained.export(tmp_path / f"stars.{format}", format)  # Compared with the model.
    if format == "saved_model":
        names = {row["signature"] for row in report.rows}
        assert names == {"serving_default", "translate_png"}


@pytest.mark.slow
def test_a_run_on_a_folder_with_a_domain_in_each_sub_folder(tmp_path):
    for number in range(24):
        folder = tmp_path / "pictures" / "abc"[number % 3]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (9, 9), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    config = default_config()
    with config.unlocked():
        config.data.update(
            {
                "name": "image_folder",
                "path": str(tmp_path / "pictures"),
                "image_size": 8,
                "channels": 1,
                "labels": True,
                "held_out": 0.0,
            }
        )
        config.model.name, config.networks.name = "star_gan", "star_gan"
        config.networks.generator = ConfigDict({"width": 2, "blocks": 1})
        config.networks.discriminator = ConfigDict({"width": 2, "stages": 2})
        config.objective.update(
            {"loss": "wasserstein", "penalties": "wgan_gp", "discriminator_steps": 2}
        )
        config.update({"batch_size": 4, "epochs": 2, "samples": 8, "steps_per_execution": 1})
    model = tf_gan.train(config, tmp_path / "run")
    loaded, _ = build.load(tmp_path / "run")
    np.testing.assert_allclose(loaded.generate(2, seed=0), model.generate(2, seed=0), atol=1e-6)
    options = plots.PlotOptions(config, n=3)
    picture = plots.get("translations").plot(loaded, options)
    assert picture.shape[0] > 3 * 8 and picture.shape[1] > 4 * 8


# === What does not fit ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"class_weight": -1.0}, "`class_weight`"),
        ({"reconstruction_weight": -1.0}, "`reconstruction_weight`"),
    ],
    ids=str,
)
def test_bad_arguments(arguments, message):
    with pytest.raises(UserError, match=message):
        small(arguments)


def test_networks_that_do_not_fit():
    generator = star_gan.build_generator(SHAPE, CLASSES, width=2, blocks=1)
    discriminator = star_gan.build_discriminator(SHAPE, 4, width=2, stages=2)
    with pytest.raises(UserError, match=r"\(None, 3\). Received: \(None, 4\)"):
        tf_gan.StarGAN(generator, discriminator, CLASSES)
    with pytest.raises(UserError, match="num_classes=1"):
        tf_gan.StarGAN(generator, discriminator, 1)
    plain = keras.Sequential([keras.Input(SHAPE), keras.layers.Conv2D(1, 1)])
    with pytest.raises(UserError, match=r"\[images, labels\]"):
        tf_gan.StarGAN(plain, discriminator, CLASSES)
    images, labels = generator.inputs
    smaller = keras.Model([images, labels], keras.layers.Conv2D(1, 3)(images))
    of_smaller = star_gan.build_discriminator((6, 6, 1), CLASSES, width=2, stages=1)
    with pytest.raises(UserError, match=r"expected \(8, 8, 1\)\. Received: \(6, 6, 1\)"):
        tf_gan.StarGAN(smaller, of_smaller, CLASSES)


def test_the_way_back_starts_at_images_that_are_not_augmented():
    model = small(penalties=(), augment=lambda x, random: -x)
    batch, random = Batch(tf.constant(IMAGES[:9]), tf.constant(LABELS[:9])), model.stream(0)
    forward = model.forward(batch, random)
    logs = model.generator_loss(forward, batch, random).logs
    back = model.generator([forward.images, tf.constant(LABELS[:9])])
    expected = np.abs(IMAGES[:9] - back.numpy()).mean()
    assert float(logs["reconstruction_loss"]) == pytest.approx(expected, rel=1e-4)

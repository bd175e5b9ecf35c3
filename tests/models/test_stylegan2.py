import keras
import numpy as np
import pytest
import tensorflow as tf
from support.routine import (
    check_forms,
    check_resume,
    check_trains,
    check_two_replicas,
    largest_difference,
)

import tf_gan
from tf_gan.errors import UserError
from tf_gan.models import Batch
from tf_gan.models.stylegan2 import path_lengths
from tf_gan.networks import stylegan2
from tf_gan.penalties import R1
from tf_gan.training import transfer
from tf_gan.training.rng import Fold, Stream

SHAPE = (8, 8, 1)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (96, *SHAPE)).astype(np.float32)
LABELS = np.arange(96) % 3
WIDTHS = {"base_width": 32, "max_width": 4}
LOGS = {
    *("discriminator_loss", "generator_loss", "V(D,G)", "D(x)", "D(G(z))"),
    *("gradient_penalty", "path_length", "path_length_penalty"),
}


def networks(classes=None, noise=True, shape=SHAPE, group=2):
    keras.utils.set_random_seed(0)
    return (
        stylegan2.build_generator(
            shape, 3, classes, style_dim=4, mapping_layers=1, noise=noise, **WIDTHS
        ),
        stylegan2.build_discriminator(shape, classes, stddev_group=group, **WIDTHS),
    )


def small(arguments=None, noise=True, **compile_arguments):
    model = tf_gan.StyleGAN2(
        *networks(noise=noise), 3, **{"moving_average": 0.9} | (arguments or {})
    )
    defaults = {"penalties": R1(0.1), "penalty_interval": 4, "jit_compile": False}
    if compile_arguments.get("penalties") == ():
        defaults["penalty_interval"] = 1
    model.compile(**defaults | compile_arguments)
    return model


def eager(arguments=None, **compile_arguments):
    """Without the time that it takes to trace the programs."""
    return small(arguments, **{"run_eagerly": True} | compile_arguments)


@pytest.fixture(scope="module")
def model():
    """Off the start, so that noise and the mean of w are not 0."""
    model = eager()
    for number, network in enumerate((model.generator, model.average_generator)):
        rows = [w for w in network.weights if w.name in ("strength", "mean")]
        for row, weight in enumerate(rows):
            values = np.random.default_rng([number, row]).normal(size=weight.shape)
            weight.assign(values)
    return model


# === Path lengths ===


def test_path_lengths_are_those_of_the_jacobian():
    synthesis = networks()[0].get_layer("synthesis")
    layers, size = synthesis.input_shape[1:]
    styles = np.random.default_rng(1).normal(size=(2, layers, size)).astype(np.float32)
    random = Stream(5)
    noise = random.normal([2, *SHAPE]).numpy() / 8  # sqrt(8 * 8).
    slopes = np.zeros(styles.shape)
    for index in np.ndindex(layers, size):
        change = np.zeros(styles.shape, np.float32)
        change[(slice(None), *index)] = 1e-2
        difference = (synthesis(styles + change) - synthesis(styles - change)).numpy() / 2e-2
        slopes[(slice(None), *index)] = (difference * noise).sum(axis=(1, 2, 3))
    expected = np.sqrt(np.square(slopes).sum(axis=2).mean(axis=1))
    lengths = path_lengths(lambda w: synthesis(w, training=False), tf.constant(styles), random)
    np.testing.assert_allclose(lengths, expected, rtol=0.02)


def test_path_lengths_of_a_linear_synthesis():
    """G(w) = M w of one pixel with three channels: ||M^T y||."""
    matrix = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    styles = tf.zeros((5, 1, 4))
    random = Stream(1)
    lengths = path_lengths(lambda w: (w[:, 0] @ matrix)[:, None, None, :], styles, random)
    noise = random.normal([5, 1, 1, 3]).numpy()[:, 0, 0]
    np.testing.assert_allclose(lengths, np.linalg.norm(noise @ matrix.T, axis=1), rtol=1e-5)


@pytest.mark.slow
def test_the_mean_of_path_lengths_moves_by_a_hundredth():
    model = eager({"path_length_interval": 2}, penalties=())
    logs = model.train_on_batch(IMAGES[:4], return_dict=True)
    first = float(logs["path_length"])
    # a = 0 before, weight 2: the mean of 2 l^2 is at least 2 (mean l)^2.
    assert float(logs["path_length_penalty"]) >= 2 * first**2 * 0.999
    assert model.path_mean.numpy() == pytest.approx(0.01 * first, rel=1e-5)
    model.train_on_batch(IMAGES[4:8])
    assert model.path_mean.numpy() == pytest.approx(0.01 * first, rel=1e-5)
    assert int(model.generator_optimizer.iterations.numpy()) == 3  # Two steps, one lazy.


# === Training ===


@pytest.mark.slow
def test_trains():
    check_trains(small, IMAGES, LOGS)


@pytest.mark.slow
def test_forms_agree():
    check_forms(lambda **form: small(noise=False, **form), IMAGES, tolerance=1e-3)


@pytest.mark.slow
def test_resume_save_and_load(tmp_path):
    check_resume(small, IMAGES, tmp_path)


@pytest.mark.slow
def test_two_replicas_do_what_one_does(mirrored):
    """Without the minibatch standard deviation, whose groups are those of a replica."""

    def make(**form):
        keras.utils.set_random_seed(0)
        generator, discriminator = networks(noise=False, group=1)
        model = tf_gan.StyleGAN2(generator, discriminator, 3, mixing_probability=0.5)
        sgd = [keras.optimizers.SGD(0.01) for _ in range(2)]
        model.compile(*sgd, penalties=R1(0.1), penalty_interval=4, **form)
        return model

    check_two_replicas(make, IMAGES, mirrored, tolerance=1e-3)


@pytest.mark.slow
def test_a_run_that_resumes_between_lazy_steps_goes_on_to_the_bit(tmp_path):
    whole, fresh = (eager({"path_length_interval": 2}, penalty_interval=2) for _ in range(2))
    batches = np.split(IMAGES[:12], 3)
    whole.train_on_batch(batches[0])
    tf_gan.callbacks.checkpoints.manager(whole, tmp_path).save()
    assert tf_gan.callbacks.checkpoints.restore_latest(fresh, tmp_path)
    for batch in batches[1:]:
        whole.train_on_batch(batch)
        fresh.train_on_batch(batch)
    assert whole.path_mean.numpy() > 0
    assert largest_difference(whole, fresh) == 0


def test_defaults():
    model = tf_gan.StyleGAN2(*networks(), 3)
    model.compile()
    assert model.penalty_interval == 16 and type(model.penalties[0]).__name__ == "R1"
    rates = [
        float(optimizer.learning_rate)
        for optimizer in (model.generator_optimizer, model.discriminator_optimizer)
    ]
    assert rates == pytest.approx([0.002 * 4 / 5, 0.002 * 16 / 17])
    assert model.discriminator_optimizer.beta_2 == pytest.approx(0.99 ** (16 / 17))
    model.compile(penalties=())
    assert model.penalty_interval == 1 and model.lazy_objectives[0].name == "path_length"
    assert float(model.discriminator_optimizer.learning_rate) == pytest.approx(0.002)
    model.compile(penalties="lecam")  # Not on gradients: in each step.
    assert model.penalty_interval == 1
    with pytest.raises(UserError, match="penalty_interval=16 has no effect without penalties"):
        model.compile(penalties=(), penalty_interval=16)
    with pytest.raises(UserError, match="Expected an integer >= 1"):
        model.compile(penalties="r1", penalty_interval="16")
    with pytest.raises(UserError, match=r"`discriminator_steps`\. Expected an integer >= 1"):
        model.compile(discriminator_steps=None)


def test_files_keep_the_interval_of_penalties(tmp_path):
    model = tf_gan.StyleGAN2(*networks(), 3)
    model.compile(penalties="r1", penalty_interval=1)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert [each.name for each in loaded.lazy_objectives] == ["path_length"]


@pytest.mark.slow
def test_augmentation_fine_tuning_and_freezing():
    """ADA, the weights of another model, and D's first layers held."""
    source = eager()
    source.train_on_batch(IMAGES[:8])
    model = eager(augment=tf_gan.augment.ADA())
    for name in ("generator", "discriminator", "average_generator"):
        taken = transfer.take(getattr(model, name), getattr(source, name))
        assert taken.taken == taken.total
    np.testing.assert_array_equal(model.generate(2, seed=0), source.generate(2, seed=0))
    transfer.freeze(model.discriminator, 2)
    model.compile(augment="ada", run_eagerly=True, penalty_interval=2)
    layers = transfer.layers_with_weights(model.discriminator)
    before = [layer.get_weights()[0] for layer in layers]
    model.augmentation_p.assign(0.5)
    logs = model.train_on_batch(IMAGES[:8], return_dict=True)
    assert np.isfinite(list(logs.values())).all() and float(logs["augment_p"]) == 0.5
    moved = [
        np.abs(layer.get_weights()[0] - value).max() > 0
        for layer, value in zip(layers, before, strict=True)
    ]
    assert moved == [False] * 2 + [True] * (len(layers) - 2)


def test_larger_networks_take_the_weights_of_smaller_ones():
    generator, larger = networks()[0], networks(shape=(16, 16, 1))[0]
    taken = transfer.take(larger, generator)
    assert 0.5 < taken.taken / taken.total < 1
    mapping = [each.get_layer("mapping").get_weights()[0] for each in (larger, generator)]
    np.testing.assert_array_equal(*mapping)


@pytest.mark.slow
def test_classes():
    model = tf_gan.ConditionalStyleGAN2(*networks(classes=3), 3, num_classes=3)
    model.compile(run_eagerly=True, penalty_interval=2)
    logs = model.fit(IMAGES[:6], LABELS[:6], batch_size=6, epochs=1, verbose=0).history
    assert set(logs) == LOGS and np.isfinite(list(logs.values())).all()
    images = model.generate(3, seed=0, labels=[0, 1, 2], truncation=0.7)
    assert np.abs(images[0] - images[1]).max() > 0
    copy = tf_gan.ConditionalStyleGAN2.from_config(model.get_config())
    assert copy.num_classes == 3 and copy.mixing_probability == 0.9


# === Style mixing ===


def test_mixing_takes_the_second_w_from_a_layer_on(model):
    latents = tf.constant(np.random.default_rng(0).normal(size=(64, 3)), tf.float32)
    mapping = model.generator.get_layer("mapping")
    w = mapping(latents).numpy()
    mixed = model.mixed_styles(latents, Stream(0)).numpy()
    own = np.isclose(mixed, w[:, None]).all(axis=2)  # (64, layers)
    assert own[:, 0].all()  # The first layer is never replaced.
    assert (own[:, :-1] >= own[:, 1:]).all()  # From a layer on.
    counts = np.bincount(own.sum(axis=1), minlength=5)[1:]
    assert 0 < counts[3] < 20  # A tenth is not mixed.
    assert (counts[:3] > 5).all()  # Each layer may be the first of the second w.


def test_without_mixing_all_layers_take_the_same(model):
    plain = tf_gan.StyleGAN2(model.generator, model.discriminator, 3, mixing_probability=0.0)
    latents = tf.ones((2, 3))
    mixed = plain.mixed_styles(latents, Stream(0)).numpy()
    w = plain.generator.get_layer("mapping")(latents).numpy()
    np.testing.assert_array_equal(mixed, np.repeat(w[:, None], 4, axis=1))


# === Sampling ===


def test_images_are_functions_of_the_seed(model):
    images = model.generate(4, seed=3)
    np.testing.assert_array_equal(images, model.generate(4, seed=3))
    np.testing.assert_allclose(images[:2], model.generate(4, seed=3, batch_size=2)[:2], atol=1e-6)


def test_truncation_moves_w_to_its_mean(model):
    latents = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    w, mean = model.styles_of(latents), model.mean_style
    assert np.abs(mean).min() > 0
    truncated = model.styles_of(latents, truncation=0.25)
    np.testing.assert_allclose(truncated, mean + 0.25 * (w - mean), atol=1e-6)
    np.testing.assert_allclose(
        model.images_from(latents, truncation=0.25), model.images_from_styles(truncated), atol=1e-5
    )
    np.testing.assert_allclose(
        model.images_from(latents, truncation=1.0), model.images_from(latents), atol=1e-5
    )
    near = [np.std(model.images_from(latents, truncation=t), axis=0).mean() for t in (0.1, 1.0)]
    assert near[0] < 0.5 * near[1]


def test_the_mean_of_w_is_tracked_in_training():
    model = eager({"mixing_probability": 0.0, "path_length_weight": 0.0}, penalties=())
    assert np.all(model.mean_style == 0)
    latents = model.latents_of(8, step=0, substep=0)
    w = model.generator.get_layer("mapping")(latents).numpy()
    model.train_on_batch(IMAGES[:8])
    # The second update of the step draws other latents: the mean is of both.
    latents = model.latents_of(8, step=0, substep=1)
    second = model.generator.get_layer("mapping")(latents).numpy()
    expected = 0.005 * (0.995 * w.mean(axis=0) + second.mean(axis=0))
    np.testing.assert_allclose(model.mean_style, expected, atol=2e-4)


def test_styles_for_each_layer(model):
    styles = np.random.default_rng(0).normal(size=(2, 4, 4)).astype(np.float32)
    images = model.images_from_styles(styles)
    assert images.shape == (2, *SHAPE)
    same = np.repeat(styles[:, :1], 4, axis=1)
    np.testing.assert_allclose(
        model.images_from_styles(same), model.images_from_styles(styles[:, 0]), atol=1e-6
    )
    with pytest.raises(UserError, match=r"\(n, 4\) or \(n, 4, 4\). Received: shape \(2, 3, 4\)"):
        model.images_from_styles(styles[:, :3])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mixing_probability": 1.5}, r"`mixing_probability`\. Expected a number in \[0, 1\]"),
        ({"path_length_weight": -1.0}, "`path_length_weight`. Expected a number >= 0"),
        ({"path_length_interval": 0}, "an integer >= 1"),
    ],
)
def test_wrong_values_are_refused(arguments, message):
    with pytest.raises(UserError, match=message):
        tf_gan.StyleGAN2(*networks(), 3, **arguments)


def test_another_generator_is_refused():
    layers = [keras.Input((3,)), keras.layers.Dense(64), keras.layers.Reshape(SHAPE)]
    with pytest.raises(UserError, match="two models among its layers"):
        tf_gan.StyleGAN2(keras.Sequential(layers, name="generator"), networks()[1], 3)


def with_classes(arguments=None, noise=True, group=2, **compile_arguments):
    model = tf_gan.ConditionalStyleGAN2(
        *networks(3, noise, group=group), 3, 3, **{"moving_average": 0.9} | (arguments or {})
    )
    defaults = {"penalties": R1(0.1), "penalty_interval": 4, "jit_compile": False}
    model.compile(**defaults | compile_arguments)
    return model


LABELLED = tf_gan.data.Examples(IMAGES, LABELS, None)


@pytest.mark.slow
def test_with_classes_it_resumes(tmp_path):
    check_resume(with_classes, LABELLED, tmp_path)


@pytest.mark.slow
def test_with_classes_two_replicas_do_what_one_does(mirrored):
    def make(**form):
        sgd = [keras.optimizers.SGD(0.01) for _ in range(2)]
        names = ("generator_optimizer", "discriminator_optimizer")
        return with_classes(
            {"moving_average": None, "mixing_probability": 0.5},
            noise=False,
            group=1,
            **dict(zip(names, sgd, strict=True)),
            **form,
        )

    check_two_replicas(make, LABELLED, mirrored, tolerance=1e-3)


def test_the_lazy_loss_is_k_times_the_distance_from_the_mean():
    model = small({"path_length_interval": 3}, noise=False, penalties=(), run_eagerly=True)
    model.path_mean.assign(0.5)
    random = model.stream(0)
    loss = model.path_length_loss(None, Batch(tf.constant(IMAGES[:4])), random)
    styles = model.mixed_styles(model.sample_latents(2, random.fold(0)), random.fold(Fold.STYLES))
    lengths = path_lengths(model.generator.get_layer("synthesis"), styles, random.fold(1))
    expected = 3 * 2.0 * np.mean(np.square(lengths - 0.5))
    assert float(loss.value) == pytest.approx(expected, rel=1e-5)


def test_training_mixes_styles():
    model = small({"mixing_probability": 1.0}, noise=False, penalties=(), run_eagerly=True)
    forward = model.forward(Batch(tf.constant(IMAGES[:8])), model.stream(0))
    distance = np.abs(forward.images - model.generator(forward.inputs))
    assert (distance.max(axis=(1, 2, 3)) > 1e-4).all()

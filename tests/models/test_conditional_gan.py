import keras
import numpy as np
import pytest
import scipy
import tensorflow as tf
from scipy.special import expit as sigmoid
from support.networks import dtype_policy
from support.routine import check_resume, check_trains, largest_difference
from support.small import linear_layer

import tf_gan
from tf_gan import networks
from tf_gan.errors import UserError
from tf_gan.losses import class_loss
from tf_gan.training.rng import Stream

SHAPE, CLASSES = (8, 8, 1), 3
dcgan, one_hot = networks.get("conditional_dcgan"), networks.get("conditional_one_hot")


def compiled(condition=None, *, arguments=None, **compile_arguments):
    """A small model: one-hot MLPs, or the convolutional networks with a way to tell D
    the class.
    """
    keras.utils.set_random_seed(0)
    if condition is None:
        players = (
            one_hot.build_generator(SHAPE, 4, CLASSES, units=16),
            one_hot.build_discriminator(SHAPE, CLASSES, units=16),
        )
    else:
        small = {"filters": 4, "units": 8, "kernel_size": 3}
        players = (
            dcgan.build_generator(SHAPE, 4, CLASSES, **small),
            dcgan.build_discriminator(SHAPE, CLASSES, **small, condition=condition),
        )
    gan = tf_gan.ConditionalGAN(*players, latent_dim=4, num_classes=CLASSES, **(arguments or {}))
    gan.compile(**compile_arguments)
    return gan


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).uniform(0, 1, (96, *SHAPE)).astype(np.float32)


@pytest.fixture(scope="module")
def labels():
    return np.arange(96) % CLASSES


# === Formulas, with linear players ===


def linear_players(second_output=False):
    """G(z|y) = [z, e_y] W, D(x|y) = [x, e_y] v; with a second output D(x) = x v and
    class logits x C.
    """
    latents, labels = keras.Input((2,)), keras.Input((), dtype="int32")
    joined = keras.layers.Concatenate()([latents, keras.ops.one_hot(labels, CLASSES)])
    g = keras.Model([latents, labels], linear_layer(4, seed=1)(joined))
    images, labels = keras.Input((4,)), keras.Input((), dtype="int32")
    head = linear_layer(1, seed=2)
    if second_output:
        class_head = linear_layer(CLASSES, seed=3, stddev=1.0)
        return g, keras.Model(images, [head(images), class_head(images)])
    return g, keras.Model(
        [images, labels],
        head(keras.layers.Concatenate()([images, keras.ops.one_hot(labels, CLASSES)])),
    )


def softmax(a):
    return scipy.special.softmax(a, axis=1)


def test_a_step_matches_the_formulas_and_both_players_see_the_labels_of_the_minibatch():
    g, d = linear_players()
    gan = tf_gan.ConditionalGAN(g, d, latent_dim=2, num_classes=CLASSES, seed=5, moving_average=0.9)
    gan.compile(keras.optimizers.SGD(0.3), keras.optimizers.SGD(0.2))
    w_g, w_d = g.get_weights()[0].astype(np.float64), d.get_weights()[0].astype(np.float64)
    x, y = (
        np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32),
        np.array([0, 2, 1, 1, 0, 2]),
    )
    e = np.eye(CLASSES)[y]
    first, second = (
        np.hstack([gan.sample_latents(6, Stream(5, 0, draw).fold(1).fold(0)).numpy(), e])
        for draw in (0, 1)
    )
    logs = gan.train_on_batch(x, y, return_dict=True)
    real, fake = np.hstack([x, e]), np.hstack([first @ w_g, e])
    value = np.mean(np.log(sigmoid(real @ w_d))) + np.mean(np.log(1 - sigmoid(fake @ w_d)))
    moved_d = w_d + 0.2 * (real.T @ (1 - sigmoid(real @ w_d)) - fake.T @ sigmoid(fake @ w_d)) / 6
    slopes = 1 - sigmoid(np.hstack([second @ w_g, e]) @ moved_d)
    moved_g = w_g + 0.3 * second.T @ (slopes @ moved_d[:4].T) / 6
    np.testing.assert_allclose(d.get_weights()[0], moved_d, atol=1e-6)
    np.testing.assert_allclose(g.get_weights()[0], moved_g, atol=1e-6)
    # As in `GAN`, of the first step.
    np.testing.assert_allclose(
        gan.average_generator.get_weights()[0], 0.1 * w_g + 0.9 * moved_g, atol=1e-6
    )
    assert logs["V(D,G)"] == pytest.approx(value, abs=1e-5)


def test_the_auxiliary_classifier_adds_its_cross_entropy_to_both_sides():
    g, d = linear_players(second_output=True)
    gan = tf_gan.ConditionalGAN(
        g, d, latent_dim=2, num_classes=CLASSES, seed=5, auxiliary_weight=0.5
    )
    # Its gradients are the plain means.
    gan.compile(keras.optimizers.SGD(0.3), keras.optimizers.SGD(0.2), loss="wasserstein")
    w_g, (w_d, w_c) = (
        g.get_weights()[0].astype(np.float64),
        [w.astype(np.float64) for w in d.get_weights()],
    )
    x, y = (
        np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32),
        np.array([0, 2, 1, 1, 0, 2]),
    )
    e = np.eye(CLASSES)[y]
    first, second = (
        np.hstack([gan.sample_latents(6, Stream(5, 0, draw).fold(1).fold(0)).numpy(), e])
        for draw in (0, 1)
    )
    logs = gan.train_on_batch(x, y, return_dict=True)
    fake = first @ w_g
    losses = [-np.mean(np.log(softmax(inputs @ w_c)[range(6), y])) for inputs in (x, fake)]
    moved_d = w_d + 0.2 * (x.mean(axis=0) - fake.mean(axis=0))[:, None]
    moved_c = (
        w_c + 0.2 * 0.5 * (x.T @ (e - softmax(x @ w_c)) + fake.T @ (e - softmax(fake @ w_c))) / 6
    )
    np.testing.assert_allclose(d.get_weights()[0], moved_d, atol=1e-6)
    np.testing.assert_allclose(d.get_weights()[1], moved_c, atol=1e-6)
    fake = second @ w_g
    slope = np.tile(moved_d.T, (6, 1)) + 0.5 * (e - softmax(fake @ moved_c)) @ moved_c.T
    np.testing.assert_allclose(g.get_weights()[0], w_g + 0.3 * second.T @ slope / 6, atol=1e-6)
    assert logs["discriminator_class_loss"] == pytest.approx(sum(losses), abs=1e-5)
    assert logs["generator_class_loss"] == pytest.approx(
        -np.mean(np.log(softmax(fake @ moved_c)[range(6), y])), abs=1e-5
    )


def test_class_loss_by_hand():
    # -log(1/4), -log(3/4).
    logits = tf.math.log([[1.0, 2.0, 1.0], [3.0, 0.5, 0.5]])
    assert float(class_loss(tf.constant([0, 0]), logits)) == pytest.approx(
        (np.log(4) + np.log(4 / 3)) / 2, abs=1e-6
    )


def test_a_penalty_differentiates_the_images_alone():
    """The logit x . v_y has the gradient v_y: R1 is half the mean of |v_y|^2 over the
    labels of the minibatch.
    """
    images, labels = keras.Input((4,)), keras.Input((), dtype="int32")
    vectors = linear_layer(4, seed=2)
    d = keras.Model(
        [images, labels],
        keras.layers.Dot(-1)([vectors(keras.ops.one_hot(labels, CLASSES)), images]),
    )
    gan = tf_gan.ConditionalGAN(linear_players()[0], d, latent_dim=2, num_classes=CLASSES)
    gan.compile(penalties=tf_gan.penalties.R1(1.0))
    norms = np.sum(np.square(vectors.get_weights()[0]), axis=1)
    logs = gan.train_on_batch(np.ones((4, 4), np.float32), np.array([0, 0, 0, 2]), return_dict=True)
    assert logs["gradient_penalty"] == pytest.approx((3 * norms[0] + norms[2]) / 8, rel=1e-5)


# === It learns the classes ===


@pytest.mark.parametrize("second_output", [False, True])
@pytest.mark.slow
def test_learns_a_mean_for_each_class(second_output):
    keras.utils.set_random_seed(0)
    data = tf_gan.data.gaussians_1d(4096, means=(-2.0, 0.0, 2.0), deviation=0.2)

    def joined(size):
        inputs, labels = keras.Input((size,)), keras.Input((), dtype="int32")
        return [inputs, labels], keras.layers.Concatenate()(
            [inputs, keras.ops.one_hot(labels, CLASSES)]
        )

    inputs, x = joined(1)
    g = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Dense(16, "relu")(x)))
    inputs, x = joined(1)
    x = keras.layers.Dense(32, "relu")(
        keras.layers.Dense(32, "relu")(inputs[0] if second_output else x)
    )
    logits = keras.layers.Dense(1)(x)
    d = (
        keras.Model(inputs[0], [logits, keras.layers.Dense(CLASSES)(x)])
        if second_output
        else keras.Model(inputs, logits)
    )
    gan = tf_gan.ConditionalGAN(g, d, 1, CLASSES, moving_average=0.99)
    gan.compile(
        *(keras.optimizers.Adam(2e-3, beta_1=0.5) for _ in range(2)),
        penalties=tf_gan.penalties.R1(0.1),
        steps_per_execution=32,
    )
    gan.fit(data, batch_size=128, epochs=30, verbose=0)
    for label, mean in enumerate((-2.0, 0.0, 2.0)):
        assert gan.generate(500, seed=1, labels=label).mean() == pytest.approx(mean, abs=0.3)


# === What every model does ===


@pytest.mark.parametrize(
    "condition",
    [None, *(pytest.param(name, marks=pytest.mark.slow) for name in ("projection", "classifier"))],
)
def test_fit_save_and_go_on(images, labels, condition, tmp_path):
    def make():
        return compiled(
            condition,
            arguments={"moving_average": 0.9, "seed": 3},
            discriminator_steps=2,
            penalties="r1",
            jit_compile=False,
        )

    names = {"discriminator_loss", "generator_loss", "gradient_penalty"}
    names |= {"V(D,G)", "D(x)", "D(G(z))"}
    if condition == "classifier":
        names |= {"discriminator_class_loss", "generator_class_loss"}
    examples = tf_gan.data.Examples(images, labels, (0, 1))
    check_trains(make, examples, names)
    check_resume(make, examples, tmp_path, tolerance=1e-6)


def test_saving_keeps_the_classes(tmp_path):
    gan = compiled("classifier", arguments={"auxiliary_weight": 0.25, "prior": (0, 1)})
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert type(loaded) is tf_gan.ConditionalGAN
    assert (loaded.num_classes, loaded.auxiliary_weight, loaded.prior, loaded.data_range) == (
        CLASSES,
        0.25,
        (0.0, 1.0),
        (0.0, 1.0),
    )


@pytest.mark.parametrize(
    ("updates", "loss"), [("alternating", "minimax"), ("simultaneous", "relativistic")]
)
def test_orders_and_losses(images, labels, updates, loss):
    history = (
        compiled(updates=updates, loss=loss)
        .fit(images, labels, batch_size=32, epochs=1, verbose=0)
        .history
    )
    assert np.isfinite(list(history.values())).all()


@pytest.mark.slow
def test_all_kinds_of_labelled_data_are_the_same_training(images, labels):
    pairs = tf.data.Dataset.from_tensor_slices((images, labels)).batch(32)  # int64
    ways = [
        lambda gan: gan.fit(
            images, labels.astype(np.uint8), batch_size=32, shuffle=False, verbose=0
        ),
        lambda gan: gan.fit(
            tf_gan.data.Examples(images, labels, None), batch_size=32, shuffle=False, verbose=0
        ),
        lambda gan: gan.fit(pairs, verbose=0),
        lambda gan: gan.fit(
            ((x.numpy(), y.numpy()) for x, y in pairs), steps_per_epoch=3, verbose=0
        ),
    ]
    gans = [compiled(jit_compile=False) for _ in ways]
    for way, gan in zip(ways, gans, strict=True):
        way(gan)
        assert gan.step.numpy() == 3
        assert largest_difference(gans[0], gan) < 1e-6


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64])
@pytest.mark.slow
def test_labels_of_any_integer_type(images, labels, dtype):
    gan = compiled("classifier", run_eagerly=True)
    pairs = tf.data.Dataset.from_tensor_slices((images, labels.astype(dtype))).batch(32)
    gan.fit(pairs, steps_per_epoch=1, verbose=0)
    expected = gan.evaluate(images, labels, verbose=0)
    for arguments in ((pairs,), (images, labels.astype(dtype)), (images, labels.tolist())):
        np.testing.assert_allclose(gan.evaluate(*arguments, verbose=0), expected, rtol=1e-5)


def test_an_eager_step_on_arrays(images, labels):
    gan = compiled(run_eagerly=True)
    logs = gan.train_on_batch(images[:8], labels[:8], return_dict=True)
    assert np.isfinite(logs["discriminator_loss"])


def test_the_label_decides_the_image(images, labels):
    gan = compiled(arguments={"moving_average": 0.9})
    gan.fit(images, labels, batch_size=32, epochs=1, verbose=0)
    latents = gan.sample_latents(1, Stream(0)).numpy().repeat(CLASSES, axis=0)
    by_class = gan.images_from(latents, np.arange(CLASSES))
    assert min(np.abs(by_class[a] - by_class[b]).max() for a, b in ((0, 1), (1, 2), (0, 2))) > 1e-3
    np.testing.assert_allclose(
        gan.predict([latents, np.arange(CLASSES)], verbose=0), by_class, atol=1e-6
    )
    np.testing.assert_allclose(
        gan.average_generator.predict([latents, np.arange(CLASSES)], verbose=0), by_class, atol=1e-6
    )


@pytest.mark.slow
def test_evaluation_and_validation_use_the_labels(images, labels):
    gan = compiled("classifier", run_eagerly=True)
    values = gan.evaluate(images, labels, batch_size=40, verbose=0, return_dict=True)
    logits, class_logits = gan.discriminator.predict(images, verbose=0)
    loss = -np.log(softmax(class_logits.astype(np.float64))[range(96), labels])
    fakes = values["generator_class_loss"]
    assert values["discriminator_class_loss"] == pytest.approx(loss.mean() + fakes, abs=1e-5)
    assert values["D(x)"] == pytest.approx(float(sigmoid(logits).mean()), abs=1e-5)
    assert gan.evaluate(
        tf_gan.data.Examples(images, labels, (0, 1)), batch_size=40, verbose=0, return_dict=True
    ) == pytest.approx(values)
    for data in (
        (images, labels),
        tf_gan.data.Examples(images, labels, (0, 1)),
        tf.data.Dataset.from_tensor_slices((images, labels)).batch(32),
    ):
        history = (
            compiled(run_eagerly=True)
            .fit(images[:32], labels[:32], batch_size=32, verbose=0, validation_data=data)
            .history
        )
        assert np.isfinite(history["val_D(x)"]).all()


@pytest.mark.parametrize(
    ("policy", "condition"),
    [
        ("mixed_bfloat16", None),
        pytest.param("mixed_float16", "classifier", marks=pytest.mark.slow),
        ("mixed_bfloat16", "projection"),
    ],
)
def test_mixed_precision(images, labels, policy, condition):
    with dtype_policy(policy):
        gan = compiled(condition, arguments={"moving_average": 0.9}, penalties="r1")
    assert np.isfinite(
        list(gan.fit(images, labels, batch_size=32, epochs=1, verbose=0).history.values())
    ).all()
    assert gan.generate(2, seed=0).dtype == np.float32


@pytest.mark.slow
def test_export_takes_labels(images, labels, tmp_path):
    gan = compiled(arguments={"moving_average": 0.9})
    gan.fit(images, labels, batch_size=32, epochs=1, verbose=0)
    gan.export(tmp_path / "exported" / "1")
    latents, classes = gan.sample_latents(3, Stream(0)), np.array([0, 1, 2], np.int32)
    exported = tf.saved_model.load(tmp_path / "exported" / "1").signatures["serving_default"]
    low, high = gan.data_range
    expected = (gan.images_from(latents, classes) - low) / (high - low)
    np.testing.assert_allclose(
        exported(latents=latents, labels=tf.constant(classes))["images"], expected, atol=1e-5
    )


@keras.saving.register_keras_serializable("tests")
class SubclassedPlayer(keras.Model):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units, self.output_layer = units, keras.layers.Dense(units)

    def call(self, inputs):
        values, labels = inputs
        return self.output_layer(
            keras.ops.concatenate([values, keras.ops.one_hot(labels, CLASSES)], axis=-1)
        )

    def get_config(self):
        return {"units": self.units}


def test_subclassed_players():
    gan = tf_gan.ConditionalGAN(
        SubclassedPlayer(2),
        SubclassedPlayer(1),
        latent_dim=3,
        num_classes=CLASSES,
        moving_average=0.9,
    )
    gan.compile()
    gan.fit(
        np.zeros((32, 2), np.float32), np.arange(32) % CLASSES, batch_size=16, epochs=1, verbose=0
    )
    assert gan.generate(3, seed=0, labels=1).shape == (3, 2)


# === Errors ===


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda x, y: (x, None),
            "3 classes: expected labels beside the images. Received: images without labels",
        ),
        (lambda x, y: (x, y[:90]), r"96 integer labels, shape \(96,\)\. Received: .*shape \(90,\)"),
        (
            lambda x, y: (x, y.astype(np.float32)),
            r"96 integer labels, shape \(96,\). Received: dtype float32",
        ),
        (lambda x, y: (x, y.astype(str)), "integer labels"),
        (lambda x, y: (x, y[:, None]), r"shape \(96, 1\). Take `labels\[:, 0\]`"),
        (lambda x, y: (x, np.eye(3, dtype=int)[y]), r"labels.argmax\(axis=1\)"),
        (lambda x, y: (x, y + 1), "labels from 0 to 2. Received: labels from 1 to 3"),
        (lambda x, y: (x, y - 1), "Received: labels from -1 to 1"),
        (lambda x, y: (tf_gan.data.Examples(x), None), "images without labels"),
        (lambda x, y: (tf_gan.data.Examples(x, y + 1), None), "Received: labels from 1 to 3"),
        (
            lambda x, y: (tf.data.Dataset.from_tensor_slices(x).batch(32), None),
            "images without labels",
        ),
        (
            lambda x, y: (tf.data.Dataset.from_tensor_slices((x, y + 5)).batch(32), None),
            "Received: labels from 5 to 7",
        ),
        (
            lambda x, y: (tf.data.Dataset.from_tensor_slices((x, y[:, None])).batch(32), None),
            r"Take `labels\[:, 0\]`",
        ),
    ],
)
def test_labels_that_do_not_fit_are_refused_before_training(images, labels, change, message):
    gan = compiled(arguments={"data_range": (-1, 1)})
    x, y = change(2 * images - 1, labels)
    with pytest.raises(UserError, match=message):
        gan.fit(x, y, **({} if isinstance(x, tf.data.Dataset) else {"batch_size": 32}), verbose=0)
    assert gan.step.numpy() == 0
    if "96 images" not in message:
        with pytest.raises(UserError, match=message):
            gan.evaluate(x, y, verbose=0)


def test_players_must_fit():
    g, d = linear_players()
    plain = (
        networks.get("points").build_generator((4,), 2),
        networks.get("points").build_discriminator((4,)),
    )
    with pytest.raises(UserError, match="neither takes labels nor returns class logits"):
        tf_gan.ConditionalGAN(g, plain[1], 2, CLASSES)
    with pytest.raises(
        UserError,
        match=(
            r"generator does not take the latents, of shape \(None, 2\) and \(None,\): it expects"
            r" \(None, 2\)"
        ),
    ):
        tf_gan.ConditionalGAN(plain[0], d, 2, CLASSES)
    with pytest.raises(
        UserError,
        match=r"generator does not take the latents, of shape \(None, 2\).*\(None, 2\).*\(None,\)",
    ):
        tf_gan.GAN(g, plain[1], 2)
    with pytest.raises(UserError, match=r"one output, the logits. Received: one with 2"):
        tf_gan.GAN(plain[0], linear_players(second_output=True)[1], 2)
    for number, name, activation in (
        (0, "logits", "sigmoid"),
        (1, "class logits", "softmax"),
        (1, "class logits", "sigmoid"),
    ):
        images = keras.Input((4,))
        outputs = [keras.layers.Dense(1)(images), keras.layers.Dense(CLASSES)(images)]
        outputs[number] = keras.layers.Activation(activation)(outputs[number])
        with pytest.raises(UserError, match=f"discriminator's {name} end in a {activation}"):
            tf_gan.ConditionalGAN(g, keras.Model(images, outputs), 2, CLASSES)
    with pytest.raises(
        UserError, match=r"class logits of shape \(None, 4\). Received: \(None, 3\)"
    ):
        tf_gan.ConditionalGAN(g, linear_players(second_output=True)[1], 2, num_classes=4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_classes": 1}, "num_classes=1"),
        ({"num_classes": None}, "num_classes=None"),
        ({"auxiliary_weight": -1}, "auxiliary_weight=-1"),
        ({"auxiliary_weight": float("nan")}, "nan"),
    ],
)
def test_bad_constructor_arguments(arguments, message):
    with pytest.raises(UserError, match=message):
        tf_gan.ConditionalGAN(*linear_players(), 2, **({"num_classes": CLASSES} | arguments))

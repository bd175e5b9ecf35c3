import contextlib
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.routine import check_forms, check_resume, check_trains, check_two_replicas

import tf_gan
from tf_gan.data import Examples
from tf_gan.errors import UserError
from tf_gan.models import Batch
from tf_gan.models.partly_labelled import mean_where, without_label
from tf_gan.networks import semi_supervised_mlp
from tf_gan.training.rng import Stream

SHAPE, CLASSES = (4, 4, 1), 3
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.uniform(0, 1, (96, *SHAPE)).astype(np.float32)
TRUE_LABELS = np.arange(96) % CLASSES
LABELS = np.where(np.arange(96) < 9, TRUE_LABELS, -1)  # Three of each class.
EXAMPLES = Examples(IMAGES, LABELS, None)
NAMES = {
    "discriminator_loss",
    "labelled_loss",
    "unlabelled_loss",
    "generator_loss",
    "V(D,G)",
    "D(x)",
    "D(G(z))",
    "accuracy",
}
layers = keras.layers


def players(outputs=CLASSES):
    """Without noise and BatchNormalization, which two replicas have each for
    themselves.
    """
    keras.utils.set_random_seed(0)
    generator = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(8, "relu"),
            layers.Dense(16, "sigmoid"),
            layers.Reshape(SHAPE),
        ]
    )
    images = keras.Input(SHAPE)
    features = layers.Dense(6, "relu")(layers.Flatten()(images))
    return generator, keras.Model(images, [layers.Dense(outputs)(features), features])


def small(arguments=None, outputs=CLASSES, **compile_arguments):
    gan = tf_gan.SemiSupervisedGAN(*players(outputs), 5, CLASSES, **(arguments or {}))
    gan.compile(**({"jit_compile": False} | compile_arguments))
    return gan


def of_the_paper(arguments=None, **compile_arguments):
    """The paper's networks, small: noise, BatchNormalization, weight normalisation that
    is initialised on images.
    """
    keras.utils.set_random_seed(0)
    generator = semi_supervised_mlp.build_generator(SHAPE, 5, units=(8, 8))
    discriminator = semi_supervised_mlp.build_discriminator(SHAPE, CLASSES, units=(8, 6))
    gan = tf_gan.SemiSupervisedGAN(
        generator, discriminator, 5, CLASSES, **({"classifier_average": 0.9} | (arguments or {}))
    )
    gan.initialize(IMAGES[:50])
    gan.compile(**({"jit_compile": False} | compile_arguments))
    return gan


# === The losses ===

# Z is 2, 4 and 3 for the images, 2 for the fake, so D is 2/3, 4/5, 3/4 and 2/3.
REAL_LOGITS = tf.math.log([[1.0, 0.5, 0.5], [2.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
FAKE_LOGITS = tf.math.log([[1.0, 0.5, 0.5]])
SOME_LABELS = tf.constant([0, 1, -1])
REAL_FEATURES = tf.constant([[100.0, 100.0], [-50.0, 0.0], [3.0, 4.0]])
FAKE_FEATURES = tf.constant([[1.0, 1.0], [1.0, 3.0]])


def terms(gan, real_logits=REAL_LOGITS, fake_logits=FAKE_LOGITS, labels=SOME_LABELS):
    loss, logs = gan.discriminator_terms(
        [real_logits, REAL_FEATURES], [fake_logits, FAKE_FEATURES], labels
    )
    assert float(loss) == pytest.approx(float(logs["discriminator_loss"]))
    return {name: float(value) for name, value in logs.items()}


def test_the_losses_of_d_by_hand():
    # p(y|x, real) is 1/2 and 1/4 for the labels of the first two; the third alone has
    # none.
    labelled, unlabelled = (math.log(2) + math.log(4)) / 2, (math.log(4 / 3) + math.log(3)) / 2
    expected = {
        "labelled_loss": labelled,
        "unlabelled_loss": unlabelled,
        "discriminator_loss": labelled + unlabelled,
        "V(D,G)": math.log(3 / 4) + math.log(1 / 3),
        "D(x)": 3 / 4,
        "D(G(z))": 2 / 3,
        "accuracy": 1 / 2,
    }
    assert terms(small()) == pytest.approx(expected)


def test_the_joint_loss_is_over_all_classes_and_the_fakes():
    logs = terms(small({"joint": True}))
    # p(y|x) is 1/3 and 1/5.
    assert logs["labelled_loss"] == pytest.approx((math.log(3) + math.log(5)) / 2)
    assert logs["unlabelled_loss"] == pytest.approx(terms(small())["unlabelled_loss"])


@pytest.mark.parametrize("joint", [False, True])
def test_k_plus_one_logits_are_k_logits_against_the_last_one(joint):
    with_k, with_more = small({"joint": joint}), small({"joint": joint}, outputs=CLASSES + 1)
    real, fake = (tf.constant(RANDOM.normal(size=(n, CLASSES + 1)), tf.float32) for n in (3, 4))
    expected = terms(with_k, real[:, :-1] - real[:, -1:], fake[:, :-1] - fake[:, -1:])
    assert terms(with_more, real, fake) == pytest.approx(expected, rel=1e-5)
    # The logit of fakes is 0.
    zero = tf.pad(REAL_LOGITS, [[0, 0], [0, 1]]), tf.pad(FAKE_LOGITS, [[0, 0], [0, 1]])
    assert terms(with_more, *zero) == pytest.approx(terms(with_k), rel=1e-5)


def test_the_softmax_of_k_plus_one_logits():
    """E log D(x) and E log(1 - D(G(z))) are the log-probabilities of "not fake" and
    "fake" among K + 1 classes.
    """
    real, fake = (tf.constant(RANDOM.normal(size=(n, CLASSES + 1)), tf.float32) for n in (3, 4))
    logs = terms(small({"joint": True}, outputs=CLASSES + 1), real, fake)
    p, q = tf.nn.softmax(real).numpy(), tf.nn.softmax(fake).numpy()
    assert logs["unlabelled_loss"] == pytest.approx(
        -0.5 * (np.log(1 - p[2, -1]) + np.log(q[:, -1]).mean()), rel=1e-5
    )
    assert logs["labelled_loss"] == pytest.approx(
        -(np.log(p[0, 0]) + np.log(p[1, 1])) / 2, rel=1e-5
    )


@pytest.mark.parametrize(
    ("matching", "loss"), [("squared", (4 + 4) / 2), ("absolute", 2.0), (None, math.log(3 / 2))]
)
def test_the_loss_of_g_by_hand(matching, loss):
    # The mean features of the images without a label are (3, 4), of the fakes (1, 2); D
    # of the fake is 2/3.
    gan = small({"feature_matching": matching})
    value, logs = gan.generator_terms(
        [REAL_LOGITS, REAL_FEATURES], [FAKE_LOGITS, FAKE_FEATURES], SOME_LABELS
    )
    assert float(value) == float(logs["generator_loss"]) == pytest.approx(loss)


def test_means_over_the_chosen():
    chosen, values = (
        tf.constant([True, False, True]),
        tf.constant([[1.0, 2.0], [10.0, 20.0], [3.0, 6.0]]),
    )
    np.testing.assert_array_equal(mean_where(chosen, values), [2, 4])
    np.testing.assert_array_equal(mean_where(tf.constant([False] * 3), values), [0, 0])
    assert without_label(tf.constant([0, -1, 2])).numpy().tolist() == [False, True, False]
    assert without_label(tf.constant([0, 1, 2])).numpy().all()


@pytest.mark.parametrize(
    "labels", [[-1] * 5 + [2] * 5, [1, -1] * 5, [0] * 8 + [-1] * 2, list(range(3)) * 3 + [0]]
)
def test_both_sides_from_a_minibatch(labels):
    """Half as many fakes as images; G matches the images without a label, wherever they
    stand, with those fakes.
    """
    gan, random, images, labels = small(), Stream(3), tf.constant(IMAGES[:10]), np.array(labels)
    fakes = gan.generator(gan.sample_latents(5, random.fold(0)))
    unlabelled = labels < 0 if (labels < 0).any() else labels >= 0
    real, fake = gan.discriminator(images), gan.discriminator(fakes)
    batch = Batch(images, tf.constant(labels))
    forward = gan.forward(batch, random)
    logs = gan.discriminator_loss(forward, batch, random).logs
    z, fake_z = (np.exp(each[0]).sum(axis=1) for each in (real, fake))
    assert float(logs["unlabelled_loss"]) == pytest.approx(
        -0.5 * (np.log(z / (z + 1))[unlabelled].mean() + np.log(1 / (fake_z + 1)).mean()), rel=1e-5
    )
    loss = gan.generator_loss(forward, batch, random).value
    chosen = np.flatnonzero(unlabelled)[:5]
    difference = np.mean(real[1].numpy()[chosen], axis=0) - np.mean(fake[1], axis=0)
    assert float(loss) == pytest.approx(np.square(difference).mean(), rel=1e-4)


# === Learning ===


def clusters(n, seed):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, n)
    means = np.array([[0.2, 0.2], [0.8, 0.2], [0.5, 0.8]])
    return (means[labels] + 0.06 * random.normal(size=(n, 2))).clip(0, 1).astype(np.float32), labels


def test_learns_to_classify_from_one_label_of_each_class():
    keras.utils.set_random_seed(0)
    generator = keras.Sequential(
        [keras.Input((4,)), layers.Dense(32, "relu"), layers.Dense(2, "sigmoid")]
    )
    points = keras.Input((2,))
    x = layers.Dense(32, "relu")(layers.Rescaling(4.0, -2.0)(points))
    features = layers.Dense(32, "relu")(x)
    discriminator = keras.Model(points, [layers.Dense(3)(features), features])
    gan = tf_gan.SemiSupervisedGAN(generator, discriminator, 4, 3, classifier_average=0.99)
    gan.compile(steps_per_execution=20)
    images, labels = clusters(1000, 0)
    few = np.full(1000, -1)
    few[[np.flatnonzero(labels == k)[0] for k in range(3)]] = range(3)
    gan.fit(images, few, batch_size=100, epochs=10, verbose=0)
    test_images, test_labels = clusters(1000, 1)
    predicted = gan.predict(test_images, verbose=0)
    assert (predicted.argmax(axis=1) == test_labels).mean() > 0.97
    means = [gan.generate(500, seed=0).mean(axis=0), test_images.mean(axis=0)]
    assert np.abs(means[0] - means[1]).max() < 0.2


# === The classifier ===


def test_predict_gives_probabilities_of_the_averaged_weights():
    gan = small({"classifier_average": 0.9, "moving_average": 0.5})
    gan.fit(IMAGES, LABELS, batch_size=32, epochs=3, verbose=0)
    probabilities = gan.predict(IMAGES, batch_size=40)
    logits = gan.average_discriminator(IMAGES)[0]
    np.testing.assert_allclose(probabilities, tf.nn.softmax(logits), atol=1e-6)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert np.abs(probabilities - tf.nn.softmax(gan.discriminator(IMAGES)[0])).max() > 1e-3
    np.testing.assert_array_equal(gan.predict(EXAMPLES), gan.classify(IMAGES))
    np.testing.assert_allclose(
        gan.generate(4, seed=0), gan.average_generator(gan.sample_inputs(4, 0)[0]), atol=1e-6
    )
    assert gan.classify(IMAGES[:0]).shape == (0, CLASSES)


def test_of_k_plus_one_logits_the_last_one_is_left_out():
    gan = small(outputs=CLASSES + 1)
    logits = gan.discriminator(IMAGES)[0]
    np.testing.assert_allclose(gan.predict(IMAGES), tf.nn.softmax(logits[:, :-1]), atol=1e-6)


def test_evaluate_gives_the_accuracy_of_predict():
    gan = small({"classifier_average": 0.9})
    gan.fit(IMAGES, LABELS, batch_size=32, epochs=5, verbose=0)
    # A last batch of 16.
    logs = gan.evaluate(IMAGES, TRUE_LABELS, batch_size=40, verbose=0, return_dict=True)
    assert set(logs) == NAMES
    assert logs["accuracy"] == pytest.approx(
        np.mean(gan.predict(IMAGES).argmax(axis=1) == TRUE_LABELS), abs=1e-6
    )


def test_the_average_follows_quickly_at_first():
    gan = small({"classifier_average": 0.15})
    start = [w.numpy() for w in gan.average_discriminator.weights]
    gan.fit(IMAGES, LABELS, batch_size=32, steps_per_epoch=1, verbose=0)
    first = [w.numpy() for w in gan.discriminator.weights]
    # (1 + 0) / (10 + 0).
    expected = [a + (1 - 1 / 10) * (p - a) for a, p in zip(start, first, strict=True)]
    for a, b in zip(gan.average_discriminator.weights, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    gan.fit(IMAGES, LABELS, batch_size=32, steps_per_epoch=1, verbose=0)
    second = [w.numpy() for w in gan.discriminator.weights]
    for a, b, p in zip(gan.average_discriminator.weights, expected, second, strict=True):
        # 2 / 11 is above the decay.
        np.testing.assert_allclose(a, b + (1 - 0.15) * (p - b), atol=1e-6)


def test_initialize_sets_both_networks_and_the_averages():
    keras.utils.set_random_seed(0)
    conv = tf_gan.networks.get("semi_supervised_conv")
    generator = conv.build_generator((16, 16, 1), 5, filters=(4, 4, 4))
    discriminator = conv.build_discriminator((12, 12, 1), CLASSES, filters=(4, 4))
    with pytest.raises(UserError, match="discriminator does not take the images"):
        tf_gan.SemiSupervisedGAN(generator, discriminator, 5, CLASSES)
    discriminator = conv.build_discriminator((16, 16, 1), CLASSES, filters=(4, 4))
    gan = tf_gan.SemiSupervisedGAN(
        generator, discriminator, 5, CLASSES, classifier_average=0.99, moving_average=0.99
    )
    gan.initialize(RANDOM.uniform(-1, 1, (30, 16, 16, 1)).astype(np.float32))
    scales = [
        layer.scale.numpy()
        for layer in discriminator.layers + generator.layers
        if hasattr(layer, "train_scale")
    ]
    assert len(scales) == 11 and all((scale != 1).all() for scale in scales)
    for average, live, _ in gan.averages():
        np.testing.assert_equal(average.get_weights(), live.get_weights())


# === What every model can do ===


@pytest.mark.parametrize(
    "make",
    [
        lambda: small(
            {"feature_matching": None, "joint": True}, outputs=CLASSES + 1, discriminator_steps=2
        ),
        lambda: small({"feature_matching": "absolute"}, updates="simultaneous"),
        lambda: of_the_paper({"moving_average": 0.9}),
    ],
)
def test_trains(make):
    check_trains(make, EXAMPLES, NAMES)


@pytest.mark.slow
def test_stopping_and_going_on_is_the_same_run(tmp_path):
    arguments = {"moving_average": 0.9, "seed": 3, "feature_matching": "absolute", "joint": True}
    check_resume(lambda: of_the_paper(arguments, jit_compile=True), EXAMPLES, tmp_path)


@pytest.mark.slow
def test_all_forms_of_execution_agree():
    check_forms(of_the_paper, EXAMPLES)


@pytest.mark.slow
def test_two_replicas_do_what_one_does(mirrored):
    check_two_replicas(
        lambda **form: small({"feature_matching": None, "classifier_average": 0.9}, **form),
        EXAMPLES,
        mirrored,
    )


def test_two_replicas_match_the_features_of_the_whole_minibatch(mirrored):
    """With learning rates of 0: the logged losses are those of one device, here with half of
    each share labelled.
    """

    def make():
        return small(
            generator_optimizer=keras.optimizers.SGD(0.0),
            discriminator_optimizer=keras.optimizers.SGD(0.0),
        )

    labels = np.where(np.arange(32) % 4 < 2, TRUE_LABELS[:32], -1)
    data = tf.data.Dataset.from_tensor_slices((IMAGES[:32], labels)).batch(32)
    histories = []
    for scope in (mirrored.scope(), contextlib.nullcontext()):
        with scope:
            model = make()
        histories.append(model.fit(data, verbose=0).history)
    for name, values in histories[1].items():
        np.testing.assert_allclose(histories[0][name], values, rtol=1e-4, err_msg=name)


@pytest.mark.slow
def test_batches_of_a_dataset_may_hold_any_share_of_labels():
    data = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(24)
    history = small().fit(data, epochs=2, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    validation = (
        small()
        .fit(EXAMPLES, batch_size=32, validation_data=(IMAGES, TRUE_LABELS), verbose=0)
        .history
    )
    assert "val_accuracy" in validation


# === Errors ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_classes": 1}, "num_classes=1"),
        (
            {"num_classes": 5},
            (
                r"shape \(None, 5\), for num_classes=5, or \(None, 6\), with one for fakes."
                r" Received: \(None, 3\)"
            ),
        ),
        ({"feature_matching": "cubic"}, "one of .*, or None. Received: feature_matching='cubic'"),
        (
            {"classifier_average": 1.0},
            "`classifier_average`. Expected None, a decay .*classifier_average=1.0",
        ),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(UserError, match=message):
        tf_gan.SemiSupervisedGAN(*players(), 5, **({"num_classes": CLASSES} | arguments))


def test_a_discriminator_without_features():
    generator, discriminator = players()
    single = keras.Model(discriminator.input, discriminator.output[0])
    with pytest.raises(
        UserError,
        match=(
            r"returns \[class logits, features\], or feature_matching=None. Received: one with 1"
            r" output$"
        ),
    ):
        tf_gan.SemiSupervisedGAN(generator, single, 5, CLASSES)
    tf_gan.SemiSupervisedGAN(generator, single, 5, CLASSES, feature_matching=None)


def test_a_discriminator_with_a_softmax():
    generator, discriminator = players()
    probabilities = keras.Sequential(
        [discriminator.input, layers.Flatten(), layers.Dense(CLASSES, "softmax")]
    )
    with pytest.raises(UserError, match=r"class logits end in a softmax"):
        tf_gan.SemiSupervisedGAN(generator, probabilities, 5, CLASSES, feature_matching=None)


@pytest.mark.parametrize(
    ("labels", "settings", "message"),
    [
        (
            None,
            {},
            "expected labels beside the images, or -1 where they are not known. Received: images",
        ),
        (np.full(96, -1), {}, "some images with a label other than -1"),
        (
            TRUE_LABELS + 1,
            {},
            "labels from 0 to 2, or -1 where they are not known. Received: labels from 1 to 3",
        ),
        (
            TRUE_LABELS[:, None],
            {},
            r"96 integer labels, shape \(96,\). Received: dtype int64, shape \(96, 1\)",
        ),
        (
            LABELS,
            {"batch_size": 31},
            (
                "divides among 1 replicas in shares of a multiple of 2. Received: batch_size=31."
                " The nearest are 30 and 32"
            ),
        ),
        (LABELS, {"batch_size": 194}, "Received: only 96 images"),
    ],
)
def test_bad_data(labels, settings, message):
    with pytest.raises(UserError, match=message):
        small().fit(IMAGES, labels, verbose=0, **settings)


def test_evaluation_needs_all_labels():
    with pytest.raises(UserError, match=r"labels from 0 to 2. Received: labels from -1 to 2"):
        small().evaluate(IMAGES, LABELS, verbose=0)
    with pytest.raises(UserError, match=r"Expected images of shape \(N, 4, 4, 1\)"):
        small().predict(IMAGES[:, :2])


def test_initialize_needs_weight_normalisation():
    with pytest.raises(UserError, match="WeightNormalization layers to initialise"):
        small().initialize(IMAGES)


def test_labels_may_be_those_of_keras_datasets():
    """They are uint8."""
    gan, labels = small(), TRUE_LABELS.astype(np.uint8)
    logs = gan.evaluate(IMAGES, labels, verbose=0, return_dict=True)
    data = tf.data.Dataset.from_tensor_slices((IMAGES, labels)).batch(32)
    history = gan.fit(data, validation_data=(IMAGES, labels), verbose=0).history
    assert 0 <= logs["accuracy"] <= 1 and np.isfinite(history["val_discriminator_loss"]).all()


def test_features_are_matched_of_augmented_images():
    gan, random = small(augment=lambda x, random: 1.0 - x), Stream(3)
    images = tf.constant(IMAGES[:10])
    batch = Batch(images, tf.fill([10], -1))
    forward = gan.forward(batch, random, need_real=False)
    real, fake = (
        gan.discriminator(1.0 - x)[1].numpy().mean(axis=0) for x in (images[:5], forward.images)
    )
    loss = gan.generator_loss(forward, batch, random).value
    assert float(loss) == pytest.approx(np.square(real - fake).mean(), rel=1e-4)

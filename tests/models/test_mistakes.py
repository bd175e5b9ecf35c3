"""What users of Keras try: files of models that are not compiled, hooks that return
something else, data and labels of other forms.
"""

import functools
import inspect
import pickle
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_gan
from tf_gan.errors import UserError

IMAGES = np.random.default_rng(0).uniform(-1, 1, (40, 4, 4, 1)).astype("float32")
LABELS = np.arange(40) % 3
layers = keras.layers


def networks():
    generator = keras.Sequential(
        [keras.Input((3,)), layers.Dense(16, "tanh"), layers.Reshape((4, 4, 1))]
    )
    return generator, keras.Sequential(
        [keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(1, name="logits")]
    )


def gan(model_class=tf_gan.GAN):
    return model_class(*networks(), latent_dim=3)


def conditional_networks(swap):
    """Networks with labels; `swap` puts them first in the one of this name."""
    z, images = keras.Input((3,)), keras.Input((4, 4, 1))
    labels = keras.Input((), dtype="int32")
    embed = layers.Embedding(3, 2)
    pixels = layers.Dense(16, "tanh")(layers.Concatenate()([z, embed(labels)]))
    joined = layers.Concatenate()([layers.Flatten()(images), layers.Embedding(3, 2)(labels)])
    inputs = {"generator": [z, labels], "discriminator": [images, labels]}
    if swap:
        inputs[swap].reverse()
    return (
        keras.Model(inputs["generator"], layers.Reshape((4, 4, 1))(pixels)),
        keras.Model(inputs["discriminator"], layers.Dense(1)(joined)),
    )


def conditional(swap="", num_classes=3):
    return tf_gan.ConditionalGAN(*conditional_networks(swap), latent_dim=3, num_classes=num_classes)


@pytest.mark.parametrize(
    "make",
    [
        gan,
        conditional,
        lambda: tf_gan.WGAN(*networks(), latent_dim=3),
        lambda: tf_gan.SRResNet(networks_of_super_resolution()),
        lambda: tf_gan.BEGAN(networks()[0], autoencoder(), latent_dim=3),
    ],
)
def test_models_that_are_not_compiled_are_saved_and_copied(make, tmp_path):
    model = make()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert not loaded.compiled
    np.testing.assert_equal(model.get_weights(), loaded.get_weights())
    model.to_json()
    assert len(keras.models.clone_model(model).weights) == len(model.weights)
    pickle.loads(pickle.dumps(model))
    model.compile()
    model.save(tmp_path / "compiled.keras")
    keras.models.load_model(tmp_path / "compiled.keras", compile=False).save(tmp_path / "b.keras")


def autoencoder():
    return keras.Sequential(
        [keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(16), layers.Reshape((4, 4, 1))]
    )


def networks_of_super_resolution():
    srresnet = tf_gan.networks.get("srresnet")
    return srresnet.build_generator((None, None, 3), filters=4, blocks=1)


def test_other_files_than_keras_are_refused(tmp_path):
    for name in ("model", "model.h5", "model.hdf5"):
        with pytest.raises(UserError, match=r"path that ends in \.keras; for weights alone"):
            gan().save(tmp_path / name)


class LogOfItsOwn(tf_gan.GAN):
    def train_step(self, data):
        return super().train_step(data) | {"mine": tf.constant(1.0)}


class ValueAlone(tf_gan.GAN):
    def generator_terms(self, real, fake, labels):
        return -tf.reduce_mean(fake[0])


class NoLogs(tf_gan.GAN):
    def discriminator_terms(self, real, fake, labels):
        return tf.reduce_mean(fake[0]), None


class NoMean(tf_gan.GAN):
    def generator_terms(self, real, fake, labels):
        return -fake[0], {"generator_loss": tf.reduce_mean(fake[0])}


class NoLoss(tf_gan.GAN):
    def generator_loss(self, forward, batch, random):
        return -tf.reduce_mean(forward.fake[0])


@pytest.mark.parametrize(
    ("model_class", "message"),
    [
        (LogOfItsOwn, r"logs \['mine'\], which no loss .* discriminator_terms, generator_terms or"),
        (ValueAlone, r"Expected generator_terms to return \(value, logs\)"),
        (NoLogs, r"Expected discriminator_terms to return \(value, logs\)"),
        (NoMean, r"value of generator_terms to be a scalar.*shape \(8, 1\)"),
        (NoLoss, r"loss of the generator to be a tf_gan\.models\.Loss\(value, logs\)"),
    ],
)
def test_hooks_that_return_something_else(model_class, message):
    model = gan(model_class)
    model.compile(steps_per_execution=2)
    with pytest.raises(UserError, match=message):
        model.fit(IMAGES, batch_size=10, verbose=0)


@pytest.mark.parametrize("swap", ["generator", "discriminator"])
def test_inputs_in_another_order(swap):
    with pytest.raises(
        UserError, match=rf"Expected the {swap} to have a list of inputs in this order"
    ):
        conditional(swap)


def test_labels_with_an_axis_of_their_own():
    """Keras drops a last axis of 1, and adds it."""
    generator, discriminator = conditional_networks("")
    z, images, labels = keras.Input((3,)), keras.Input((4, 4, 1)), keras.Input((1,), dtype="int32")
    flat = layers.Reshape(())(labels)
    model = tf_gan.ConditionalGAN(
        keras.Model([z, labels], generator([z, flat])),
        keras.Model([images, labels], discriminator([images, flat])),
        latent_dim=3,
        num_classes=3,
    )
    model.compile()
    model.fit(IMAGES, LABELS, batch_size=20, verbose=0)


def batches(data, size=20):
    return tf.data.Dataset.from_tensor_slices(data).batch(size)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (batches({"image": IMAGES, "label": LABELS}), r"dictionaries with \['image', 'label'\]"),
        (batches((IMAGES, LABELS, LABELS)), r"3 parts; weights of examples are not supported"),
        ((IMAGES, LABELS), r"Received: tuple\. Labels of an array are the second argument"),
    ],
)
def test_data_of_other_forms(data, message):
    model = gan()
    model.compile()
    with pytest.raises(UserError, match=message):
        model.fit(data, verbose=0)


def test_labels_of_other_kinds():
    model = gan()
    model.compile()
    model.fit(IMAGES, np.array(["cat", "dog", "cow"])[LABELS], 20, 2, verbose=0)  # No use.
    assert int(model.step.numpy()) == 4  # Two epochs, as the fourth argument says.
    assert model.evaluate(tf.constant(IMAGES), np.array(["a"] * 40), verbose=0)
    model = conditional()
    model.compile()
    for labels, hint in (
        (np.array(["cat", "dog", "cow"])[LABELS], r"return_inverse=True\)\[1\]"),
        (LABELS.astype("float32"), r"labels\.astype\(int\)"),
    ):
        with pytest.raises(UserError, match=hint):
            model.fit(IMAGES, labels, verbose=0)


def test_callbacks_of_keras_that_count_batches(tmp_path):
    model = gan()
    model.compile()
    save = keras.callbacks.ModelCheckpoint(
        tmp_path / "{batch}.weights.h5", save_freq=4, save_weights_only=True
    )
    model.fit(IMAGES, batch_size=2, verbose=0, callbacks=[save])
    assert model.steps_per_execution == 4
    assert len(list(tmp_path.iterdir())) == 5


def test_settings_of_xla():
    with pytest.raises(UserError, match=r"`jit_compile`\. Expected 'auto', True or False"):
        gan().compile(jit_compile="yes")


# === Arguments of constructors and of `compile` ===


def one_hot_networks():
    module = tf_gan.networks.get("conditional_mlp")
    arguments = {"units": (4,)}
    return (
        module.build_generator((4, 4, 1), 3, 3, **arguments),
        module.build_discriminator((4, 4, 1), 3, **arguments),
    )


def style_networks():
    module = tf_gan.networks.get("stylegan2")
    arguments = {"max_width": 4}
    return (
        module.build_generator((8, 8, 1), 3, 3, style_dim=4, mapping_layers=1, **arguments),
        module.build_discriminator((8, 8, 1), 3, **arguments),
    )


@pytest.mark.parametrize(
    ("model_class", "build", "role"),
    [
        (tf_gan.ConditionalGAN, lambda: conditional_networks(""), "generator"),
        (tf_gan.ConditionalGAN, one_hot_networks, "generator"),
        (tf_gan.ConditionalStyleGAN2, style_networks, "generator"),
    ],
)
def test_networks_for_fewer_classes(model_class, build, role):
    model_class(*build(), 3, num_classes=3)
    model_class(*build(), 3, num_classes=2)  # Which leaves a row unused.
    with pytest.raises(UserError, match=rf"Expected a {role} for num_classes=10\. .* 3 classes"):
        model_class(*build(), 3)


def test_a_discriminator_for_fewer_classes():
    z, labels = keras.Input((3,)), keras.Input((), dtype="int32")
    joined = layers.Concatenate()([z, layers.Embedding(4, 2)(labels)])
    images = layers.Reshape((4, 4, 1))(layers.Dense(16, "tanh")(joined))
    generator = keras.Model([z, labels], images)
    with pytest.raises(UserError, match=r"Expected a discriminator for num_classes=4\. "):
        tf_gan.ConditionalGAN(generator, conditional_networks("")[1], 3, num_classes=4)


def test_embeddings_of_other_things_than_labels():
    """Patches have places, which an embedding may know fewer of than there are classes."""
    generator, _ = conditional_networks("")
    images, labels = keras.Input((4, 4, 1)), keras.Input((), dtype="int32")
    steps = layers.Embedding(2, 2)(keras.ops.cast(layers.Flatten()(images) > 0, "int32"))
    joined = layers.Concatenate()([layers.Flatten()(steps), layers.Embedding(3, 2)(labels)])
    discriminator = keras.Model([images, labels], layers.Dense(1)(joined))
    tf_gan.ConditionalGAN(generator, discriminator, 3, num_classes=3)


def vae(generator):
    images = keras.Input((4, 4, 1))
    flat = layers.Flatten()(images)
    encoder = keras.Model(images, [layers.Dense(3)(flat), layers.Dense(3)(flat)])
    return tf_gan.VAE(encoder, generator, 3, likelihood="gaussian")


def two_outputs():
    z = keras.Input((3,))
    images = layers.Reshape((4, 4, 1))(layers.Dense(16)(z))
    return keras.Model(z, [images, images])


def pix2pix(**arguments):
    generator = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(1, 1, activation="tanh")])
    pair = [keras.Input((4, 4, 1)), keras.Input((4, 4, 1))]
    judge = keras.Model(pair, layers.Dense(1)(layers.Concatenate()(pair)))
    return tf_gan.Pix2Pix(generator, judge, **arguments)


def info_gan():
    generator, _ = networks()
    images = keras.Input((4, 4, 1))
    flat = layers.Flatten()(images)
    discriminator = keras.Model(images, [layers.Dense(1)(flat), layers.Dense(2)(flat)])
    return tf_gan.InfoGAN(generator, discriminator, 3, categorical=(2,), continuous=0)


def growing(**arguments):
    module = tf_gan.networks.get("progressive")
    return tf_gan.ProgressiveGAN(
        module.build_generator((8, 8, 1), 3, widths=(4, 4)),
        module.build_discriminator((8, 8, 1), widths=(4, 4)),
        3,
        **arguments,
    )


def classifier():
    generator, _ = networks()
    images = keras.Input((4, 4, 1))
    discriminator = keras.Model(images, layers.Dense(3)(layers.Flatten()(images)))
    return tf_gan.SemiSupervisedGAN(
        generator, discriminator, 3, num_classes=3, feature_matching=None
    )


def fast_gan(**arguments):
    generator, _ = networks()
    images = keras.Input((4, 4, 1))
    flat = layers.Flatten()(images)
    again = layers.Reshape((4, 4, 1))(layers.Dense(16)(flat))
    discriminator = keras.Model(images, [layers.Dense(1)(flat), again])
    return tf_gan.FastGAN(generator, discriminator, 3, **arguments)


def chain(model_class, **arguments):
    generator = tf_gan.networks.get("tied_mlp").build_generator((4, 4, 1), 3, units=())
    return model_class(generator, 3, **arguments)


def styled(**arguments):
    return tf_gan.ConditionalStyleGAN2(*style_networks(), 3, 3, **arguments)


def named():
    images = keras.Input((4, 4, 1))
    flat = layers.Flatten()(images)
    names = ("mean", "log_variance")
    return keras.Model(images, {name: layers.Dense(3)(flat) for name in names})


def ends_in(*last):
    images = keras.Input((4, 4, 1))
    output = layers.Dense(3)(layers.Flatten()(images))
    for layer in last:
        output = layer(output)
    return tf_gan.SemiSupervisedGAN(
        networks()[0], keras.Model(images, output), 3, num_classes=3, feature_matching=None
    )


def constrained():
    generator, _ = networks()
    images = keras.Input((4, 4, 1))
    logits = layers.Dense(1, kernel_constraint="non_neg")(layers.Flatten()(images))
    return tf_gan.WGAN(generator, keras.Model(images, logits), 3)


def networks_of_images():
    generator = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(1, 1, activation="tanh")])
    return generator, networks()[1]


def two_images():
    images = keras.Input((4, 4, 1))
    return keras.Model(images, [layers.Conv2D(1, 1)(images), images])


def without_a_mean():
    z, styles = keras.Input((3,)), keras.Input((1, 2))
    mapping = keras.Model(z, layers.Dense(2)(z), name="mapping")
    images = layers.Reshape((4, 4, 1))(layers.Dense(16)(layers.Flatten()(styles)))
    synthesis = keras.Model(styles, images, name="synthesis")
    return keras.Model(z, synthesis(layers.Reshape((1, 2))(mapping(z))))


LINEAR = layers.Activation("linear", dtype="float32")
NAN = float("nan")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        *[
            (lambda bad=bad: gan_with(data_range=bad), r"`data_range`\. Expected a pair")
            for bad in [(1, -1), (-1, NAN), 5, (0,), (0, float("inf")), "ab"]
        ],
        (lambda: pix2pix(source_range=(1, 0)), r"`source_range`\. Expected a pair"),
        *[
            (lambda bad=bad: gan_with(prior=bad), r"`prior`\. Expected 'normal', or a pair")
            for bad in [(0, float("inf")), ("a", "b"), (1, 0)]
        ],
        (
            lambda: tf_gan.SRResNet(networks_of_super_resolution(), data_range=None),
            r"`data_range`\. Expected the \(low, high\)",
        ),
        (lambda: tf_gan.SRResNet(networks_of_super_resolution(), (16, 16)), "For pictures"),
        (lambda: chain(tf_gan.CAE, contraction=NAN), "`contraction`"),
        (lambda: chain(tf_gan.CAE, noise=NAN), "`noise`"),
        (lambda: chain(tf_gan.GSN, noise=NAN, upper_units=()), "`noise`"),
        (lambda: chain(tf_gan.GSN, upper_units=5), r"`upper_units`\. Expected numbers of units"),
        (lambda: chain(tf_gan.GSN, upper_units=(0,)), r"`upper_units`\. Expected an integer >= 1"),
        (lambda: fast_gan(reconstruction_weight=NAN), "`reconstruction_weight`"),
        (lambda: vae(two_outputs()), "Expected the generator to have one output"),
        (
            lambda: tf_gan.VAE(autoencoder(), None),
            r"`generator`\. Expected a keras\.Model\. Received: NoneType",
        ),
        (lambda: pix2pix(l1_weight="a"), r"`l1_weight`\. Expected a number >= 0\. .*='a'"),
        (lambda: tf_gan.CycleGAN(*networks(), cycle_weight="a"), "`cycle_weight`"),
        (lambda: styled(mixing_probability="a"), "`mixing_probability`"),
        (lambda: styled(path_length_weight="a"), "`path_length_weight`"),
        (lambda: tf_gan.GAN(*networks(), 3, seed=None), r"`seed`\. Expected an integer\. Received"),
        (lambda: growing(batch_sizes=8), r"for each of the 2 stages\. Received: batch_sizes=8"),
        (lambda: tf_gan.ProgressiveGAN(*networks(), 3), "networks of tf_gan.networks.progressive"),
        (
            lambda: tf_gan.VAE(named(), networks()[0], 3, likelihood="gaussian"),
            r"encoder to have one output or a list.* \['log_variance', 'mean'\]",
        ),
        (lambda: ends_in(keras.ops.sigmoid), "end in a sigmoid"),
        (lambda: ends_in(layers.Softmax()), "end in a softmax"),
        (lambda: ends_in(keras.layers.Dense(3, "sigmoid"), LINEAR), "end in a sigmoid"),
        (lambda: constrained(), r"has a constraint of its own: .*kernel"),
        (
            lambda: tf_gan.CycleGAN(*networks_of_images(), inverse_generator=two_images()),
            "Expected the inverse_generator to have one output",
        ),
        (
            lambda: tf_gan.StyleGAN2(without_a_mean(), networks()[1], 3),
            "mapping with a layer 'mean'",
        ),
    ],
)
def test_values_that_make_no_sense(make, message):
    with pytest.raises(UserError, match=message):
        make()


@pytest.mark.parametrize("last", [keras.ops.tanh, keras.activations.tanh, LINEAR])
def test_the_range_of_other_last_activations(last):
    z = keras.Input((3,))
    activation = "tanh" if last is LINEAR else None
    images = layers.Reshape((4, 4, 1))(last(layers.Dense(16, activation)(z)))
    assert tf_gan.GAN(keras.Model(z, images), networks()[1], 3).data_range == (-1.0, 1.0)


def test_numbers_of_numpy():
    gan = tf_gan.GAN(*networks(), np.int64(3), moving_average=np.float64(0.5))
    gan.compile()
    gan.fit(IMAGES, batch_size=20, verbose=0)
    assert gan.generate(np.int64(2)).shape == (2, 4, 4, 1)
    latents = tf.ones((2, 3), tf.float64)
    assert (gan.images_from(latents) == gan.images_from(latents.numpy())).all()
    assert chain(tf_gan.GSN, upper_units=(np.int64(3),)).upper_units == (3,)
    assert chain(tf_gan.CAE).walk(1, 2, every=np.int64(2)).shape == (2, 1, 4, 4, 1)
    assert growing(batch_sizes=(np.int64(8), 4)).batch_sizes == (8, 4)
    model = styled(path_length_interval=np.int64(4))
    model.compile(penalty_interval=np.int64(4))
    assert model.discriminator_optimizer.get_config()["beta_1"] == 0.0
    assert np.isclose(float(model.discriminator_optimizer.learning_rate), 0.002 * 4 / 5)


def test_a_config_with_a_schedule():
    gan = gan_with(moving_average=tf_gan.schedules.HalfLife(100))
    copy = tf_gan.GAN.from_config(gan.get_config())
    assert copy.moving_average.get_config() == gan.moving_average.get_config()


def enlarging(model_class):
    judge = keras.Sequential([keras.Input((96, 96, 3)), layers.Conv2D(1, 1)])
    return model_class(networks_of_super_resolution(), judge, (96, 96, 3))


def bidirectional():
    module = tf_gan.networks.get("bigan_mlp")
    arguments = ((4, 4, 1), 3)
    builders = (module.build_generator, module.build_discriminator, module.build_encoder)
    return tf_gan.BiGAN(*(build(*arguments, units=(4, 4)) for build in builders), 3)


def of_domains():
    module = tf_gan.networks.get("star_gan")
    return tf_gan.StarGAN(
        module.build_generator((8, 8, 1), 3, width=2, blocks=1),
        module.build_discriminator((8, 8, 1), 3, width=2, stages=2),
        3,
    )


@pytest.mark.parametrize(
    "make",
    [
        *(gan, conditional, info_gan, classifier, growing, fast_gan, styled, pix2pix),
        *(bidirectional, of_domains, lambda: vae(networks()[0])),
        *(lambda kind=kind: chain(kind) for kind in (tf_gan.CAE, tf_gan.DBN, tf_gan.GSN)),
        *(lambda kind=kind: enlarging(kind) for kind in (tf_gan.SRGAN, tf_gan.ESRGAN)),
        lambda: tf_gan.SRResNet(networks_of_super_resolution()),
        lambda: tf_gan.BEGAN(networks()[0], autoencoder(), 3),
        lambda: tf_gan.WGAN(*networks(), 3),
        lambda: tf_gan.CycleGAN(*networks_of_images()),
    ],
)
def test_a_config_has_every_argument_of_the_model(make):
    model = make()
    parameters = list(inspect.signature(type(model).__init__).parameters.values())[1:]
    named = {each.name for each in parameters if each.kind is not inspect.Parameter.VAR_KEYWORD}
    assert named <= model.get_config().keys()


@pytest.mark.parametrize("base", [tf_gan.GAN, tf_gan.WGAN, tf_gan.BEGAN])
def test_a_subclass_that_passes_arguments_on_is_saved(base, tmp_path):
    @keras.saving.register_keras_serializable("mine")
    class Mine(base):
        def compile(self, *args, **kwargs):
            super().compile(*args, **kwargs)

    pair = networks() if base is not tf_gan.BEGAN else (networks()[0], networks_of_images()[0])
    model = Mine(*pair, 3)
    model.compile(updates="simultaneous", discriminator_steps=1)
    model.save(tmp_path / "mine.keras")
    copy = keras.saving.load_model(tmp_path / "mine.keras")
    assert copy.updates == "simultaneous" and type(copy) is Mine


def test_weights_of_a_model_without_adaptive_augmentation(tmp_path):
    path = tmp_path / "gan.weights.h5"
    gan().save_weights(path)
    first, second = gan(), gan()
    second.compile(augment="ada")
    with pytest.raises(ValueError, match="before `compile`"):
        second.load_weights(path)
    first.load_weights(path)
    first.compile(augment="ada")


def gan_with(**arguments):
    return tf_gan.GAN(*networks(), latent_dim=3, **arguments)


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (
            lambda: gan(tf_gan.WGAN),
            {"foo": 1},
            r"WGAN\.compile has no argument foo\. Expected some",
        ),
        (lambda: vae(networks()[0]), {"metrics": []}, "jit_compile, optimizer, run_eagerly"),
        (lambda: gan(tf_gan.WGAN), {"loss": "hinge"}, r"WGAN\.compile has no argument loss"),
        (lambda: gan(tf_gan.WGAN), {"penalties": "r1"}, r"WGAN\.compile has no argument penalties"),
        (classifier, {"penalties": "r1"}, r"SemiSupervisedGAN\.compile has no argument penalties"),
        (pix2pix, {"penalties": "cr"}, r"pairs of an image and its source.*Received: Consistency"),
        (pix2pix, {"penalties": ["r1", "bcr"]}, r"Received: BalancedConsistency"),
    ],
)
def test_arguments_of_compile(make, arguments, message):
    with pytest.raises(UserError, match=message):
        make().compile(**arguments)


# === Sampling ===

LATENTS = np.zeros((4, 3), np.float32)


@pytest.mark.parametrize("method", ["images_from", "predict"])
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, r"3 classes\. Expected labels from 0 to 2, 4 of them .* Received: none"),
        ([0, 1, 2, 3], r"Expected labels from 0 to 2\. Received: labels from 0 to 3"),
        ([0, 1], r"Expected 4 integer labels"),
        (0.5, r"Expected 4 integer labels"),
    ],
)
def test_labels_of_latents(method, labels, message):
    model = conditional()

    def call(labels):
        if method == "images_from":
            return model.images_from(LATENTS, labels)
        return model.predict(LATENTS if labels is None else [LATENTS, labels], verbose=0)

    with pytest.raises(UserError, match=message):
        call(labels)
    np.testing.assert_allclose(call(1), call(np.full(4, 1)))


def test_labels_for_a_model_without_classes():
    for call in (
        lambda: gan().images_from(LATENTS, [0] * 4),
        lambda: gan().predict([LATENTS, np.zeros(4, int)], verbose=0),
    ):
        with pytest.raises(UserError, match="This model has no classes"):
            call()


def test_styles_of_lists():
    model = styled()
    styles = model.styles_of(LATENTS.tolist(), 2)
    np.testing.assert_array_equal(styles, model.styles_of(LATENTS, [2] * 4))
    with pytest.raises(UserError, match="Received: none"):
        model.styles_of(LATENTS)
    assert model.images_from_styles(styles[:0]).shape == (0, 8, 8, 1)


def generated(model, images, batch_size):
    return model.generate(3, seed=0, batch_size=batch_size)


@pytest.mark.parametrize(
    ("make", "call", "shape"),
    [
        (gan, generated, None),
        (gan, lambda m, x, n: m.images_from(LATENTS[: len(x)], batch_size=n), (4, 4, 1)),
        (pix2pix, lambda m, x, n: m.translate(x, n), (4, 4, 1)),
        (classifier, lambda m, x, n: m.classify(x, n), (3,)),
        (classifier, lambda m, x, n: m.predict(x, n), (3,)),
        (lambda: vae(networks()[0]), lambda m, x, n: m.encode(x, n), (3,)),
        (lambda: vae(networks()[0]), lambda m, x, n: m.reconstruct(x, n), (4, 4, 1)),
        (
            lambda: tf_gan.BEGAN(networks()[0], autoencoder(), latent_dim=3),
            lambda m, x, n: m.reconstruct(x, n),
            (4, 4, 1),
        ),
    ],
)
def test_sizes_of_batches_and_no_images(make, call, shape):
    model = make()
    for batch_size in (0, -1, 2.5):
        with pytest.raises(UserError, match=r"`batch_size`\. Expected an integer >= 1"):
            call(model, IMAGES[:3], batch_size)
    if shape:
        for images in (IMAGES[:0], IMAGES[:3]):
            made = call(model, images, 2)
            assert made.shape == (len(images), *shape) and made.dtype == np.float32


def test_truncation_that_is_no_number():
    for bad in ("a", 0, NAN):
        with pytest.raises(UserError, match=r"`truncation`\. Expected a number > 0"):
            gan().generate(2, truncation=bad)


@pytest.mark.parametrize("bad", [1.5, [0.0], [0, 1, 0], 2])
def test_categories_that_are_no_integers(bad):
    with pytest.raises(UserError, match=r"categories from 0 to 1, .* 4 integers or one for all"):
        info_gan().with_codes(LATENTS, categories=bad)


def test_a_dataset_is_not_classified():
    with pytest.raises(UserError, match=r"Expected an array of images.*Received: a tf\.data\.Data"):
        classifier().predict(batches(IMAGES))


@pytest.mark.parametrize("moving_average", [None, 0.9])
def test_standing_statistics_of_a_growing_gan(moving_average):
    model = growing(moving_average=moving_average)
    with pytest.raises(UserError, match="statistics are those of BatchNormalization"):
        model.set_standing_statistics()


def test_interpolation_with_a_model_of_another_range():
    judge = tf_gan.networks.get("esrgan").build_discriminator((16, 16, 3), filters=2, units=2)
    generator = networks_of_super_resolution()
    model = tf_gan.ESRGAN(generator, judge, (16, 16, 3), content="l1")
    model.interpolated(tf_gan.SRResNet(generator))
    message = r"data_range=\(-1\.0, 1\.0\)\. Received: one with data_range=\(0\.0, 1\.0\)"
    with pytest.raises(UserError, match=message):
        model.interpolated(tf_gan.SRResNet(generator, data_range=(0, 1)))


@pytest.mark.parametrize(
    "term", [None, lambda images: tf.reduce_mean(images, axis=1), lambda images: tf.zeros(1)]
)
def test_penalties_that_are_no_scalars(term):
    model = gan()
    model.compile(penalties=lambda d, real, fake, random: term and term(real))
    with pytest.raises(UserError, match=r"A penalty returns a scalar.*Received: (None|shape)"):
        model.fit(IMAGES, batch_size=10, verbose=0)


def test_a_model_that_cannot_be_saved_replaces_no_file(tmp_path):
    path = tmp_path / "gan.keras"
    gan().save(path)
    before, model = path.read_bytes(), gan()
    model.compile(loss=functools.partial(lambda weight, real, fake: (fake, fake), 1.0))
    with pytest.raises(UserError, match=r"cannot be saved: .*Expected functions, and objects"):
        model.save(path)
    assert path.read_bytes() == before


def test_what_a_file_does_not_hold_is_told(tmp_path):
    class Own(tf_gan.losses.Wasserstein):
        """Not registered."""

    def rises(step):
        return 0.5

    model = gan()
    model.compile(loss=Own(), augment=tf_gan.augment.DiffAugment("color", p=rises))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.save(tmp_path / "gan.keras")
    text = " ".join(str(each.message) for each in caught)
    assert "Own'> is saved by its name alone" in text and "rises at" in text


def test_shapes_and_sizes_that_networks_do_not_have():
    for name in ("fastgan", "stylegan2", "sngan", "sagan"):
        with pytest.raises(UserError, match=r"expected image_shape=\(height, width, channels\)"):
            tf_gan.networks.get(name).build_discriminator((None, None, 3))
    with pytest.raises(UserError, match="Expected sizes of hidden layers"):
        tf_gan.networks.get("semi_supervised_mlp").build_discriminator((4, 4, 1), units=())
    with pytest.raises(UserError, match=r"`filters`. Expected 2 values"):
        tf_gan.networks.get("semi_supervised_conv").build_discriminator(filters=())


def test_standing_statistics_of_no_batches():
    with pytest.raises(UserError, match="`batches`"):
        gan().set_standing_statistics(batches=1.5)
    with pytest.raises(UserError, match="`batch_size`"):
        gan().set_standing_statistics(batch_size=1)


class StepOfItsOwn(tf_gan.GAN):
    def train_step(self, data):
        return {"loss": tf.reduce_mean(self.to_batch(data).images)}


def test_a_train_step_that_counts_no_step():
    model = gan(StepOfItsOwn)
    model.compile(steps_per_execution=1, run_eagerly=True)
    with pytest.raises(UserError, match=r"no step was counted.*return self.finish_step\(logs\)"):
        model.fit(IMAGES, batch_size=10, verbose=0)


def test_the_rate_of_all_optimizers_can_be_set():
    model = gan()
    model.compile()
    model.optimizer.learning_rate = 0.5
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        assert float(optimizer.learning_rate) == 0.5
    with pytest.raises(AttributeError, match=r"gan.generator_optimizer.learning_rate"):
        print(model.optimizer.learning_rate)


def test_layers_and_dicts_where_functions_belong():
    with pytest.raises(UserError, match="lambda images, random: layer"):
        gan().compile(augment=keras.layers.RandomFlip())
    with pytest.raises(UserError, match=r"`penalties`. Expected names"):
        gan().compile(penalties={"r1": 0.001})
    with pytest.raises(UserError, match="Expected latent_dim=3"):
        tf_gan.GAN(*networks())


@keras.saving.register_keras_serializable("mine")
class WithWeight(tf_gan.GAN):
    def __init__(self, *args, depth=2, **kwargs):
        super().__init__(*args, **kwargs)

    def compile(self, *args, weight=1.0, **kwargs):
        super().compile(*args, **kwargs)


def test_arguments_that_a_file_forgets_are_told(tmp_path):
    model = gan(WithWeight)
    model.compile()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        model.save(tmp_path / "gan.keras")
    texts = [str(each.message) for each in caught if "saved file" in str(each.message)]
    assert len(texts) == 2 and "has no weight, which WithWeight.compile takes" in texts[1]
    assert "has no depth" in texts[0] and "from get_config too" in texts[0]


@keras.saving.register_keras_serializable("mine")
class OfOneWidth(tf_gan.GAN):
    """Fixes what the base class takes."""

    def __init__(self, width=8, class_names=(), **kwargs):
        super().__init__(*networks(), latent_dim=3, **kwargs)
        self.width, self.class_names = width, class_names

    def compile(self, optimizer=None, **kwargs):
        super().compile(optimizer, optimizer, loss="hinge", **kwargs)

    def get_config(self):
        names = ("width", "moving_average", "seed", "name")
        return {"width": self.width} | {k: v for k, v in super().get_config().items() if k in names}

    def get_compile_config(self):
        return {"optimizer": None}


def test_a_subclass_that_fixes_arguments_is_saved_without_a_word(tmp_path):
    model = OfOneWidth()
    model.compile()
    model.save(tmp_path / "gan.keras")
    assert type(keras.saving.load_model(tmp_path / "gan.keras")) is OfOneWidth


def test_a_star_gan_is_saved_without_a_word(tmp_path):
    images, labels = keras.Input((4, 4, 1)), keras.Input((), dtype="int32")
    y = layers.Reshape((4, 4, 1))(layers.Embedding(2, 16)(labels))
    generator = keras.Model([images, labels], layers.Conv2D(1, 3, padding="same")(images + y))
    h = layers.Flatten()(images)
    discriminator = keras.Model(images, [layers.Dense(1)(h), layers.Dense(2)(h)])
    model = tf_gan.StarGAN(generator, discriminator, 2, data_range=(-1.0, 1.0))
    model.compile()
    model.save(tmp_path / "gan.keras")


class WithThird(tf_gan.GAN):
    def __init__(self, *networks, trainable):
        super().__init__(*networks, latent_dim=3)
        self.third = keras.Sequential([keras.Input((3,)), layers.Dense(2)], name="third")
        self.third.trainable = trainable


def test_a_network_that_nothing_trains_is_told():
    with pytest.warns(UserWarning, match=r"No objective moves the network 'third'"):
        WithThird(*networks(), trainable=True).compile()
    WithThird(*networks(), trainable=False).compile()


class LogOfItsOwn(tf_gan.GAN):
    def train_step(self, data):
        logs = self.update(self.objectives, self.to_batch(data), substep=0)
        return self.finish_step({**logs, "mine": tf.constant(1.0)})


def test_logs_that_only_the_step_knows():
    model = gan(LogOfItsOwn)
    model.compile()
    with pytest.raises(UserError, match=r"To log more, return it from .* Received: mine"):
        model.fit(IMAGES, batch_size=10, verbose=0)

"""What users of Keras try: files of models that are not compiled, hooks that return
something else, data and labels of other forms.
"""

import pickle

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


def conditional(swap=""):
    return tf_gan.ConditionalGAN(*conditional_networks(swap), latent_dim=3, num_classes=3)


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
    for a, b in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
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


class NoLoss(tf_gan.GAN):
    def generator_loss(self, forward, batch, random):
        return -tf.reduce_mean(forward.fake[0])


@pytest.mark.parametrize(
    ("model_class", "message"),
    [
        (LogOfItsOwn, r"logs \['mine'\], which no loss .* discriminator_terms, generator_terms or"),
        (ValueAlone, r"Expected generator_terms to return \(value, logs\)"),
        (NoLogs, r"Expected discriminator_terms to return \(value, logs\)"),
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
    with pytest.raises(UserError, match=rf"Expected a {swap} with a list of inputs in this order"):
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

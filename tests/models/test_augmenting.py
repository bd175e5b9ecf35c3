"""Augmentation inside the models: what D, G and the penalties see."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_gan
from tf_gan import augment
from tf_gan.errors import UserError
from tf_gan.penalties import R1, R2
from tf_gan.schedules import Cosine
from tf_gan.training.rng import Fold, Stream

SHAPE = (4, 4, 1)
# The left half is bright, the right half dark.
IMAGES = np.where(np.arange(4)[None, :, None] < 2, 0.8, -0.8) * np.ones((64, *SHAPE))
IMAGES = (IMAGES + np.random.default_rng(0).normal(0, 0.05, IMAGES.shape)).astype(np.float32)


def networks():
    generator = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(32, "relu"),
            keras.layers.Dense(16, "tanh"),
            keras.layers.Reshape(SHAPE),
        ],
        name="generator",
    )
    discriminator = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Flatten(),
            keras.layers.Dense(32),
            keras.layers.LeakyReLU(),
            keras.layers.Dense(1),
        ],
        name="discriminator",
    )
    return generator, discriminator


def gan(model=tf_gan.GAN, arguments=None, **compile_arguments):
    keras.utils.set_random_seed(0)
    made = model(*networks(), latent_dim=4, **(arguments or {}))
    made.compile("adam", "adam", **{"jit_compile": False} | compile_arguments)
    return made


def seen_by_discriminator(model, images):
    """Returns the inputs of D in a step: real images and fakes."""
    seen = []
    outputs = model.outputs

    def record(x, batch, training=True):
        if tf.executing_eagerly():  # Not while the logs are named.
            seen.append(x.numpy())
        return outputs(x, batch, training)

    model.outputs = record
    model.train_step(tf.constant(images))
    return seen


def test_everything_that_d_sees_is_augmented_with_its_own_draws():
    def mark(images, random):
        return images + 10.0 * random.uniform([images.shape[0], 1, 1, 1])

    model = gan(augment=mark, penalties=["r1", "r2"], loss="relativistic")
    seen = seen_by_discriminator(model, IMAGES[:8])
    # D's step: fakes, reals, reals again for R1, fakes for R2; G's step: both.
    shifts = [np.round(x.mean(axis=(1, 2, 3)), 3) for x in seen]
    assert len(seen) == 6
    np.testing.assert_array_equal(seen[1], seen[2])  # Penalties see what D saw.
    np.testing.assert_array_equal(seen[0], seen[3])
    fresh = [shifts[index] for index in (0, 1, 4, 5)]
    for index, shift in enumerate(fresh):
        assert shift.max() > 2.0
        assert all(np.abs(shift - other).max() > 0.5 for other in fresh[:index])
    again = seen_by_discriminator(
        gan(augment=mark, penalties=["r1", "r2"], loss="relativistic"), IMAGES[:8]
    )
    np.testing.assert_array_equal(seen[1], again[1])  # A function of seed and step.


def test_evaluation_sees_the_images_themselves():
    plain, augmented = gan(), gan(augment="color,cutout")
    a, b = (model.evaluate(IMAGES, verbose=0, return_dict=True) for model in (plain, augmented))
    assert a == b


def test_the_log_of_an_adaptive_augmentation_is_the_mean_sign_of_logits():
    logits = tf.constant([[3.0], [0.1], [-2.0], [0.0]])
    logs, (signs,) = gan(augment="ada").augmentation_logs(logits)
    assert logs["r_t"] == 0.25
    np.testing.assert_array_equal(signs, [1, 1, -1, 0])


def test_the_signs_of_patches_are_averaged():
    logits = tf.constant([[5.0, -1.0, -1.0, -1.0], [1.0, 1.0, 1.0, -9.0]])
    logs, (signs,) = gan(augment="ada").augmentation_logs(tf.reshape(logits, (2, 2, 2, 1)))
    np.testing.assert_array_equal(signs, [-0.5, 0.5])
    assert logs["r_t"] == 0.0


class RealsOnly(tf_gan.GAN):
    """Augments real images and not the fakes: a mistake."""

    def augmented(self, images, side, random, training=True):
        return super().augmented(images, side, random, training and side == Fold.REAL)


class DiscriminatorOnly(tf_gan.GAN):
    """Augments in D's step and not in G's: a mistake."""

    def forward(self, batch, random, *, need_real=True, training=True):
        self.in_generator_step = not need_real
        return super().forward(batch, random, need_real=need_real, training=training)

    def augmented(self, images, side, random, training=True):
        return super().augmented(images, side, random, training and not self.in_generator_step)


def negative(images, random):
    return -images


def trained(kind, augmentation):
    model = gan(kind, augment=augmentation, penalties=[R1(0.1), R2(0.1)])
    model.generator_optimizer.learning_rate = model.discriminator_optimizer.learning_rate = 3e-3
    model.fit(IMAGES, batch_size=64, epochs=100, verbose=0)
    return model


def brighter_right(model):
    """Returns the share of samples whose right half is the brighter one."""
    samples = model.generate(256, seed=0)
    return float(np.mean(samples[:, :, 2:].mean((1, 2, 3)) > samples[:, :, :2].mean((1, 2, 3))))


@pytest.mark.slow
def test_augmenting_real_images_alone_leaks_into_the_samples():
    assert brighter_right(trained(tf_gan.GAN, negative)) < 0.02
    assert brighter_right(trained(RealsOnly, negative)) > 0.98


@pytest.mark.slow
def test_augmenting_in_the_step_of_d_alone_misleads_g():
    assert brighter_right(trained(tf_gan.GAN, negative)) < 0.02
    # G makes what D takes for real: negatives.
    assert brighter_right(trained(DiscriminatorOnly, negative)) > 0.98


@pytest.mark.slow
def test_a_schedule_moves_p():
    augmentation = augment.ADA(p=Cosine(0.0, 0.8, 4))
    history = gan(augment=augmentation).fit(IMAGES, batch_size=16, epochs=2, verbose=0).history
    # Means over steps 0 to 3, and 4 to 7.
    expected = np.mean([0.8 - 0.8 * (0.5 + 0.5 * np.cos(np.pi * t / 4)) for t in range(4)])
    assert history["augment_p"] == pytest.approx([expected, 0.8], rel=1e-5)


def adaptive():
    # With this target p rises in nearly all steps.
    return gan(augment=augment.ADA(target=-0.99, interval=2, images_for_one=1024, groups=("blit",)))


def test_adaptive_augmentation_follows_the_signs_of_d():
    model = gan(augment=augment.ADA(interval=3, images_for_one=64, groups=("blit",)))
    model.discriminator_optimizer.learning_rate = 0.0
    kernel, bias = model.discriminator.layers[-1].variables
    kernel.assign(0 * kernel)
    found = []
    for logit in (9.0, 9.0, 9.0, -9.0, -9.0, -9.0):
        bias.assign([logit])
        model.train_on_batch(IMAGES[:8])
        found.append(float(model.augmentation_p.numpy()))
    assert found == [0.0, 0.0, 3 * 8 / 64, 3 * 8 / 64, 3 * 8 / 64, 0.0]


@pytest.mark.slow
def test_adaptive_augmentation_resumes_to_the_bit(tmp_path):
    whole = adaptive()
    whole.fit(IMAGES, batch_size=16, epochs=5, verbose=0)
    half = adaptive()
    half.fit(IMAGES, batch_size=16, epochs=2, verbose=0)
    checkpoint = tf.train.Checkpoint(model=half).save(tmp_path / "checkpoint")
    resumed = adaptive()
    tf.train.Checkpoint(model=resumed).restore(checkpoint).assert_existing_objects_matched()
    resumed.fit(IMAGES, batch_size=16, epochs=5, initial_epoch=2, verbose=0)
    states = [[v.numpy() for v in model.augmentation_state] for model in (whole, half, resumed)]
    assert states[0] == states[2]
    assert 0 < states[1][0] < states[0][0]
    np.testing.assert_equal(whole.get_weights(), resumed.get_weights())


@pytest.mark.slow
def test_adaptive_augmentation_is_saved(tmp_path):
    model = adaptive()
    model.fit(IMAGES, batch_size=16, epochs=3, verbose=0)
    model.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert loaded.augmentation.get_config() == model.augmentation.get_config()
    assert float(model.augmentation_state[0].numpy()) > 0


@pytest.mark.slow
def test_replicas_agree_with_one_device(mirrored):
    logs = []
    for scope in (None, mirrored):
        if scope is None:
            model = gan(augment=augment.ADA(interval=1, images_for_one=64), penalties="r1")
        else:
            with scope.scope():
                model = gan(augment=augment.ADA(interval=1, images_for_one=64), penalties="r1")
        logs.append(model.fit(IMAGES, batch_size=16, epochs=2, verbose=0).history)
    assert logs[0].keys() == logs[1].keys()
    for name, values in logs[0].items():
        assert logs[1][name] == pytest.approx(values, abs=1e-4), name


def test_what_cannot_be_is_refused():
    with pytest.raises(UserError, match=r"color"):
        gan(augment="colour")
    generator, discriminator = networks()
    generator = keras.Sequential([*generator.layers[:1], keras.layers.Dense(16)])
    generator = keras.Sequential([generator, keras.layers.Reshape(SHAPE)])
    model = tf_gan.GAN(generator, discriminator, latent_dim=4)
    model.compile(augment="cutout", jit_compile=False)
    with pytest.raises(UserError, match=r"data_range=\(low, high\)"):
        model.fit(IMAGES, batch_size=16, verbose=0)


def test_the_range_of_the_images_reaches_the_augmentation():
    model = gan(arguments={"data_range": (0.0, 1.0)}, augment="cutout")
    seen = model.augmented(tf.ones([32, *SHAPE]), Fold.REAL, Stream(0))
    assert set(np.unique(seen)) == {0.5, 1.0}

"""The LeCam penalty, and the averages that the model keeps for it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.routine import check_resume
from support.small import gan

import tf_gan
from tf_gan.errors import UserError
from tf_gan.penalties import LeCam
from tf_gan.schedules import LinearRamp
from tf_gan.training.rng import Stream

IMAGES = np.random.default_rng(0).uniform(-1, 1, (96, 4, 4, 1)).astype(np.float32)


def test_the_formula():
    real, fake = tf.constant([[1.0], [-2.0]]), tf.constant([[0.5], [3.0]])
    # With r = 2, f = -1: D(x) - f is 2 and -1; r - D(G(z)) is 1.5 and -1.
    term = LeCam(0.5, start=10).of_logits(real, fake, (2.0, -1.0), tf.constant(10))
    assert float(term) == pytest.approx(0.5 * ((4.0 + 0.0) / 2 + (2.25 + 0.0) / 2))
    assert float(LeCam(0.5, start=10).of_logits(real, fake, (2.0, -1.0), tf.constant(9))) == 0.0


def make():
    keras.utils.set_random_seed(0)
    layers = keras.layers
    generator = keras.Sequential(
        [keras.Input((3,)), layers.Dense(16, "tanh"), layers.Reshape((4, 4, 1))]
    )
    discriminator = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(1)])
    gan = tf_gan.GAN(generator, discriminator, latent_dim=3)
    gan.compile(loss="hinge", penalties=["r1", LeCam(0.3, decay=0.9, start=2)])
    return gan


def test_the_averages_follow_the_logits():
    gan = make()
    gan.compile("sgd", keras.optimizers.SGD(0.0), loss="hinge", penalties=LeCam(decay=0.9))
    logs = gan.train_on_batch(IMAGES[:32], return_dict=True)
    assert float(gan.mean_logits.real.numpy()) == pytest.approx(0.1 * logs["logit(x)"], rel=1e-5)
    assert float(gan.mean_logits.fake.numpy()) == pytest.approx(0.1 * logs["logit(G(z))"], rel=1e-5)
    for _ in range(100):
        gan.train_on_batch(IMAGES[:32])
    mean = float(np.mean(gan.discriminator(IMAGES[:32])))
    assert float(gan.mean_logits.real.numpy()) == pytest.approx(mean, rel=1e-3)


def test_a_step_compares_each_side_with_the_average_of_the_other():
    """D is the mean pixel: D(x) = 1 and D(G(z)) = -0.5."""
    gan = make()
    gan.compile("sgd", "sgd", loss="hinge", penalties=LeCam(0.3, decay=0.9, start=0))
    dense, output = gan.generator.layers[0], gan.discriminator.layers[-1]
    dense.set_weights([np.zeros((3, 16)), np.full(16, np.arctanh(-0.5))])
    output.set_weights([np.full((16, 1), 1 / 16), np.zeros(1)])
    averages = gan.mean_logits
    averages.real.assign(2.0), averages.fake.assign(-1.0)
    logs = gan.train_on_batch(np.ones((8, 4, 4, 1), np.float32), return_dict=True)
    assert logs["lecam"] == pytest.approx(0.3 * ((1 + 1) ** 2 + (2 + 0.5) ** 2), rel=1e-5)
    assert float(averages.real.numpy()) == pytest.approx(0.9 * 2 + 0.1 * 1)
    assert float(averages.fake.numpy()) == pytest.approx(-0.9 * 1 - 0.1 * 0.5)


@pytest.mark.slow
def test_it_trains_logs_and_resumes(tmp_path):
    history = make().fit(IMAGES, batch_size=16, epochs=1, verbose=0).history
    assert {"lecam", "gradient_penalty"} <= set(history) and history["lecam"][0] > 0.0
    check_resume(make, IMAGES, tmp_path)


def test_a_saved_model_has_the_averages(tmp_path):
    gan = make()
    gan.fit(IMAGES, batch_size=16, epochs=1, verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert loaded.mean_logits.fake.numpy() == gan.mean_logits.fake.numpy() != 0.0
    assert (loaded.lecam.decay, loaded.lecam.start) == (0.9, 2)
    bare = keras.saving.load_model(tmp_path / "gan.keras", compile=False)
    np.testing.assert_array_equal(bare.generate(2, seed=0), gan.generate(2, seed=0))


def test_two_are_refused():
    with pytest.raises(UserError, match="Expected one LeCam penalty, and a model of one disc"):
        make().compile(penalties=["lecam", LeCam(0.1)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"decay": 1.0}, r"`decay`. Expected a number in \[0, 1\).*decay=1.0"),
        ({"start": -1}, "`start`. Expected an integer >= 0.*start=-1"),
        ({"start": True}, "start=True"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(UserError, match=message):
        LeCam(**arguments)
    assert LeCam(start=np.int64(5)).start == 5


def test_alone_it_says_what_it_needs():
    with pytest.raises(UserError, match="needs a model that keeps the averages"):
        LeCam()(lambda x: x, IMAGES, IMAGES, Stream(0))


def test_the_weight_may_be_a_schedule():
    penalty = LeCam(LinearRamp(4.0, 2.0, 0, 1), start=0)
    model = gan(loss="hinge", rate=0.0, penalties=penalty)
    found = []
    for step in (0, 1):
        model.step.assign(step)
        model.mean_logits.real.assign(1.0)
        model.mean_logits.fake.assign(-1.0)
        found.append(float(model.lecam_term(tf.constant([[0.5]]), tf.constant([[0.5]]))))
    assert found == pytest.approx([10.0, 5.0])  # (0.5 + 1)^2 + (1 - 0.5)^2 = 2.5 times each.

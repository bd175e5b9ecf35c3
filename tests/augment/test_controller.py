import numpy as np
import pytest
import tensorflow as tf

from tf_gan.augment import ADA, controller


def run(state, signs, batch_size=64, **settings):
    """Returns the states after each minibatch."""
    states = []
    for sign in signs:
        state = controller.update(state, sign, batch_size, **settings)
        states.append(state)
    return states


def test_p_moves_every_interval_by_the_images_seen():
    states = run(controller.initial(), [1.0] * 9)
    expected = np.repeat([0, 4 * 64 / 500_000, 8 * 64 / 500_000], [3, 4, 2])
    np.testing.assert_allclose([state.p for state in states], expected, rtol=1e-6)
    assert [int(state.batches) for state in states] == [1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert [float(state.images) for state in states[2:5]] == [192, 0, 64]


def test_the_mean_is_over_the_interval_and_weighs_minibatches_by_their_images():
    def p_after(*minibatches):
        state = controller.initial()._replace(p=tf.constant(0.5))
        for sign, size in minibatches:
            state = controller.update(state, sign, size, interval=2, images_for_one=1000)
        return round(float(state.p), 6)

    # Mean sign 0.7, above the target; 0.5, below it; 0.6 to the bit, on it.
    assert p_after((1.0, 30), (0.0, 10)) == 0.54
    assert p_after((1.0, 10), (0.0, 10)) == 0.48
    assert p_after((0.6, 32), (0.6, 32)) == 0.5


def test_p_stays_in_its_range():
    assert run(controller.initial(), [-1.0] * 8)[-1].p == 0
    assert run(controller.initial(), [1.0] * 40, images_for_one=1000)[-1].p == 1


@pytest.mark.slow
def test_p_settles_where_the_sign_is_the_target():
    # D's sign on real images falls as p rises: 0.6 at p = 0.4.
    state, ps = controller.initial(), []
    for _ in range(4000):
        state = controller.update(state, 1.0 - state.p, 16, images_for_one=50_000)
        ps.append(float(state.p))
    assert np.max(ps) <= 4000 * 16 / 50_000
    np.testing.assert_allclose(ps[-400:], 0.4, atol=2 * 64 / 50_000)


def test_a_resumed_state_goes_on_to_the_bit():
    signs = np.random.default_rng(0).uniform(0.3, 0.9, 50).astype("float32")
    whole = run(controller.initial(), signs, images_for_one=5000)
    saved = [value.numpy() for value in whole[21]]  # In the middle of an interval.
    resumed = run(controller.State(*map(tf.constant, saved)), signs[22:], images_for_one=5000)
    for expected, value in zip(whole[-1], resumed[-1], strict=True):
        assert expected.numpy().tobytes() == value.numpy().tobytes()


def test_xla_gives_the_same_and_takes_the_settings_of_ada():
    ada = ADA(target=0.5, interval=1, images_for_one=1000)

    def step(state, logits):
        return controller.update(
            state,
            tf.reduce_mean(tf.sign(logits)),
            tf.shape(logits)[0],
            target=ada.target,
            interval=ada.interval,
            images_for_one=ada.images_for_one,
        )

    logits = tf.constant([[1.0], [2.0], [3.0], [-1.0], [5.0]])
    compiled = tf.function(step, jit_compile=True)(controller.initial(), logits)
    plain = step(controller.initial(), logits)
    assert compiled.p == plain.p
    np.testing.assert_allclose(plain.p, 0.005, rtol=1e-6)

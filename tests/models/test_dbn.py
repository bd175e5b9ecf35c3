import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit as sigmoid
from support.routine import check_resume, check_trains, check_two_replicas

import tf_gan
from tf_gan import explorer, inversion, plots
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.models.dbn import free_energy
from tf_gan.networks import tied_mlp
from tf_gan.plots import PlotOptions
from tf_gan.runs import init_from
from tf_gan.training.rng import Stream

SHAPE = (8, 8, 1)
IMAGES = np.random.default_rng(0).uniform(0, 1, (96, *SHAPE)).astype(np.float32)
NAMES = [f"{name}_{layer}" for name in ("gap", "error") for layer in (1, 2)]


def small(arguments=None, **compile_arguments):
    keras.utils.set_random_seed(0)
    generator = tied_mlp.build_generator(SHAPE, 6, units=(12,))
    dbn = tf_gan.DBN(generator, 6, **({"chain_steps": 3} | (arguments or {})))
    dbn.compile(**({"optimizer": keras.optimizers.SGD(0.1)} | compile_arguments))
    return dbn


def machine(visible=3, hidden=2, seed=1, **arguments):
    """A single machine with weights of order 1."""
    initializer = keras.initializers.RandomNormal(stddev=1.0, seed=seed)
    generator = tied_mlp.build_generator((visible,), hidden, kernel_initializer=initializer)
    model = tf_gan.DBN(generator, hidden, seed=5, **arguments)
    random = np.random.default_rng(seed)
    model.stack[0].visible_bias.assign(random.normal(size=visible))
    model.stack[0].hidden_bias.assign(random.normal(size=hidden))
    return model


def parameters(layer):
    return [
        each.numpy().astype(float) for each in (layer.kernel, layer.visible_bias, layer.hidden_bias)
    ]


def bits(n):
    return np.array(list(itertools.product((0.0, 1.0), repeat=n)))


def test_what_needs_a_prior_is_refused():
    model = small()
    options = PlotOptions(default_config())
    for kind in ("video", "manifold"):
        with pytest.raises(UserError, match="DBN"):
            plots.get(kind).plot(model, options)
    with pytest.raises(UserError, match="The explorer cannot show a DBN"):
        explorer.of_model(model, "stack", [])
    with pytest.raises(UserError, match="Received: a DBN"):
        inversion.optimize(model, IMAGES[:2])


def test_a_run_can_start_from_another():
    assert init_from.networks(small()).keys() == {"generator"}


# === One machine ===


def test_free_energy_sums_over_the_hidden_units():
    layer = machine().stack[0]
    w, b, c = parameters(layer)
    v, h = bits(3), bits(2)
    energies = -(v @ w @ h.T) - (v @ b)[:, None] - (h @ c)[None]
    np.testing.assert_allclose(
        free_energy(layer, tf.constant(v, tf.float32)),
        -np.log(np.exp(-energies).sum(1)),
        atol=1e-5,
    )


def test_a_step_matches_the_statistics_of_the_paper():
    """W moves by <v h> of the data minus <v h> after a Gibbs step, means of p(h|v) both."""
    model = machine(gibbs_steps=2)
    model.compile(keras.optimizers.SGD(0.1))
    layer = model.stack[0]
    w, b, c = parameters(layer)
    v = np.random.default_rng(0).uniform(size=(6, 3)).astype(np.float32)
    random = model.stream(0, 0).fold(1).fold(0)
    h = random.fold(0).uniform([6, 2]).numpy() < sigmoid(v @ w + c)
    error = np.mean((v - sigmoid(h @ w.T + b)) ** 2)
    for step in range(2):
        draw = random.fold(1, step)
        sample = draw.fold(0).uniform([6, 3]).numpy() < sigmoid(h @ w.T + b)
        h = draw.fold(1).uniform([6, 2]).numpy() < sigmoid(sample @ w + c)
    logs = model.train_on_batch(v, return_dict=True)
    assert logs["error_1"] == pytest.approx(error, abs=1e-5)
    energies = [-(x @ b) - np.logaddexp(0, x @ w + c).sum(axis=1) for x in (v, sample)]
    assert logs["gap_1"] == pytest.approx(energies[0].mean() - energies[1].mean(), abs=1e-5)
    up, down = sigmoid(v @ w + c), sigmoid(sample @ w + c)
    for variable, moved in (
        (layer.kernel, w + 0.1 * (v.T @ up - sample.T @ down) / 6),
        (layer.visible_bias, b + 0.1 * (v - sample).mean(0)),
        (layer.hidden_bias, c + 0.1 * (up - down).mean(0)),
    ):
        np.testing.assert_allclose(variable, moved, atol=1e-6)


def test_the_chain_ends_in_the_distribution_of_the_machine():
    model = machine(chain_steps=30)
    w, b, c = parameters(model.stack[0])
    h = bits(2)
    # Sums over v: p(h) is proportional to exp(c h) prod_i (1 + exp(b_i + (W h)_i)).
    p = np.exp(h @ c) * np.prod(1 + np.exp(b + h @ w.T), axis=1)
    found = model.sample_latents(20_000, Stream(3)).numpy()
    share = [np.all(found == each, axis=1).mean() for each in h]
    np.testing.assert_allclose(share, p / p.sum(), atol=0.015)
    # Random bits, before the chain.
    assert model.start(20_000, Stream(3)).numpy().mean() == pytest.approx(0.5, abs=0.01)


def test_persistent_chains_go_on():
    model = machine(persistent_chains=8, gibbs_steps=2)
    model.compile(keras.optimizers.SGD(0.0))
    v = np.ones((4, 3), np.float32)
    layer, h = model.stack[0], np.zeros((8, 2))
    w, b, c = parameters(layer)
    for step in range(3):
        for number in range(2):
            draw = model.stream(step, 0).fold(1).fold(0).fold(1, number)
            sample = draw.fold(0).uniform([8, 3]).numpy() < sigmoid(h @ w.T + b)
            h = draw.fold(1).uniform([8, 2]).numpy() < sigmoid(sample @ w + c)
        model.train_on_batch(v)
        np.testing.assert_array_equal(model.chains[0], h)
    assert h.any()


@pytest.mark.parametrize("persistent_chains", [pytest.param(0, marks=pytest.mark.slow), 20])
def test_learns_two_patterns(persistent_chains):
    keras.utils.set_random_seed(0)
    patterns = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]], np.float32)
    model = tf_gan.DBN(
        tied_mlp.build_generator((6,), 4), 4, persistent_chains=persistent_chains, chain_steps=100
    )
    model.compile(keras.optimizers.SGD(0.2), steps_per_execution=20)
    model.fit(np.tile(patterns, (200, 1)), batch_size=20, epochs=40, verbose=0)
    images = model.generate(400, seed=0)
    counts = [(np.abs(images - each).max(1) < 0.5).mean() for each in patterns]
    assert sum(counts) > 0.8 and min(counts) > 0.25


# === The stack ===


def test_each_layer_sees_the_means_of_the_one_below():
    model = small()
    batch = tf_gan.models.Batch(tf.constant(IMAGES[:4]))
    first, second = model.forward(batch, Stream(0))
    w, _, c = parameters(model.stack[0])
    np.testing.assert_array_equal(first, IMAGES[:4].reshape(4, -1))
    np.testing.assert_allclose(second, sigmoid(first.numpy() @ w + c), atol=1e-6)


def test_layers_have_noise_of_their_own():
    model = tf_gan.DBN(tied_mlp.build_generator((6,), 6, units=(6,)), 6)
    model.compile()
    for layer in model.stack:
        layer.kernel.assign(np.eye(6))
    grey = tf.fill([8, 6], 0.5)
    batch = tf_gan.models.Batch(grey)
    first, second = (each.loss([grey, grey], batch, Stream(0)).logs for each in model.objectives)
    assert float(first["error_1"]) != float(second["error_2"])


def test_greedy_training_is_one_layer_after_the_other():
    model = small(layer_steps=3)

    def moved():
        before = [parameters(layer) for layer in model.stack]
        model.fit(IMAGES, batch_size=32, epochs=1, verbose=0)
        return [
            any((a != b).any() for a, b in zip(old, parameters(layer), strict=True))
            for old, layer in zip(before, model.stack, strict=True)
        ]

    assert [moved() for _ in range(3)] == [[True, False], [False, True], [False, True]]


def test_the_image_is_the_mean_of_the_way_down():
    model = small()
    h = np.array([[1, 0, 1, 1, 0, 0]], np.float32)
    (w1, b1, _), (w2, b2, _) = (parameters(layer) for layer in model.stack)
    expected = sigmoid(sigmoid(h @ w2.T + b2) @ w1.T + b1)
    np.testing.assert_allclose(model.images_from(h).reshape(1, -1), expected, atol=1e-5)


def test_a_walk_starts_at_the_images_of_generate():
    model = machine(chain_steps=5)
    images = model.walk(3, 4, seed=2, every=2)
    assert images.shape == (4, 3, 3)
    np.testing.assert_allclose(images[0], model.generate(3, seed=2), atol=1e-6)
    # After 2 more steps of the same chains, what 7 steps give.
    np.testing.assert_allclose(images[1], machine(chain_steps=7).generate(3, seed=2), atol=1e-6)


# === What every model can do ===


def test_trains():
    check_trains(lambda: small({"persistent_chains": 16}), IMAGES, NAMES)


@pytest.mark.slow
def test_stopping_and_going_on_is_the_same_run(tmp_path):
    check_resume(
        lambda: small({"persistent_chains": 16, "seed": 3}, layer_steps=9), IMAGES, tmp_path
    )


@pytest.mark.slow
def test_two_replicas_do_what_one_does(mirrored):
    check_two_replicas(lambda **form: small({"persistent_chains": 16}, **form), IMAGES, mirrored)


def test_evaluate_has_the_logs_of_each_layer():
    assert set(small().evaluate(IMAGES, batch_size=32, verbose=0, return_dict=True)) == set(NAMES)


# === Errors ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gibbs_steps": 0}, "gibbs_steps=0"),
        ({"persistent_chains": -1}, "persistent_chains=-1"),
        ({"chain_steps": 0}, "chain_steps=0"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(UserError, match=message):
        small(arguments)


@pytest.mark.parametrize("name", ["chains", "steps", "every"])
def test_bad_arguments_of_a_walk(name):
    with pytest.raises(UserError, match=f"{name}=0"):
        machine().walk(**({"chains": 2, "steps": 2} | {name: 0}))


def test_replicas_share_the_chains_evenly(mirrored):
    with mirrored.scope(), pytest.raises(UserError, match="multiple of the 2 replicas, or 0"):
        small({"persistent_chains": 3})


def test_layer_steps_are_positive():
    with pytest.raises(UserError, match="layer_steps=0"):
        small(layer_steps=0)


def test_loss_scaling_is_refused():
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
    with pytest.raises(UserError, match=r"without loss scaling.*Received: a LossScaleOptimizer"):
        small(optimizer=optimizer)


def test_the_generator_must_go_in_both_directions():
    dense = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, "sigmoid", name="one_way")])
    with pytest.raises(UserError, match=r"in both directions.*tied_mlp.*\['one_way'\]"):
        tf_gan.DBN(dense, 4)
    layers = [keras.Input((4,)), tf_gan.layers.TiedDense(5, "relu", name="relu")]
    with pytest.raises(UserError, match=r"with sigmoids.*Received: \['relu'\]"):
        tf_gan.DBN(keras.Sequential([*layers, tf_gan.layers.TiedDense(6)]), 4)
    with pytest.raises(UserError, match=r"does not take the latents, of shape \(None, 5\)"):
        tf_gan.DBN(tied_mlp.build_generator((6,), 4), 5)

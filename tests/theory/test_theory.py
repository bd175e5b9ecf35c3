"""Section 4 of the 2014 paper: closed forms, and models trained against them."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import integrate
from scipy.stats import norm

import tf_gan
from tf_gan import losses, penalties, theory
from tf_gan.errors import UserError
from tf_gan.networks import points
from tf_gan.theory import Mixture
from tf_gan.training.rng import Stream

STANDARD = Mixture(0.0, 1.0)
LOG_2 = np.log(2.0)

# === Distributions ===


def test_mixtures_are_weighted_sums():
    mixture = Mixture((-1.0, 2.0), (0.5, 3.0), (3.0, 1.0))
    x = np.linspace(-8, 8, 33).reshape(3, 11)
    expected = 0.75 * norm.pdf(x, -1, 0.5) + 0.25 * norm.pdf(x, 2, 3)
    np.testing.assert_allclose(mixture.density(x), expected, rtol=1e-12)
    np.testing.assert_allclose(
        Mixture((0, 4)).density(x), 0.5 * norm.pdf(x) + 0.5 * norm.pdf(x, 4), rtol=1e-12
    )
    # Its density is 0 in floating point.
    assert STANDARD.log_density(100.0) == pytest.approx(-5000 - 0.5 * np.log(2 * np.pi), rel=1e-12)


@pytest.mark.parametrize(
    "arguments",
    [
        (0, 0),
        (0, -1),
        (0, 1, 0),
        (np.nan,),
        (np.zeros((2, 2)),),
        ([0, 1], [1, 2, 3]),
        (0, np.inf),
        (0, 1, np.inf),
    ],
)
def test_what_is_no_mixture(arguments):
    with pytest.raises(UserError, match=r"deviations > 0 and weights > 0.*Received: Mixture"):
        Mixture(*arguments)


@pytest.mark.parametrize(
    ("p", "q", "message"),
    [
        ([0.5, 0.5], [0.5, 0.6], "sums 1 and 1.1"),
        ([0.5, 0.49999], [0.5, 0.5], "sums 0.99999 and 1"),
        ([1.5, -0.5], [0.5, 0.5], "without negative"),
        ([0.5, 0.5], [1.0], r"shapes \(2,\) and \(1,\)"),
        ([np.nan, 1.0], [0.5, 0.5], "sums nan"),
        ([0.5, 0.5], STANDARD, "Received: list and Mixture"),
    ],
)
def test_what_is_no_pair_of_distributions(p, q, message):
    for function in (theory.kl_divergence, theory.jensen_shannon_divergence, theory.criterion):
        with pytest.raises(UserError, match=message):
            function(p, q)


# === Theorem 1 ===

# JSD and C(G) = -log 4 + 2 JSD: computed once by another quadrature, to nine digits.
TABLE = [
    (STANDARD, STANDARD, 0.0, -1.386294361),
    (STANDARD, Mixture(0.5), 0.030311301, -1.325671760),
    (STANDARD, Mixture(1.0), 0.111421482, -1.163451397),
    (STANDARD, Mixture(2.0), 0.336830820, -0.712632720),
    (STANDARD, Mixture(4.0), 0.632720194, -0.120853974),
    (STANDARD, Mixture(8.0), 0.693053646, -0.000187070),
    (STANDARD, Mixture(0.0, 2.0), 0.092733382, -1.200827598),
    (STANDARD, Mixture(1.0, 2.0), 0.128174973, -1.129944415),
    (np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.5, 0.5]), 0.5 * LOG_2, -LOG_2),
    (np.array([1.0, 0.0]), np.array([0.0, 1.0]), LOG_2, 0.0),
    (np.array([0.2, 0.3, 0.5]), np.array([0.2, 0.3, 0.5]), 0.0, -2 * LOG_2),
]


@pytest.mark.parametrize(("p_data", "p_g", "jsd", "criterion"), TABLE)
def test_theorem_1(p_data, p_g, jsd, criterion):
    assert theory.jensen_shannon_divergence(p_data, p_g) == pytest.approx(jsd, abs=1e-9)
    assert theory.jensen_shannon_divergence(p_g, p_data) == pytest.approx(jsd, abs=1e-9)
    assert theory.criterion(p_data, p_g) == pytest.approx(criterion, abs=2e-9)


@pytest.mark.parametrize(("p_data", "p_g"), [row[:2] for row in TABLE])
def test_the_criterion_is_the_value_of_the_optimal_discriminator(p_data, p_g):
    """C(G) = V(D*, G), by two different integrands; any other discriminator stays
    below.
    """
    if isinstance(p_data, Mixture):

        def best(x):
            return theory.optimal_logit(p_data, p_g, x)

        others = [
            lambda x: best(x) + 0.1,
            lambda x: 0.9 * best(x) + 0.02 * x,
            lambda x: 0.1 + 0 * x,
        ]
    else:
        d = theory.optimal_discriminator(p_data, p_g)
        with np.errstate(divide="ignore"):
            best = np.log(d) - np.log1p(-d)
        others = [np.clip(best, -5, 5) + 0.1, np.array([0.1, -0.2, 0.3])[: len(d)]]
    criterion = theory.criterion(p_data, p_g)
    assert theory.value(best, p_data, p_g) == pytest.approx(criterion, abs=1e-12)
    assert all(theory.value(other, p_data, p_g) < criterion - 1e-9 for other in others)


def test_the_value_is_that_of_sampling():
    p_g = Mixture(1.0, 2.0)
    random = np.random.default_rng(0)
    real, fake = random.normal(size=1_000_000), 1 + 2 * random.normal(size=1_000_000)
    logged = tf_gan.losses.value_function(tf.constant(0.5 - real), tf.constant(0.5 - fake))[
        "V(D,G)"
    ]
    # Four standard errors.
    assert theory.value(lambda x: 0.5 - x, STANDARD, p_g) == pytest.approx(float(logged), abs=0.006)
    with pytest.raises(
        UserError, match=r"one logit for each point, shape \(2,\). Received: shape \(3,\)"
    ):
        theory.value(np.zeros(3), np.array([0.5, 0.5]), np.array([1.0, 0.0]))


@pytest.mark.parametrize(
    ("mean", "deviation"),
    [(0.0, 1.0), (1.0, 1.0), (-3.0, 2.0), (8.0, 0.1), (0.0, 1e-3), (50.0, 1.0)],
)
def test_kl_between_gaussians_has_a_closed_form(mean, deviation):
    q = Mixture(mean, deviation)
    expected = np.log(deviation) + (1 + mean**2) / (2 * deviation**2) - 0.5
    assert theory.kl_divergence(STANDARD, q) == pytest.approx(expected, rel=1e-10, abs=1e-10)
    assert theory.kl_divergence(q, STANDARD) == pytest.approx(
        (deviation**2 + mean**2 - 1) / 2 - np.log(deviation), rel=1e-10, abs=1e-10
    )


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (STANDARD, Mixture((-1, 1.3), 0.02)),
        (Mixture(0.3), Mixture((-4, -2, 0, 2, 4), 0.02)),
        (STANDARD, Mixture((-1, 1.3), (0.02, 0.05), (1, 3))),
        (Mixture(0.5, 0.1), Mixture((0, 0.1, 1), (0.01, 0.001, 0.01))),  # 0.1 is no neighbour.
    ],
)
def test_kl_to_a_mixture_of_far_components(p, q):
    """log q has kinks where none of its components has mass."""
    ends = np.linspace(-40, 40, 1_000_001)
    x = (ends[1:] + ends[:-1]) / 2
    terms = p.density(x) * (p.log_density(x) - q.log_density(x))
    expected = terms.sum() * 80 / len(x)
    assert theory.kl_divergence(p, q) == pytest.approx(expected, rel=1e-8)


def test_kl_of_probabilities():
    assert theory.kl_divergence([0.5, 0.5, 0.0], [0.25, 0.25, 0.5]) == pytest.approx(LOG_2)
    assert theory.kl_divergence([0.25, 0.25, 0.5], [0.5, 0.5, 0.0]) == np.inf


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (Mixture((-2, 2), 0.5), Mixture((-2, 1), (0.5, 0.2), (1, 3))),
        (Mixture((-1, 0, 1), 0.05), Mixture(0.3, 1.0)),
        (Mixture(0, 1e-4), STANDARD),
    ],
)
def test_mixtures_against_adaptive_quadrature(p, q):
    def integrand(x):
        a, b = p.density(x), q.density(x)
        return 0.5 * sum(c * np.log(2 * c / (a + b)) if c > 0 else 0.0 for c in (a, b))

    ends = sorted(
        {
            float(m + k * s)
            for each in (p, q)
            for m, s in zip(each.means, each.deviations, strict=True)
            for k in (-8, -4, -1, 0, 1, 4, 8)
        }
    )
    ends = [-40.0, *ends, 40.0]
    expected = sum(
        integrate.quad(integrand, a, b, epsabs=1e-12)[0] for a, b in itertools.pairwise(ends)
    )
    assert theory.jensen_shannon_divergence(p, q) == pytest.approx(expected, abs=1e-9)


# === Proposition 1 ===


def test_optimal_discriminator():
    np.testing.assert_array_equal(
        theory.optimal_discriminator([0.5, 0.3, 0.0, 0.0], [0.5, 0.1, 0.2, 0.0])[:3],
        [0.5, 0.3 / 0.4, 0.0],
    )
    assert np.isnan(theory.optimal_discriminator(0.0, 0.0))
    with pytest.raises(UserError, match=r">= 0. Received: values from -1"):
        theory.optimal_discriminator([-1.0], [0.5])
    with pytest.raises(UserError, match=r">= 0. Received: values from -2"):
        theory.optimal_discriminator([0.5], [-2.0])
    x, p_g = np.linspace(-5, 5, 21), Mixture((1, 2), 2.0)
    d = theory.optimal_discriminator(STANDARD.density(x), p_g.density(x))
    np.testing.assert_allclose(
        np.log(d / (1 - d)), theory.optimal_logit(STANDARD, p_g, x), atol=1e-9
    )


def test_optimal_logits_between_gaussians():
    x = np.linspace(-30, 30, 61)
    np.testing.assert_allclose(
        theory.optimal_logit(STANDARD, Mixture(3.0), x), -3 * x + 4.5, atol=1e-10
    )
    # log N(0, 1) - log N(1, 2^2) = log 2 - x^2 / 2 + (x - 1)^2 / 8.
    np.testing.assert_allclose(
        theory.optimal_logit(STANDARD, Mixture(1.0, 2.0), x),
        LOG_2 - x**2 / 2 + (x - 1) ** 2 / 8,
        atol=1e-10,
    )


def test_probabilities_reach_the_log_odds_by_descent_of_the_loss():
    """p_data = (1/2, 1/4, 1/4, 0) and p_g = (1/8, 1/8, 1/4, 1/2) as lists of outcomes;
    the logit of each outcome is a free number.
    """
    real, fake = [0, 0, 0, 0, 1, 1, 2, 2], [0, 1, 2, 2, 3, 3, 3, 3]
    logits = tf.Variable(tf.zeros(4))

    @tf.function
    def descend():
        with tf.GradientTape() as tape:
            loss = losses.get("minimax").discriminator_loss(
                tf.gather(logits, real), tf.gather(logits, fake)
            )
        logits.assign_sub(2.0 * tf.convert_to_tensor(tape.gradient(loss, logits)))

    for _ in range(2000):
        descend()
    np.testing.assert_allclose(logits[:3], np.log([4.0, 2.0, 1.0]), atol=1e-3)
    assert logits[3] < -6  # D* = 0 is never reached.
    d = tf.sigmoid(logits).numpy().astype(np.float64)
    np.testing.assert_allclose(
        d, theory.optimal_discriminator([0.5, 0.25, 0.25, 0], [0.125, 0.125, 0.25, 0.5]), atol=2e-3
    )


class Values(keras.callbacks.Callback):
    """V(D, G) by quadrature before each epoch and at the end."""

    def __init__(self, p_g):
        super().__init__()
        self.p_g, self.values = p_g, []

    def on_train_end(self, logs=None):
        self.on_epoch_begin(None)

    def on_epoch_begin(self, epoch, logs=None):
        def logits(x):
            return self.model.discriminator(x[:, None].astype(np.float32)).numpy()[:, 0]

        self.values.append(theory.value(logits, STANDARD, self.p_g))


@pytest.mark.parametrize(
    ("mean", "deviation", "units"),
    [(1.0, 1.0, ()), (1.0, 2.0, (64, 64))],
    ids=["linear", "quadratic"],
)
@pytest.mark.slow
def test_a_discriminator_trained_against_a_fixed_generator_reaches_its_optimum(
    mean, deviation, units
):
    """G(z) = mean + deviation z stands still: its optimizer has the rate 0. Algorithm 1
    does the rest.
    """
    keras.utils.set_random_seed(0)
    p_g = Mixture(mean, deviation)
    fixed = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    fixed.set_weights([np.array([[deviation]]), np.array([mean])])
    gan = tf_gan.GAN(fixed, points.build_discriminator((1,), units=units), latent_dim=1)
    rate = keras.optimizers.schedules.CosineDecay(3e-3 if units else 3e-2, 1000, alpha=1e-3)
    gan.compile(
        keras.optimizers.SGD(0.0), keras.optimizers.Adam(rate, 0.9), steps_per_execution=100
    )
    tracked = Values(p_g)
    gan.fit(
        tf_gan.data.gaussians_1d(100_000),
        batch_size=1000,
        epochs=10,
        callbacks=[tracked],
        verbose=0,
    )
    np.testing.assert_array_equal(fixed.get_weights()[0], [[deviation]])
    x = np.linspace(-2.5, 2.5, 101)  # There is mass of both everywhere here.
    d = tf.sigmoid(gan.discriminator(x[:, None].astype(np.float32))).numpy()[:, 0]
    error = np.abs(d - theory.optimal_discriminator(STANDARD.density(x), p_g.density(x))).max()
    criterion = theory.criterion(STANDARD, p_g)
    print(
        f"max |D - D*| = {error:.4f}; V from {tracked.values[0]:.4f} to {tracked.values[-1]:.6f},"
        f" C(G) = {criterion:.6f}"
    )
    assert error < 0.02
    # At each point of the quadrature V's integrand is at most that of C(G).
    assert max(tracked.values) <= criterion + 1e-12
    assert tracked.values[-1] > criterion - 5e-4 > tracked.values[0]
    if not units:  # The optimal logit is -x + 1/2.
        np.testing.assert_allclose(
            np.concatenate([weight.ravel() for weight in gan.discriminator.get_weights()]),
            [-1, 0.5],
            atol=0.03,
        )


# === Proposition 2 ===


@pytest.mark.parametrize(
    "logits", [np.zeros(6), np.array([3.0, 0, 0, 0, 0, -3.0]), np.array([0.0, 0, 0, 0, 0, 8.0])]
)
def test_descent_is_monotone_and_ends_at_the_data(logits):
    p_data = np.array([0.3, 0.25, 0.2, 0.15, 0.08, 0.02])
    path, criteria = theory.descend(p_data, logits, rate=2.0, steps=4000)
    assert path.shape == (4001, 6) and criteria.shape == (4001,)
    np.testing.assert_allclose(path[0], np.exp(logits) / np.exp(logits).sum())
    assert criteria[0] == pytest.approx(theory.criterion(p_data, path[0]))
    assert np.diff(criteria).max() < 1e-12 and criteria[100] < criteria[0] - 0.01
    assert criteria[-1] == pytest.approx(-2 * LOG_2, abs=1e-6)
    np.testing.assert_allclose(path[-1], p_data, atol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.5, 0.5], [0.0]), r"shapes \(2,\) and \(1,\)"),
        (([0.5, 0.5], [0.0, np.nan]), "finite logit"),
        (([0.5, 0.5], [0.0, 1.0], -1), "rate=-1"),
        (([0.5, 0.5], [0.0, 1.0], 0.0), "rate=0"),
        (([0.5, 0.5], [0.0, 1.0], 1, -1), "steps=-1"),
        (([0.5, 0.6], [0.0, 1.0]), "sums 1.1"),
    ],
)
def test_what_cannot_be_descended(arguments, message):
    with pytest.raises(UserError, match=message):
        theory.descend(*arguments)


def test_a_step_of_the_descent_is_along_the_slope_of_the_criterion():
    p_data, t, rate = np.array([0.5, 0.3, 0.2]), np.array([0.4, -1.0, 0.1]), 1e-4
    path, _ = theory.descend(p_data, t, rate, steps=1)
    slope = np.zeros(3)
    for i, shift in enumerate(1e-5 * np.eye(3)):  # Central differences of C in t, with D* for each.
        up, down = (
            theory.criterion(p_data, np.exp(each) / np.exp(each).sum())
            for each in (t + shift, t - shift)
        )
        slope[i] = (up - down) / 2e-5
    moved = np.log(path[1]) - np.log(path[0])
    np.testing.assert_allclose((moved - moved.mean()) / -rate, slope - slope.mean(), rtol=1e-3)


# === The losses of G ===


@pytest.mark.parametrize(
    ("name", "gradient"),
    [("minimax", theory.saturating_gradient), ("non_saturating", theory.non_saturating_gradient)],
)
def test_gradients_of_the_losses(name, gradient):
    logits = tf.constant([[-30.0], [-10.0], [-1.0], [0.0], [4.0], [30.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = losses.get(name).generator_loss(None, logits)
    np.testing.assert_allclose(
        6 * tape.gradient(loss, logits), gradient(logits), rtol=1e-5, atol=1e-12
    )


def test_gradients_where_the_fakes_are_rejected():
    """D(G(z)) = sigmoid(-10) = 4.54e-5: one loss has hardly a gradient left, the other
    nearly all of it. At 1/2 both have half.
    """
    assert theory.saturating_gradient(-10.0) == pytest.approx(-4.5398e-5, rel=1e-4)
    assert theory.non_saturating_gradient(-10.0) == pytest.approx(-0.9999546, abs=1e-7)
    assert theory.saturating_gradient(0.0) == theory.non_saturating_gradient(0.0) == -0.5


# === The Dirac-GAN ===


@pytest.mark.parametrize(
    ("gamma", "expected"),
    [(0, (0.5j, -0.5j)), (0.6, (-0.3 + 0.4j, -0.3 - 0.4j)), (1, (-0.5, -0.5)), (2.6, (-0.1, -2.5))],
)
def test_eigenvalues_of_the_dirac_gan(gamma, expected):
    np.testing.assert_allclose(theory.dirac_gan_eigenvalues(gamma), expected, atol=1e-12)
    h = 1e-6
    jacobian = np.transpose(
        [np.array(theory.dirac_gan_velocity(*point, gamma)) / h for point in ((h, 0.0), (0.0, h))]
    )
    numeric = np.linalg.eigvals(jacobian)
    np.testing.assert_allclose(
        np.sort_complex(numeric), np.sort_complex(np.array(expected, complex)), atol=1e-3
    )


@pytest.mark.parametrize("gamma", [0.0, 0.7])
def test_the_flow_of_the_dirac_gan_is_that_of_the_losses(gamma):
    theta, psi = tf.Variable(1.5), tf.Variable(-0.4)
    real = tf.zeros((4, 1))
    with tf.GradientTape(persistent=True) as tape:
        fake = theta * tf.ones((4, 1))
        loss = losses.get("minimax")
        discriminator_loss = loss.discriminator_loss(psi * real, psi * fake)
        discriminator_loss += penalties.R1(gamma)(lambda x: psi * x, real, fake, Stream(0))
        generator_loss = loss.generator_loss(None, psi * fake)
    velocity = (
        -float(tape.gradient(generator_loss, theta)),
        -float(tape.gradient(discriminator_loss, psi)),
    )
    np.testing.assert_allclose(velocity, theory.dirac_gan_velocity(1.5, -0.4, gamma), rtol=1e-6)


@pytest.mark.parametrize(("gamma", "shrinks"), [(0.0, False), (0.3, True), (1.0, True)])
def test_only_the_regularised_dirac_gan_converges(gamma, shrinks):
    solution = integrate.solve_ivp(
        lambda _, state: theory.dirac_gan_velocity(*state, gamma),
        (0, 60),
        [1.0, 0.0],
        rtol=1e-9,
        atol=1e-9,
    )
    distances = np.linalg.norm(solution.y, axis=0)
    if shrinks:
        assert distances[-1] < 0.01
    else:  # theta^2 + psi^2 is conserved.
        np.testing.assert_allclose(distances, 1.0, atol=1e-6)


# === One network alone ===


def test_train_alone_of_a_bigan():
    pairs = tf_gan.networks.get("ali_points")
    roles = [
        getattr(pairs, f"build_{role}")((1,), latent_dim=1)
        for role in ("generator", "discriminator", "encoder")
    ]
    bigan = tf_gan.BiGAN(*roles, latent_dim=1)
    bigan.compile(penalties="r1", jit_compile=False)
    encoder = bigan.encoder.get_weights()
    theory.train_alone(bigan, tf_gan.data.gaussians_1d(640), "discriminator", steps=1)
    np.testing.assert_array_equal(encoder[0], bigan.encoder.get_weights()[0])
    assert not bigan.penalties


def test_train_alone_leaves_statistics_and_averages_of_others():
    layers = [keras.layers.Dense(8), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
    gan = tf_gan.GAN(
        keras.Sequential([keras.Input((1,)), *layers]),
        points.build_discriminator((1,), units=(8,)),
        1,
        data_range=None,
        moving_average=0.9,
    )
    gan.compile(jit_compile=False)
    examples = tf_gan.data.gaussians_1d(640)
    gan.fit(examples, batch_size=64, steps_per_epoch=2, epochs=1, verbose=0)
    before = gan.generator.get_weights() + gan.sampler.get_weights()
    theory.train_alone(gan, examples, "discriminator", steps=3)
    after = gan.generator.get_weights() + gan.sampler.get_weights()
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)
    theory.train_alone(gan, examples, "generator", steps=3)
    assert (gan.sampler.get_weights()[0] != before[0]).any()


@pytest.mark.parametrize("role", ["discriminator", "generator"])
def test_train_alone_moves_one_network(role):
    keras.utils.set_random_seed(0)
    gan = tf_gan.GAN(
        points.build_generator((1,), 1, units=(8,)),
        points.build_discriminator((1,), units=(8,)),
        1,
        data_range=None,
    )
    gan.compile(jit_compile=False)
    before = {name: getattr(gan, name).get_weights() for name in gan.roles}
    theory.train_alone(gan, tf_gan.data.gaussians_1d(640), role, steps=3)
    for name, weights in before.items():
        moved = [
            np.abs(a - b).max() > 0
            for a, b in zip(weights, getattr(gan, name).get_weights(), strict=True)
        ]
        assert moved == [name == role] * len(moved)
    # From 1e-3 to a hundredth of it.
    assert float(getattr(gan, f"{role}_optimizer").learning_rate) == pytest.approx(1e-5)
    with pytest.raises(UserError, match=r"one of \('discriminator', 'generator'\).*'encoder'"):
        theory.train_alone(gan, tf_gan.data.gaussians_1d(640), "encoder", steps=3)

"""Figure 1: densities of numbers, and the picture of a small run."""

import dataclasses

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm
from support.configs import quick

import tf_gan
from tf_gan import plots, theory
from tf_gan.cli import sample
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.plots import density
from tf_gan.runs import build, config_file, directory
from tf_gan.training.rng import Fold, Stream


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    config = quick(config_file.load("gaussians_1d"))
    config.data.points = 640
    config.checkpoint_every = 1
    config.jit_compile = "false"
    workdir = tmp_path_factory.mktemp("run")
    tf_gan.train(config, workdir)
    config = directory.read_config(workdir)
    options = plots.PlotOptions(config, n=2000, earliest=lambda: sample._earliest(workdir))
    return workdir, options


def test_densities_are_smoothed_histograms():
    numbers = np.random.default_rng(0).normal(1, 2, 400_000)
    axis = density.Axis(-9.0, 11.0, bandwidth=0.5)
    p = axis.density(numbers)
    assert p.sum() * 20 / density.BINS == pytest.approx(1, abs=1e-3)
    # A Gaussian smoothed by a Gaussian: the variances add. 0.002 is five standard
    # errors at the peak.
    np.testing.assert_allclose(p, norm.pdf(axis.centres, 1, np.hypot(2, 0.5)), atol=0.002)
    q = axis.density(np.random.default_rng(1).normal(3, 2, 400_000))
    expected = theory.jensen_shannon_divergence(
        theory.Mixture(1, np.hypot(2, 0.5)), theory.Mixture(3, np.hypot(2, 0.5))
    )
    assert axis.divergence(p, q) == pytest.approx(expected, abs=2e-3)
    assert axis.divergence(p, p) == pytest.approx(0, abs=1e-12)
    # Three quarters of the axis.
    np.testing.assert_allclose(density._spread(np.array([2.0, 3.0, 5.0]), axis), [-6.5, -1.5, 8.5])


@pytest.mark.slow
def test_four_panels(run, monkeypatch):
    workdir, options = run
    model, _ = build.load(workdir)
    weights = model.get_weights()
    monkeypatch.setattr(density, "DISCRIMINATOR_STEPS", 4)
    monkeypatch.setattr(density, "GENERATOR_STEPS", 2)
    drawn, original = [], density._figure
    monkeypatch.setattr(
        density, "_figure", lambda *given: drawn.append(given[:2]) or original(*given)
    )
    picture = density.plot(model, options)
    assert (picture.shape, picture.dtype) == ((333, 990, 3), np.uint8)
    (a, b, c, d), axis = drawn[0]
    numbers = options.examples().arrays()
    mean, deviation = numbers.mean(), numbers.std()
    assert (axis.low, axis.high) == pytest.approx((mean - 4 * deviation, mean + 4 * deviation))
    assert axis.bandwidth == pytest.approx(deviation * 640**-0.2)
    logits = model.discriminator(axis.centres[:, None].astype(np.float32))
    np.testing.assert_allclose(d.d, expit(logits)[:, 0], atol=1e-6)
    assert [panel.title for panel in (a, b, c, d)] == [
        "(a) step 40",
        "(b) D alone, 4 steps",
        "(c) then G alone, 2 steps",
        "(d) step 80",
    ]
    for panel in (a, b, c, d):
        assert (
            panel.samples.shape == (2000,)
            and panel.targets.shape == (density.ARROWS,)
            and panel.d.shape == (density.BINS,)
        )
        assert np.isfinite(panel.samples).all() and ((panel.d > 0) & (panel.d < 1)).all()
    np.testing.assert_array_equal(a.samples, b.samples)
    np.testing.assert_array_equal(b.d, c.d)
    assert (a.d != b.d).any() and (b.samples != c.samples).any()
    np.testing.assert_array_equal(
        d.samples,
        model.sampler(model.sample_latents(2000, Stream(0, Fold.GENERATION)))[:, 0],
    )
    # The run's own model was not trained on.
    np.testing.assert_equal(weights, model.get_weights())


def test_other_runs_are_refused(run):
    _, options = run
    with options.config.unlocked():
        options.config.objective.loss = "wasserstein"
        model = build.build(options.config)
        options.config.objective.loss = "non_saturating"
    with pytest.raises(UserError, match="expected the loss minimax or non_saturating"):
        density.plot(model, options)
    with pytest.raises(UserError, match="PlotOptions with `earliest`"):
        density.plot(model, dataclasses.replace(options, earliest=None))
    config = quick(default_config())
    with config.unlocked():
        config.data.image_shape = (8, 8, 1)
    with pytest.raises(
        UserError,
        match=r"runs on numbers.*a GAN, data of shape \(8, 8, 1\), config.model.latent_dim=64",
    ):
        density.plot(build.build(config), plots.PlotOptions(config))
    config = options.config.copy_and_resolve_references()
    with config.unlocked():
        config.model.name, config.networks.name = "bigan", "ali_points"
        config.networks.update({"generator": {}, "discriminator": {}})
    with pytest.raises(UserError, match=r"no networks but G and D.*a BiGAN, data of shape \(1,\)"):
        density.plot(build.build(config), dataclasses.replace(options, config=config))

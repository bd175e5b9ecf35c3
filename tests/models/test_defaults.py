"""The values of the papers that models have where nothing is given."""

import inspect

import pytest

import tf_gan

# Adam of `compile()`: rate, beta_1, beta_2, epsilon.
ADAM = {
    tf_gan.GAN: (2e-4, 0.5, 0.999, 1e-7),
    tf_gan.BEGAN: (1e-4, 0.5, 0.999, 1e-7),
    tf_gan.SemiSupervisedGAN: (3e-3, 0.5, 0.999, 1e-8),
    tf_gan.ProgressiveGAN: (1e-3, 0.0, 0.99, 1e-8),
    tf_gan.StarGAN: (1e-4, 0.5, 0.999, 1e-7),
    tf_gan.SRGAN: (1e-4, 0.9, 0.999, 1e-7),
    tf_gan.ESRGAN: (1e-4, 0.9, 0.999, 1e-7),
    tf_gan.SRResNet: (1e-4, 0.9, 0.999, 1e-7),
    tf_gan.CycleGAN: (2e-4, 0.5, 0.999, 1e-7),
    tf_gan.Pix2Pix: (2e-4, 0.5, 0.999, 1e-7),
    tf_gan.VAE: (1e-3, 0.9, 0.999, 1e-7),
}
ARGUMENTS = {
    tf_gan.ConditionalGAN: {"auxiliary_weight": 1.0},
    tf_gan.InfoGAN: {"categorical_weight": 1.0, "continuous_weight": 0.1},
    tf_gan.BEGAN: {
        "gamma": 0.5,
        "lambda_k": 0.001,
        "eta": 1,
        "patience": 20_000,
        "smallest_rate": 2e-5,
        "prior": (-1.0, 1.0),
    },
    tf_gan.WGAN: {"clip": 0.01},
    tf_gan.FastGAN: {"reconstruction_weight": 8.0},
    tf_gan.StyleGAN2: {
        "mixing_probability": 0.9,
        "path_length_weight": 2.0,
        "path_length_interval": 4,
    },
    tf_gan.ProgressiveGAN: {
        "fade_steps": 50_000,
        "stable_steps": 50_000,
        "drift_weight": 0.001,
    },
    tf_gan.StarGAN: {"class_weight": 1.0, "reconstruction_weight": 10.0},
    tf_gan.SRGAN: {"adversarial_weight": 0.001},
    tf_gan.ESRGAN: {"adversarial_weight": 0.005, "l1_weight": 0.01},
    tf_gan.Pix2Pix: {"l1_weight": 100.0},
    tf_gan.CycleGAN: {"cycle_weight": 10.0, "identity_weight": 0.0, "history_size": 50},
    tf_gan.GSN: {"walk_back": 4, "noise": 2.0, "salt_and_pepper": 0.4},
    tf_gan.augment.ADA: {"target": 0.6, "interval": 4, "images_for_one": 500_000},
}


@pytest.mark.parametrize("model_class", ADAM, ids=lambda model_class: model_class.__name__)
def test_optimizers(model_class):
    optimizer = model_class.default_optimizer(None)
    values = [getattr(optimizer, name) for name in ("learning_rate", "beta_1", "beta_2", "epsilon")]
    assert [float(value) for value in values] == pytest.approx(ADAM[model_class])


@pytest.mark.parametrize("kind", ARGUMENTS, ids=lambda kind: kind.__name__)
def test_arguments(kind):
    given = inspect.signature(kind.__init__).parameters
    assert {name: given[name].default for name in ARGUMENTS[kind]} == ARGUMENTS[kind]

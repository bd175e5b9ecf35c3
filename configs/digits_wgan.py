"""A WGAN with weight clipping, algorithm 1 of Arjovsky et al. (2017) with the paper's
settings, on scikit-learn's 8x8 digits: a small demonstration.

    tf-gan-train --config=configs/digits_wgan.py --workdir=runs/digits_wgan

Not scored. A run that was stopped after 1,577 epochs (7,885 steps, 230 s on busy cores
of an x86-64 server CPU) had one grey stroke in all samples and no digits yet: the
paper's rate is small for so few steps.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "digits_wgan"
    config.model.name = "wgan"
    config.model.arguments = ConfigDict({"clip": 0.01})
    config.objective.loss = "wasserstein"
    config.objective.penalties = ""
    config.objective.discriminator_steps = 5
    config.optimizer.name = "rmsprop"
    config.optimizer.generator_learning_rate = 5e-5
    config.optimizer.discriminator_learning_rate = 5e-5
    config.epochs = 2500
    config.steps_per_execution = 5  # All steps of an epoch.
    config.sample_every = 100
    config.checkpoint_every = 500
    return config

"""Figure 1 of the 2014 paper: a small GAN with R1 that maps uniform noise to N(0, 1).

Time: a minute on two CPU cores.
Score: Jensen-Shannon divergence 0.0041 nat.

    tf-gan-train --config=gaussians_1d --workdir=runs/gaussians_1d
    tf-gan-sample --workdir=runs/gaussians_1d --kind=density

Goodfellow et al., Generative Adversarial Nets (2014), https://arxiv.org/abs/1406.2661.
150 epochs, 30,000 steps, about a minute on two cores of an x86-64 server CPU. `python
docs/theory.py --run=runs/gaussians_1d`: a million samples in bins of 0.05 have a
Jensen-Shannon divergence of 0.0041 nat from N(0, 1), and D lies between 0.494 and 0.514
for x from -2 to 2.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "gaussians_1d"
    config.data.name = "gaussians_1d"
    config.model.latent_dim = 1
    config.model.prior = "uniform"
    config.model.moving_average = 0.999
    config.networks.name = "points"
    config.networks.generator = ConfigDict({"units": (64, 64)})
    config.networks.discriminator = ConfigDict({"units": (64, 64)})
    config.objective.penalties = "r1"
    config.objective.penalty_weight = 0.03
    config.optimizer.generator_learning_rate = 1e-4
    config.optimizer.discriminator_learning_rate = 1e-3
    config.optimizer.beta_1 = 0.0
    config.optimizer.beta_2 = 0.99
    config.batch_size = 250
    config.epochs = 150
    config.steps_per_execution = 200
    config.samples = 2000
    config.sample_every = 15
    config.checkpoint_every = 2
    config.checkpoints_kept = 75  # All of them: the first ones are in the picture.
    return config

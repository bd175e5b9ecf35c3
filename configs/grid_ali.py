"""ALI on a grid of 25 Gaussians, deviation 0.05, 100,000 points (Dumoulin et al., 2016,
https://arxiv.org/abs/1606.00704).

Time: 6 minutes on two shared CPU cores for 7 of 200 epochs.
Score: 9 and 23 of 25 modes (seeds 0, 1), samples still spread; published 13.4 +- 5.8.

    tf-gan-train --config=grid_ali --workdir=runs/grid_ali
    tf-gan-evaluate --workdir=runs/grid_ali --metrics=modes

The paper counts the modes with samples, of 10,000: 13.4 +- 5.8 of 25 over ten runs;
10.4 +- 9.2 for a GAN.

Cut short, to 7 epochs at ten times the rates, --config.epochs=7
--config.optimizer.generator_learning_rate=1e-3
--config.optimizer.discriminator_learning_rate=1e-3: 307 and 361 s on two shared cores
of an x86-64 server CPU. 9 modes from seed 0 and 23 from seed 1, but 0.9% and 1.4% of
the samples lie within three deviations of one: the samples are still spread over the
plane.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "grid_ali"
    config.data.name = "grid"
    config.data.points = 100_000
    config.model.name = "bigan"
    config.model.latent_dim = 2
    config.model.moving_average = 0.0
    config.networks.name = "ali_points"
    config.networks.generator = ConfigDict({"units": (400, 400, 400, 400)})
    config.networks.discriminator = ConfigDict({"units": (200, 200, 200)})
    config.networks.encoder = ConfigDict({"units": (400, 400)})
    config.objective.penalties = ""
    config.objective.updates = "simultaneous"
    config.optimizer.generator_learning_rate = 1e-4
    config.optimizer.discriminator_learning_rate = 1e-4
    config.optimizer.beta_1 = 0.8
    config.batch_size = 100
    config.epochs = 200
    config.steps_per_execution = 200
    config.samples = 2000
    config.sample_every = 10
    config.checkpoint_every = 10
    return config

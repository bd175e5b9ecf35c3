"""R3GAN's loss on a grid of 25 Gaussians of deviation 0.05: RpGAN under R1 and R2 in
every step, networks without normalisation (Huang et al., 2025,
https://arxiv.org/abs/2501.05441).

Time: 2 minutes on two shared CPU cores.
Score: 25 of 25 modes, 91.0 % of the samples near one.

    tf-gan-train --config=grid_r3 --workdir=runs/grid_r3
    tf-gan-evaluate --workdir=runs/grid_r3 --metrics=modes

60 epochs, 11,700 steps, seed 0: 78 s of CPU time, 106 s on two shared cores of an x86-64
server CPU. All 25 modes, and 91.0% of 10,000 samples lie within three deviations of one;
98.9% of the data do.

The same with other penalties, gamma 1 each, by `pytest -m slow -n 0 -s
tests/test_lazy_penalties.py`, without XLA, 48 to 81 s of CPU time an arm; KL is that of
the samples' modes from the uniform distribution:

    penalties                                    seed 0               seed 1
    R1 and R2 in every step                      25, 90.6%, KL 0.002  25, 90.0%, KL 0.002
    R1 and R2 in every 8th, 8 times the weight   25, 92.1%, KL 0.002  25, 91.4%, KL 0.001
    R1 alone                                     25, 93.7%, KL 0.002  25, 92.7%, KL 0.002
    none                                         19, 91.5%, KL 0.671  15, 91.9%, KL 0.724

So the modes need a penalty, as the paper says. That penalties in every 8th step fail on
25 Gaussians, as its appendix has it, does not show here: its networks and settings are
others. Nor does it with --config.objective.penalty_interval, in steps of the optimizer
of their own, seed 0: 25 modes, 90.7%, KL 0.001 with 16; 25 modes, 91.1%, KL 0.002 with
64.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "grid_r3"
    config.data.name = "grid"
    config.model.latent_dim = 2
    config.model.moving_average = 0.999
    config.networks.name = "points"
    config.networks.generator = ConfigDict({"units": (128, 128, 128)})
    config.networks.discriminator = ConfigDict({"units": (128, 128, 128)})
    config.objective.loss = "relativistic"
    config.objective.penalties = "r1,r2"
    config.objective.penalty_weight = 1.0
    config.optimizer.generator_learning_rate = 1e-3
    config.optimizer.discriminator_learning_rate = 1e-3
    config.optimizer.beta_1 = 0.0
    config.optimizer.beta_2 = 0.99
    config.batch_size = 256
    config.epochs = 60
    config.steps_per_execution = 65  # A third of an epoch: frames for tf-gan-replay.
    config.samples = 2000
    config.sample_every = 10
    config.checkpoint_every = 20
    return config

r"""Progressive growing to 1024x1024, the networks and settings of the paper for
CelebA-HQ (Karras et al., 2018, https://arxiv.org/abs/1710.10196).

Time: eight GPUs, four days, in the paper.
Score: not trained here; published: FID 7.79, measured by the StyleGAN paper.

    tf-gan-train --config=faces1024_progressive --config.data.path=DIR \
        --workdir=runs/faces1024_progressive

23.1 million parameters each; nine stages, 800,000 images for each fade and as many after
it, 6,250 steps of 128 images; Adam at 1e-3 with beta_1 = 0 and beta_2 = 0.99. In a step
each stage makes iterations on the minibatches that the paper's authors took on one GPU,
128 images up to 16x16, then 64, 32, 16, 8 and, from 512x512 on, 4. The moving average's
half-life of 11,000 images is that of 0.999 for minibatches of 16. The paper raises the
learning rate to 1.5e-3 at 1024x1024. Published: Karras et al., A Style-Based Generator
Architecture for Generative Adversarial Networks (2019), https://arxiv.org/abs/1812.04948,
table 1. Not trained here: it takes GPUs.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "faces1024_progressive"
    config.data.name = "image_folder"
    config.data.image_size = 1024
    config.data.held_out = 0.0  # As published.
    config.data.mirror = True
    config.model.name = "progressive_gan"
    config.model.latent_dim = 512
    config.model.moving_average = 0.992
    config.model.arguments = ConfigDict(
        {
            "fade_steps": 6250,
            "stable_steps": 6250,
            "drift_weight": 1e-3,
            "batch_sizes": (128, 128, 128, 64, 32, 16, 8, 4, 4),
        }
    )
    config.networks.name = "progressive"
    config.networks.generator = ConfigDict({"width": 512})
    config.networks.discriminator = ConfigDict({"width": 512, "group_size": 4})
    config.objective.loss = "wasserstein"
    config.objective.penalties = "wgan_gp"
    config.objective.penalty_weight = 10.0
    config.optimizer.generator_learning_rate = 1e-3
    config.optimizer.discriminator_learning_rate = 1e-3
    config.optimizer.beta_1 = 0.0
    config.optimizer.beta_2 = 0.99
    config.batch_size = 128
    config.length = 13_600.0
    config.steps_per_execution = 1  # Of up to 32 iterations.
    config.samples = 16
    config.sample_every = 5
    config.checkpoint_every = 5
    return config

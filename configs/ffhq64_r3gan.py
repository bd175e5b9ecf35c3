r"""R3GAN on a folder of faces at 64x64, the networks and settings of the paper for
FFHQ.

Time: eight GPUs, in the paper.
Score: not trained here; published: FID 1.95.

    tf-gan-train --config=ffhq64_r3gan --config.data.path=DIR \
        --workdir=runs/ffhq64_r3gan

Table 9 of Huang et al., The GAN is dead; long live the GAN! A Modern GAN Baseline
(2025), https://arxiv.org/abs/2501.05441: 22.4 million parameters each, 100 million
images in batches of 256, eight GPUs. Published: FID of 50,000 samples 1.95, recall
0.53. Not trained here: it takes GPUs. The learning rate, beta_2, the weight of the
penalties, the half-life of the average and the probability of the augmentation go by
half a cosine over the first 20 million images. All layers compute in bfloat16, in the paper
those of the four largest sizes of maps.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "ffhq64_r3gan"
    config.data.name = "image_folder"
    config.data.image_size = 64
    config.data.held_out = 0.0  # As published.
    config.data.mirror = True
    config.model.latent_dim = 64
    config.model.half_life = 500.0
    config.networks.name = "r3gan"
    config.networks.generator = ConfigDict({"width": 768})
    config.networks.discriminator = ConfigDict({"width": 768})
    config.objective.loss = "relativistic"
    config.objective.penalties = "r1,r2"
    config.objective.penalty_weight = 2.0
    config.objective.augment = "ada"
    config.objective.augment_groups = "blit,geometric,color,cutout"
    config.objective.augment_p = 0.3
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.optimizer.beta_1 = 0.0
    config.optimizer.beta_2 = 0.9
    config.schedule.images = 20_000.0
    config.schedule.learning_rate = 0.25
    config.schedule.penalty_weight = 0.1
    config.schedule.beta_2 = 0.99
    config.schedule.half_life = True
    config.schedule.augment_p = True
    config.precision = "mixed_bfloat16"
    config.batch_size = 256
    config.length = 100_000.0
    config.steps_per_execution = 10
    config.samples = 64
    config.sample_every = 5
    config.checkpoint_every = 5
    return config

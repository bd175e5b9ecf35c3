r"""StyleGAN2 with adaptive augmentation on CIFAR-10, with classes, the settings of the
paper.

Time: two GPUs, ten days, in the paper.
Score: not trained here; published: FID 2.42.

    tf-gan-train --config=cifar10_stylegan2_ada --workdir=runs/cifar10_stylegan2_ada

Karras et al., Training Generative Adversarial Networks with Limited Data (2020),
https://arxiv.org/abs/2006.06676, and the settings that its authors tuned for this data
set: a mapping of two layers, a discriminator without 1x1 convolutions beside the 3x3
ones, groups of 32 for the minibatch standard deviation, R1 of 0.01, no path lengths, no
mixing, 100 million images. Published: FID of 50,000 samples 2.42. Not trained here: it
takes GPUs. Another implementation has an FID of 4.5 after 7 million images, 3.4 after 12
and 2.3 after 62 (64 images a step).
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "cifar10_stylegan2_ada"
    config.data.name = "cifar10"
    config.data.labels = True
    config.model.name = "conditional_stylegan2"
    config.model.latent_dim = 512
    config.model.half_life = 500.0
    config.model.arguments = ConfigDict({"mixing_probability": 0.0, "path_length_weight": 0.0})
    config.networks.name = "stylegan2"
    width = {"base_width": 16384, "max_width": 512}
    config.networks.generator = ConfigDict(width | {"style_dim": 512, "mapping_layers": 2})
    config.networks.discriminator = ConfigDict(width | {"residual": False, "stddev_group": 32})
    config.objective.penalties = "r1"
    config.objective.penalty_weight = 0.01
    config.objective.penalty_interval = 16
    config.objective.augment = "ada"
    config.optimizer.generator_learning_rate = 2.5e-3
    config.optimizer.discriminator_learning_rate = 2.5e-3
    config.optimizer.beta_1 = 0.0
    config.optimizer.beta_2 = 0.99
    config.batch_size = 64
    config.length = 100_000.0
    config.steps_per_execution = 10
    config.samples = 100
    config.sample_every = 20
    config.checkpoint_every = 20
    return config

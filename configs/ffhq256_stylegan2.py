r"""StyleGAN2 with adaptive augmentation on a folder of faces at 256x256, for one GPU or
more.

Time: one A100, 3.5 hours for a million images, in the paper's code.
Score: not trained here; published: FID 3.78.

    tf-gan-train --config=ffhq256_stylegan2 --config.data.path=DIR \
        --workdir=runs/ffhq256_stylegan2

Karras et al., Analyzing and Improving the Image Quality of StyleGAN (2020),
https://arxiv.org/abs/1912.04958, with the settings of its authors for 256x256: the
channels of config E, batches of 64, R1 of 1, a half-life of 20,000 images, 25 million
images. Published for 70,000 faces: FID of 50,000 samples 3.78, without augmentation
(--config.objective.augment=); here all layers compute in bfloat16, there the largest
maps in half precision. Not trained here: it takes GPUs. Fewer images: five million are
usable; from a trained run, --init_from=DIR and perhaps --config.freeze_d=10, a million are
often enough. Batches of 16 on one small GPU: --config.batch_size=16
--config.objective.penalty_weight=0.8 --config.networks.generator.mapping_layers=2.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "ffhq256_stylegan2"
    config.data.name = "image_folder"
    config.data.image_size = 256
    config.data.held_out = 0.0  # As published.
    config.data.mirror = True
    config.model.name = "stylegan2"
    config.model.latent_dim = 512
    config.model.half_life = 20.0
    config.networks.name = "stylegan2"
    width = {"base_width": 16384, "max_width": 512}
    config.networks.generator = ConfigDict(width | {"style_dim": 512, "mapping_layers": 8})
    config.networks.discriminator = ConfigDict(width | {"stddev_group": 8})
    config.objective.penalties = "r1"
    config.objective.penalty_weight = 1.0
    config.objective.penalty_interval = 16
    config.objective.augment = "ada"
    config.optimizer.generator_learning_rate = 2.5e-3
    config.optimizer.discriminator_learning_rate = 2.5e-3
    config.optimizer.beta_1 = 0.0
    config.optimizer.beta_2 = 0.99
    config.precision = "mixed_bfloat16"
    config.batch_size = 64
    config.length = 25_000.0
    config.steps_per_execution = 10
    config.samples = 64
    config.sample_every = 5
    config.checkpoint_every = 5
    return config

"""The 2014 paper's convolutional CIFAR-10 run, as `cifar10_convolutional.yaml` in
goodfeli/adversarial has it.

Time: a GPU.
Score: not trained yet.

    tf-gan-train --config=cifar10_paper_conv --workdir=runs/cifar10_paper_conv

Images are contrast-normalised (mean 0, norm 55). 73 million parameters: train it on a
GPU. The paper prints samples and no number; it has no stopping rule. The momentum rises
from 0.5 to 0.7 in 250 epochs, so these 100 end at 0.58. Not trained yet.

Tried on 12,000 images with a quarter of G's units and half of D's filters on one CPU
core: from D's first weights in U(-0.005, 0.005) its loss does not leave 2 ln 2 in 650
steps; from U(-0.05, 0.05) D learns, and after 1,116 steps G makes one picture for all
latents.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "cifar10_paper_conv"
    config.data.name = "cifar10"
    config.data.split = "train[:40000]"
    config.data.contrast_normalization = 55.0
    config.model.latent_dim = 100
    config.model.moving_average = 0.0
    config.networks.name = "maxout_conv"
    config.networks.generator = ConfigDict({"units": 8000, "channels": 80})
    config.networks.discriminator = ConfigDict({"filters": (32, 32, 192), "units": 500})
    config.objective.penalties = ""
    config.objective.updates = "simultaneous"
    config.optimizer.name = "sgd_2014"
    config.optimizer.generator_learning_rate = 0.004
    config.optimizer.discriminator_learning_rate = 0.002
    config.batch_size = 128
    config.epochs = 100
    config.steps_per_execution = 1
    config.sample_every = 1
    config.checkpoint_every = 1
    return config

r"""The 2014 paper's convolutional CIFAR-10 run, as `cifar10_convolutional.yaml` in
goodfeli/adversarial has it.

Time: a GPU.
Score: none is published; samples in docs/gallery.md.

    tf-gan-train --config=cifar10_paper_conv --workdir=runs/cifar10_paper_conv

Images are contrast-normalised (mean 0, norm 55). 73 million parameters: train it on a
GPU. The paper prints samples and no number; it has no stopping rule. The momentum rises
from 0.5 to 0.7 in 250 epochs, so these 100 end at 0.58. Not trained at full width.

Trained on 12,000 images with smaller networks, for 7,729 steps in 45 minutes of one
CPU core (docs/gallery.md has the samples):

    tf-gan-train --config=cifar10_paper_conv --config.data.name=npz \
        --config.data.path=FILE --config.data.split=train --config.precision=mixed_bfloat16 \
        --config.networks.generator.units=1000 \
        --config.networks.generator.weight_range=0.3 \
        --config.networks.generator.output_range=0.2 \
        --config.networks.generator.hidden_bias=-8.0 \
        --config.networks.discriminator.filters="(8,8,48)" \
        --config.networks.discriminator.units=125 \
        --config.networks.discriminator.weight_range=0.07 \
        --config.optimizer.generator_learning_rate=0.1 --config.epochs=83 \
        --config.steps_per_execution=10 --workdir=runs/cifar10_paper_conv

From the original's first weights such small networks do not get far: from U(-0.005, 0.005)
D's loss does not leave 2 ln 2 in 650 steps. With sigmoid units that start near 0.5, and
the original's rate of G, all samples are one picture (see `cifar10_paper`): one transposed
convolution of 6,000 weights learns faster than the 8 million weights below it. With units that
start near 0 (hidden_bias), larger weights above them (output_range) and a larger rate
samples are nearly alike for 3,000 steps, then differ.
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

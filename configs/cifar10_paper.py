r"""The 2014 paper's fully connected CIFAR-10 run, as `cifar10_fully_connected.yaml` in
goodfeli/adversarial has it.

Time: a GPU.
Score: none is published; samples in docs/gallery.md.

    tf-gan-train --config=cifar10_paper --workdir=runs/cifar10_paper

Images are contrast-normalised (mean 0, norm 55). 127 million parameters: train it on a
GPU. The paper prints samples and no number; it has no stopping rule. The momentum rises
from 0.5 to 0.7 in 250 epochs, so these 100 end at 0.58. Not trained at full width.

Trained on 12,000 images with an eighth of the width, for 17,340 steps in half an hour of
one CPU core (docs/gallery.md has the samples):

    tf-gan-train --config=cifar10_paper --config.data.name=npz --config.data.path=FILE \
        --config.data.split=train --config.networks.generator.units="(1000,1000)" \
        --config.networks.generator.weight_range=0.3 \
        --config.networks.generator.output_range=0.01 \
        --config.networks.discriminator.units=200 \
        --config.optimizer.generator_learning_rate=0.1 --config.epochs=145 \
        --config.steps_per_execution=30 --workdir=runs/cifar10_paper

A narrow G needs other first weights. A sigmoid unit is 0.5 and something that depends on
the latent; an update moves all samples together by the first part, apart by the second. At
full width the first part has 96% of the squares of the second hidden layer, with 1,000
units from U(-0.05, 0.05) 99.4%, from U(-0.14, 0.14) 85%, from U(-0.3, 0.3) 67%. Samples
are then nearly all alike (0.05), one coloured scene, then another (0.14), or different
(0.3, after 1,200 steps). G's rate is four times the original's, since an update moves the
outputs in proportion to the width of the layer before them: with the original's, and
2,000 units from U(-0.05, 0.05), samples stay noise.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "cifar10_paper"
    config.data.name = "cifar10"
    config.data.split = "train[:40000]"
    config.data.contrast_normalization = 55.0
    config.model.latent_dim = 100
    config.model.moving_average = 0.0
    config.networks.name = "maxout_mlp"
    config.networks.generator = ConfigDict(
        {
            "units": (8000, 8000),
            "hidden_activations": ("relu", "sigmoid"),
            "activation": "linear",
            "output_range": 0.5,
        }
    )
    config.networks.discriminator = ConfigDict({"units": 1600})
    config.objective.penalties = ""
    config.objective.updates = "simultaneous"
    config.optimizer.name = "sgd_2014"
    config.optimizer.generator_learning_rate = 0.025
    config.optimizer.discriminator_learning_rate = 0.0125
    config.batch_size = 100
    config.epochs = 100
    config.steps_per_execution = 1
    config.sample_every = 1
    config.checkpoint_every = 1
    return config

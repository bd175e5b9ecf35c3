r"""A classifier of CIFAR-10 from 4,000 labels: the semi-supervised GAN of Salimans et
al. (2016, https://arxiv.org/abs/1606.03498), feature matching.

Time: a GPU; 13 minutes on one busy CPU core for 6 of 1,200 epochs.
Score: 63.5 % errors by then, a third of the filters; published 18.63 %.

    tf-gan-train --config=cifar10_semi_supervised \
        --workdir=runs/cifar10_semi_supervised
    tf-gan-evaluate --workdir=runs/cifar10_semi_supervised --metrics=classification

Train it on a GPU. Networks, rates, batches (100 labelled and 100 other images a step)
and averages are those of the authors' code; the paper has 18.63 +- 2.32 % errors on the
test images. For npz files: --config.data.name=npz --config.data.path=FILE, and
--held_out=FILE to evaluate.

Tried on one busy core of an x86-64 server CPU with a third of the filters, 32, 64 in D
and 128, 64, 32 in G, and 12,000 images, 4,000 of them labelled: 6 of 1,200 epochs, 720
steps, 777 s: 63.5 % errors in 2,500 test images, falling; G makes textures. That was with
Keras' Adam and an epsilon of 1e-4.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "cifar10_semi_supervised"
    config.data.name = "cifar10"
    config.data.labels_per_class = 400
    config.model.name = "semi_supervised_gan"
    config.model.latent_dim = 100
    config.model.prior = "uniform"
    config.model.prior_range = (0.0, 1.0)
    config.model.moving_average = 0.0
    config.model.arguments = ConfigDict(
        {"feature_matching": "absolute", "classifier_average": 0.9999}
    )
    config.networks.name = "semi_supervised_conv"
    config.networks.generator = ConfigDict({"filters": (512, 256, 128)})
    config.networks.discriminator = ConfigDict({"filters": (96, 192)})
    config.networks.initialization_images = 500
    config.optimizer.name = "adam_2016"
    config.optimizer.generator_learning_rate = 3e-4
    config.optimizer.discriminator_learning_rate = 3e-4
    config.optimizer.decay = "linear"
    config.optimizer.decay_epochs = (800, 1200)
    config.batch_size = 200  # One half labelled.
    config.epochs = 1200
    config.steps_per_execution = 10
    config.sample_every = 10
    config.checkpoint_every = 10
    return config

"""A classifier of MNIST from 100 labels: the semi-supervised GAN of Salimans et al. (2016, https://arxiv.org/abs/1606.03498), feature matching.

    tf-gan-train    --config=configs/mnist_semi_supervised.py --workdir=runs/mnist_semi_supervised
    tf-gan-evaluate --workdir=runs/mnist_semi_supervised --metrics=classification

Not trained to its end. Networks, rates, batches (100 labelled and 100 other images a step) and averages are those of the authors' code, which trains
for 300 epochs; G sees the images that D has just seen, where theirs draws others. The paper: 93 +- 6.5 errors in 10,000 test images, the mean of ten
runs. Other numbers of labels: --config.data.labels_per_class=2, 5 or 20.

Seen so far, on busy cores: with Keras' epsilon of 1e-8 969 +- 30 errors after 14 of 300 epochs (8,550 steps, 1,500 s), but G's loss had grown from
5 to 170 since epoch 11. The epsilon here is that of the authors; with it there are 1,350 steps so far, 2,016 +- 40 errors. The paper's figure is not
reproduced.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist_semi_supervised"
    config.data.name = "mnist"
    config.data.value_range = (0.0, 1.0)
    config.data.labels_per_class = 10
    config.model.name = "semi_supervised_gan"
    config.model.latent_dim = 100
    config.model.prior = "uniform"
    config.model.prior_range = (0.0, 1.0)
    config.model.moving_average = 0.0
    config.model.arguments = ConfigDict({"feature_matching": "squared", "classifier_average": 0.9999})
    config.networks.name = "semi_supervised_mlp"
    config.networks.generator = ConfigDict({"units": (500, 500)})
    config.networks.discriminator = ConfigDict({"units": (1000, 500, 250, 250, 250)})
    config.networks.initialization_images = 500
    config.optimizer.generator_learning_rate = 1e-3
    config.optimizer.discriminator_learning_rate = 1e-3
    config.optimizer.decay = "linear"
    config.optimizer.decay_epochs = (10, 20)
    config.batch_size = 200  # One half labelled.
    config.epochs = 20
    config.steps_per_execution = 50
    config.sample_every = 2
    config.checkpoint_every = 1
    return config

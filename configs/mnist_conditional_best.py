r"""A conditional GAN on MNIST with clean digits in minutes: the PyTorch-GAN MLP with labels,
Adam, an averaged generator. `mnist_conditional` is more diverse.

Time: 11 minutes on one CPU core.
Score: Frechet 9.7, Parzen 217.2 +- 2.4 nats, 99.42 % as requested.

    tf-gan-train --config=mnist_conditional_best \
        --workdir=runs/mnist_conditional_best
    tf-gan-sample --workdir=runs/mnist_conditional_best --kind=classes

30 epochs, 23,430 steps, 653 s on one core of an x86-64 server CPU. 10,000 samples, seed
0: Parzen 217.2 +- 2.4 nats (the conditional GAN paper: 132 +- 1.8), Frechet distance of
the classifier's features 9.7, precision 0.949, recall 0.155 (digits of each class look
alike), and a classifier that is right for 99.13% of the test images assigns 99.42% of
the samples to the requested label.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist_conditional_best"
    config.data.name = "mnist"
    config.data.split = "train[:50000]"
    config.model.name = "conditional_gan"
    config.model.latent_dim = 100
    config.model.moving_average = 0.999
    config.networks.name = "conditional_mlp"
    config.networks.generator = ConfigDict({"units": (128, 256, 512, 1024)})
    config.networks.discriminator = ConfigDict({"units": (512, 256)})
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.epochs = 30
    config.steps_per_execution = 71
    config.sample_every = 10
    config.checkpoint_every = 5
    return config

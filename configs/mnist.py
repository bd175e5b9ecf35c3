"""The PyTorch-GAN MLP on MNIST (`implementations/gan` of eriklindernoren/PyTorch-GAN),
with an averaged generator.

Time: 20 minutes on one CPU core.
Score: Frechet 43.1, Parzen 200.5 +- 2.7 nats.

    tf-gan-train --config=mnist --workdir=runs/mnist

50 epochs, 1,162 s on one core of an x86-64 server CPU. Differences from that program:
50 epochs in place of 200, D moves first and G's fakes are fresh (algorithm 1), the last
partial batch of an epoch is skipped, and the samples are those of the averaged
generator. 10,000 samples, seed 0: Parzen 200.5 +- 2.7 nats, Frechet distance of the
classifier's features 43.1, precision 0.904, recall 0.272: most digits are clear, and
many kinds are missing; `mnist_best` makes them.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist"
    config.data.name = "mnist"
    config.model.latent_dim = 100
    config.model.moving_average = 0.999
    config.networks.name = "mlp"
    config.networks.generator = ConfigDict({"units": (128, 256, 512, 1024)})
    config.networks.discriminator = ConfigDict({"units": (512, 256)})
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.epochs = 50
    config.steps_per_execution = 50
    config.sample_every = 5
    config.checkpoint_every = 5
    return config

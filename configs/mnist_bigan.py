"""BiGAN on permutation-invariant MNIST (Donahue et al., 2016, https://arxiv.org/abs/1605.09782): fully connected networks, 50 uniform latents.

    tf-gan-train    --config=configs/mnist_bigan.py --workdir=runs/mnist_bigan
    tf-gan-evaluate --workdir=runs/mnist_bigan --metrics=nearest_neighbour_accuracy
    tf-gan-sample   --workdir=runs/mnist_bigan --kind=reconstructions --output=reconstructions.png

The authors' run: all three networks move at once, Adam with an L2 term, 200 epochs at one rate and 200 in which it falls to a hundredth. The paper
reports an accuracy of 97.39% for the nearest neighbour by the features before the encoder's output. Not trained yet.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist_bigan"
    config.data.name = "mnist"
    config.data.value_range = (0.0, 1.0)
    config.model.name = "bigan"
    config.model.latent_dim = 50
    config.model.prior = "uniform"
    config.model.moving_average = 0.0
    config.networks.name = "bigan_mlp"
    config.networks.generator = ConfigDict({"units": (1024, 1024)})
    config.networks.discriminator = ConfigDict({"units": (1024, 1024)})
    config.networks.encoder = ConfigDict({"units": (1024, 1024)})
    config.game.penalties = ""
    config.game.updates = "simultaneous"
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.optimizer.l2 = 2.5e-5
    config.optimizer.decay = "exponential"
    config.optimizer.decay_epochs = (200, 400)
    config.batch_size = 128
    config.epochs = 400
    config.steps_per_execution = 78
    config.sample_every = 20
    config.checkpoint_every = 10
    return config

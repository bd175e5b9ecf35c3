"""The PyTorch-GAN MLP on MNIST."""

from tf_gan.config import default_config


def get_config():
    config = default_config()
    with config.unlocked():
        config.networks.generator = {}
        config.networks.discriminator = {}
    config.name = "mnist"
    config.data.name = "mnist"
    config.model.latent_dim = 100
    config.model.moving_average = 0.999
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.epochs = 50
    config.steps_per_execution = 50
    config.sample_every = 5
    config.checkpoint_every = 5
    return config

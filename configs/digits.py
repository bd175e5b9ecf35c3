"""The PyTorch-GAN MLP, made small, on scikit-learn's 8x8 digits: the run that `tf-gan-train` makes when it is given nothing."""

from tf_gan.config import default_config


def get_config():
    return default_config()

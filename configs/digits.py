"""A small MLP GAN with R1 on scikit-learn's 8x8 digits: the run that `tf-gan-train`
makes when it is given nothing.

    tf-gan-train --config=configs/digits.py --workdir=runs/digits

600 epochs, 45 s on two cores of an x86-64 server CPU. Without the penalty the same
networks know half of the ten digits after 1,000 epochs: 1,797 images are few, and D
learns them by heart. With it, a 1-nearest-neighbour classifier sees all ten among 1,000
samples, the rarest of them 90 times (seed 1).
"""

from tf_gan.config import default_config


def get_config():
    return default_config()

"""A DCGAN on Fashion-MNIST, otherwise as `mnist_dcgan.py`.

Time: 10 minutes on one busy CPU core.
Score: plain trousers, shirts and shoes; no number.

    tf-gan-train --config=fashion_mnist_dcgan --workdir=runs/fashion_mnist_dcgan

8 epochs, 3,744 steps, 594 s on one busy core of an x86-64 server CPU: trousers, shirts
and shoes are plain, bags and sandals have holes.
"""

from tf_gan.runs import config_file


def get_config():
    config = config_file.load("mnist_dcgan")
    config.name = "fashion_mnist_dcgan"
    config.data.name = "fashion_mnist"
    return config

"""SRResNet, four times as large: the first stage of SRGAN (Ledig et al., 2017, https://arxiv.org/abs/1609.04802), by the pixels alone.

    tf-gan-train --config=configs/srresnet.py --config.data.path=DIR --workdir=runs/srresnet
    tf-gan-evaluate --workdir=runs/srresnet --metrics=super_resolution --benchmarks=DIR

DIR is a folder of photographs. The paper has 64 filters and 16 blocks, batches of 16, Adam at 1e-4 and a million updates on 350,000 photographs; this
network is smaller, and its rate higher and then a tenth, to learn in half an hour. Not trained yet.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "srresnet"
    config.data.name = "photographs"
    config.data.image_size = 96
    config.data.crops = 16
    config.data.channels = 3
    config.model.name = "srresnet"
    config.model.moving_average = 0.99
    config.model.arguments = ConfigDict({"content": "pixels", "vgg19_weights": "", "vgg19_sha256": ""})
    config.networks.name = "srresnet"
    config.networks.generator = ConfigDict({"filters": 32, "blocks": 8, "scale": 4})
    config.networks.discriminator = ConfigDict()
    config.game.penalties = ""
    config.optimizer.generator_learning_rate = 1e-3
    config.optimizer.beta_1 = 0.9
    config.batch_size = 8
    config.epochs = 20
    config.steps_per_execution = 10
    config.samples = 16
    config.sample_every = 1
    config.checkpoint_every = 1
    return config

r"""RRDBNet, four times as large: the first stage of ESRGAN (Wang et al., 2018,
https://arxiv.org/abs/1809.00219), by the pixels alone.

Time: 15 minutes of one CPU core for 1,390 of 8,000 updates.
Score: PSNR 29.16 dB on Set5 (bicubic 28.43); published for the paper's network: 32.73.

    tf-gan-train --config=rrdb --config.data.path=DIR --workdir=runs/rrdb
    tf-gan-evaluate --workdir=runs/rrdb --metrics=super_resolution --benchmarks=DIR

DIR is a folder of photographs. The paper has 64 filters, 23 blocks and a growth of 32,
16.7 million parameters, crops of 128x128 in minibatches of 16, Adam at 2e-4, halved
every 200,000 of a million updates, on 3,450 photographs; this network is smaller and
its rate higher, to learn on two CPU cores. The loss is the mean absolute difference.

200 photographs (the training part of BSDS300), 1,390 updates, 15.0 minutes of one core of
an x86-64 server CPU; PSNR in dB and SSIM, with those of the paper's network:

    Set5 29.16, 0.8357 (32.73, 0.9011); Set14 26.50, 0.7715 (28.99, 0.7917);
    BSD100 26.40, 0.7218 (27.85, 0.7455)
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "rrdb"
    config.data.name = "photographs"
    config.data.image_size = 96
    config.data.crops = 16
    config.data.channels = 3
    config.model.name = "srresnet"
    config.model.moving_average = 0.99
    config.model.arguments = ConfigDict({"content": "l1"})
    config.networks.name = "esrgan"
    config.networks.generator = ConfigDict({"filters": 32, "blocks": 3, "growth": 16, "scale": 4})
    config.networks.discriminator = ConfigDict()
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 1e-3
    config.optimizer.beta_1 = 0.9
    config.batch_size = 8
    config.epochs = 20
    config.steps_per_execution = 10
    config.samples = 16
    config.sample_every = 1
    config.checkpoint_every = 1
    return config

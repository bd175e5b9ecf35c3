r"""SRGAN, four times as large (Ledig et al., 2017, https://arxiv.org/abs/1609.04802):
its second stage, with a discriminator.

Time: 11 minutes on busy CPU cores for 600 of 2,000 updates.
Score: PSNR 28.95 dB on Set5; published 30.64.

    tf-gan-train --config=srgan --config.data.path=DIR \
        --init_from=runs/srresnet --workdir=runs/srgan
    tf-gan-evaluate --workdir=runs/srgan --metrics=super_resolution --benchmarks=DIR

The generator starts as that of `configs/srresnet.py`. The adversarial weight is the
paper's, 1e-3; the content loss compares pixels (SRGAN-MSE). For the loss of
SRGAN-VGG54, on features of VGG19, add --config.model.arguments.content=vgg54
--config.model.arguments.vgg19_weights=FILE. The paper has 64 filters in D as in G,
1,024 units, batches of 16, and Adam at 1e-4 for 100,000 updates, then 1e-5 for as many
(--config.optimizer.decay=tenth, and --config.optimizer.decay_epochs=N with the epoch of
the fall).

From the SRResNet of that config, 600 updates in 660 s on busy cores; PSNR in dB and
Daala's SSIM, with those of SRGAN-MSE in the paper:

    Set5 28.95, 0.8226 (30.64, 0.8701); Set14 26.51, 0.7658 (26.92, 0.7611);
    BSD100 26.42, 0.7164
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "srgan"
    config.data.name = "photographs"
    config.data.image_size = 96
    config.data.crops = 4
    config.data.channels = 3
    config.model.name = "srgan"
    config.model.moving_average = 0.0
    config.model.arguments = ConfigDict(
        {
            "content": "pixels",
            "vgg19_weights": "",
            "vgg19_sha256": "",
            "adversarial_weight": 1e-3,
            "total_variation_weight": 0.0,
        }
    )
    config.networks.name = "srresnet"
    config.networks.generator = ConfigDict({"filters": 32, "blocks": 8, "scale": 4})
    config.networks.discriminator = ConfigDict({"filters": 16, "units": 256})
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 1e-4
    config.optimizer.discriminator_learning_rate = 1e-4
    config.optimizer.beta_1 = 0.9
    config.batch_size = 8
    config.epochs = 20
    config.steps_per_execution = 10
    config.samples = 16
    config.sample_every = 1
    config.checkpoint_every = 1
    return config

r"""ESRGAN, four times as large (Wang et al., 2018, https://arxiv.org/abs/1809.00219): its
second stage, with a relativistic discriminator.

Time: 5 minutes of one CPU core for 280 of 2,000 updates.
Score: PSNR 28.15 dB on Set5, edges sharper than the first stage's; docs/gallery.md.

    tf-gan-train --config=esrgan --config.data.path=DIR \
        --init_from=runs/rrdb --workdir=runs/esrgan
    tf-gan-evaluate --workdir=runs/esrgan --metrics=super_resolution --benchmarks=DIR

The generator starts as that of `configs/rrdb.py`. The content loss compares pixels, for
want of VGG19's weights; for the paper's, on features of VGG19 before the activation, add
--config.model.arguments.content=vgg54_linear
--config.model.arguments.vgg19_weights=FILE. The paper has 64 filters in D as in G, crops
of 128x128 in minibatches of 16, and Adam at 1e-4 for 400,000 updates, halved after
50,000, 100,000, 200,000 and 300,000.
`model.interpolated(first_stage, 0.8)` makes a model between the two stages.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "esrgan"
    config.data.name = "photographs"
    config.data.image_size = 96
    config.data.crops = 4
    config.data.channels = 3
    config.model.name = "esrgan"
    config.model.moving_average = 0.0
    config.model.arguments = ConfigDict(
        {
            "content": "l1",
            "vgg19_weights": "",
            "vgg19_sha256": "",
            "adversarial_weight": 5e-3,
            "l1_weight": 1e-2,
        }
    )
    config.networks.name = "esrgan"
    config.networks.generator = ConfigDict({"filters": 32, "blocks": 3, "growth": 16, "scale": 4})
    config.networks.discriminator = ConfigDict({"filters": 16, "units": 100})
    config.objective.loss = "relativistic_average"
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

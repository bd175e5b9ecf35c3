r"""SRResNet, four times as large: the first stage of SRGAN (Ledig et al., 2017,
https://arxiv.org/abs/1609.04802), by pixels alone.

Time: 41 minutes on two busy CPU cores, a smaller network.
Score: PSNR 29.91 dB on Set5; published 32.05.

    tf-gan-train --config=srresnet --config.data.path=DIR --workdir=runs/srresnet
    tf-gan-evaluate --workdir=runs/srresnet --metrics=super_resolution \
        --benchmarks=DIR

DIR is a folder of photographs. The paper has 64 filters and 16 blocks, batches of 16,
Adam at 1e-4 and a million updates on 350,000 photographs; this network is smaller and
its rate higher, to learn in half an hour. On the 200 training photographs of BSDS500,
3,100 updates at 1e-3 in 1,950 s, then 480 s at 1e-4 from there (--init_from,
--config.optimizer.generator_learning_rate=1e-4), on two busy cores; PSNR in dB and
Daala's SSIM:

    Set5 29.91, 0.8582; Set14 27.03, 0.7849; BSD100 26.73, 0.7331
    bicubic: 28.43, 0.8212; 26.00, 0.7487; 25.96, 0.6942
    SRCNN in the paper: 30.07, 0.8627; 27.18, 0.7861; 26.68, 0.7291
    SRResNet in the paper: 32.05, 0.9019; 28.49, 0.8184; 27.58, 0.7620

After the first 1,950 s: Set5 29.41, Set14 26.73, BSD100 26.54.
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
    config.model.arguments = ConfigDict(
        {"content": "pixels", "vgg19_weights": "", "vgg19_sha256": ""}
    )
    config.networks.name = "srresnet"
    config.networks.generator = ConfigDict({"filters": 32, "blocks": 8, "scale": 4})
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

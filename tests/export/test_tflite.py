"""TFLite files, run by the runtime without TensorFlow."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan import GAN, compat
from tf_gan.errors import UserError
from tf_gan.export import tflite
from tf_gan.networks import dcgan, upsample_dcgan

RUN = """
import sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter

arrays = dict(np.load(sys.argv[1]))
for number, path in enumerate(sys.argv[2:]):
    runner = Interpreter(model_path=path).get_signature_runner("serving_default")
    assert list(runner.get_input_details()) == ["latents"]
    assert list(runner.get_output_details()) == ["images"]
    for n in (1, 40, 7):  # The batch grows and shrinks.
        images = runner(latents=arrays["latents"][:n])["images"]
        assert images.dtype == np.float32
        assert images.shape == arrays["images"][:n].shape, images.shape
    arrays[f"out{number}"] = runner(latents=arrays["latents"])["images"]
assert "tensorflow" not in sys.modules and "tf_gan" not in sys.modules
np.savez(sys.argv[1], **arrays)
"""


@pytest.fixture(scope="module")
def convolutional():
    keras.utils.set_random_seed(0)
    generator = upsample_dcgan.build_generator((8, 8, 3), 5, filters=(16, 16, 8))
    for weight in generator.weights:
        if "kernel" in weight.path:
            weight.assign(np.random.default_rng(0).normal(0, 0.2, weight.shape))
    return GAN(
        generator, upsample_dcgan.build_discriminator((8, 8, 3), filters=(4, 4)), latent_dim=5
    )


@pytest.mark.parametrize("kind", ["dense", "convolutional"])
@pytest.mark.slow
def test_each_quantisation_without_tensorflow(request, tiny_gan, tmp_path, kind):
    gan = tiny_gan if kind == "dense" else request.getfixturevalue("convolutional")
    paths = [tmp_path / f"{name}.tflite" for name in tflite.QUANTIZATIONS]
    rows = [
        gan.export(path, format="tflite", quantize=name).rows[0]
        for path, name in zip(paths, tflite.QUANTIZATIONS, strict=True)
    ]
    assert list(rows[0]) == [
        "quantize",
        "size",
        "latency, batch 1",
        "batch 16",
        "difference from the live model",
        "PSNR",
    ]
    latents = gan.sample_inputs(64, 0)[0].numpy()  # Those that the export compares.
    images = (gan.images_from(latents) + 1) / 2
    np.savez(tmp_path / "arrays.npz", latents=latents, images=images)
    result = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path / "arrays.npz"), *map(str, paths)],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    outputs = np.load(tmp_path / "arrays.npz")
    for number, name in enumerate(tflite.QUANTIZATIONS):
        error = outputs[f"out{number}"] - images
        psnr = -10 * np.log10(np.square(error).mean())
        assert psnr >= tflite.PSNR[name], (name, psnr)
        if name == "none":
            assert np.abs(error).max() <= 1e-4
        else:
            assert float(rows[number]["PSNR"].split()[0]) == pytest.approx(psnr, abs=1.0), name
    assert paths[3].stat().st_size < paths[0].stat().st_size


@pytest.mark.parametrize("quantize", ["none", "int8"])
def test_labels_are_an_input(labelled, tmp_path, quantize):
    labelled.export(tmp_path / "g.tflite", format="tflite", quantize=quantize)
    runner = tflite._Runner(tmp_path / "g.tflite")
    latents, labels = (
        labelled.sample_inputs(1, 0)[0].numpy().repeat(4, 0),
        np.arange(4, dtype=np.int32),
    )
    images = runner.call(latents=latents, labels=labels)["images"]
    np.testing.assert_allclose(
        images, labelled.images_from(latents, labels), atol=1e-4 if quantize == "none" else 0.15
    )
    assert np.abs(images[0] - images[1:]).max(axis=(1, 2, 3)).min() > 0.2


def operations(path):
    return {detail["op_name"] for detail in tflite._Runner(path).interpreter._get_ops_details()}


def test_the_graph_computes_no_shapes(convolutional, tmp_path):
    convolutional.export(tmp_path / "g.tflite", format="tflite")
    names = operations(tmp_path / "g.tflite")
    assert "CONV_2D" in names and not {"SHAPE", "TRANSPOSE_CONV", "PACK"} & names


def test_quantised_weights_meet_no_transposed_convolution(tmp_path):
    """TFLite's transposed convolution of int8 weights and float images is slow."""
    keras.utils.set_random_seed(0)
    gan = GAN(
        dcgan.build_generator((16, 16, 3), 5, width=8),
        dcgan.build_discriminator((16, 16, 3), width=4),
        latent_dim=5,
    )
    gan.export(tmp_path / "g.tflite", format="tflite", quantize="dynamic")
    names = operations(tmp_path / "g.tflite")
    assert "CONV_2D" in names and not {"TRANSPOSE_CONV", "SHAPE", "PACK"} & names


def test_slower_files_are_named():
    rows = [
        {"quantize": name, "latency, batch 1": f"{time} ms"}
        for name, time in (("none", "2.00"), ("dynamic", "2.50"), ("float16", "2.10"))
    ]
    assert tflite.slower(rows) == ["dynamic"]
    assert tflite.slower(rows[1:]) == []


def test_the_model_card_is_inside(tiny_gan, tmp_path):
    with pytest.raises(UserError, match=r"`metadata`.*JSON can hold: .*float32"):
        tiny_gan.export(tmp_path / "g.tflite", format="tflite", metadata={"a": np.float32(1)})
    tiny_gan.export(tmp_path / "g.tflite", format="tflite", metadata={"config": {"seed": 3}})
    card = json.loads(tflite.read_model_card(tmp_path / "g.tflite"))
    assert (
        card["model"]["steps"] == 5
        and card["config"] == {"seed": 3}
        and card["images"]["range"] == [0, 1]
    )


def test_missing_operations_are_named(tmp_path):
    @keras.saving.register_keras_serializable("test")
    class Inverse(keras.layers.Layer):
        def call(self, inputs):
            return tf.linalg.inv(inputs + tf.eye(4)) + tf.math.bessel_i0(inputs)

        def compute_output_shape(self, shape):
            return shape

    layers = [
        keras.Input((2,)),
        keras.layers.Dense(16),
        keras.layers.Reshape((4, 4)),
        Inverse(),
        keras.layers.Reshape((4, 4, 1)),
    ]
    gan = GAN(
        keras.Sequential(layers),
        keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]),
        latent_dim=2,
    )
    with pytest.raises(
        UserError,
        match=r"as this network uses them: BesselI0, MatrixInverse\. ONNX files run",
    ):
        gan.export(tmp_path / "g.tflite", format="tflite")
    assert list(tmp_path.iterdir()) == []


def test_images_that_depend_on_the_others_of_the_batch_are_refused(tmp_path):
    latents = keras.Input((2,))
    images = keras.layers.Dense(16)(latents)
    images = keras.layers.Reshape((4, 4, 1))(images - keras.ops.mean(images, 0, keepdims=True))
    discriminator = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    gan = GAN(keras.Model(latents, images), discriminator, latent_dim=2)
    with pytest.raises(UserError, match=r"gives other images in a batch of 1, so nothing is writ"):
        gan.export(tmp_path / "g.tflite", format="tflite")
    assert list(tmp_path.iterdir()) == []


def test_what_the_converter_says_is_told(tiny_gan, tmp_path, monkeypatch):
    def convert(self):
        raise ValueError("\nNo room for this network.\nA page of further lines.")

    monkeypatch.setattr(compat.tf_lite().TFLiteConverter, "convert", convert)
    with pytest.raises(UserError, match=r"TFLite cannot take this generator: No room for this net"):
        tiny_gan.export(tmp_path / "g.tflite", format="tflite")
    assert list(tmp_path.iterdir()) == []


def test_images_too_far_from_the_live_ones_are_refused(tiny_gan, tmp_path):
    with pytest.raises(
        UserError, match=r"'int8' the images have a PSNR of \d+\.\d dB .*(.|\n)*at least 120\.0"
    ):
        tiny_gan.export(tmp_path / "g.tflite", format="tflite", quantize="int8", min_psnr=120)
    with pytest.raises(
        UserError, match=r"Expected one of \['none', 'dynamic', 'float16', 'int8'\]"
    ):
        tiny_gan.export(tmp_path / "g.tflite", format="tflite", quantize="int4")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "g.tflite").write_text("mine")
    with pytest.raises(UserError, match="there already"):
        tiny_gan.export(tmp_path / "g.tflite", format="tflite")
    assert (tmp_path / "g.tflite").read_text() == "mine"


def test_a_lower_bound_of_the_user_counts(tiny_gan, tmp_path, monkeypatch):
    monkeypatch.setitem(tflite.PSNR, "int8", 120.0)
    with pytest.raises(UserError, match=r"at least 120\.0"):
        tiny_gan.export(tmp_path / "g.tflite", format="tflite", quantize="int8")
    tiny_gan.export(tmp_path / "g.tflite", format="tflite", quantize="int8", min_psnr=5)
    assert (tmp_path / "g.tflite").exists()

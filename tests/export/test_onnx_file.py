"""ONNX files, run by ONNX Runtime."""

import importlib.util
import json

import keras
import numpy as np
import onnx
import onnxruntime
import pytest

from tf_gan import GAN, VAE, SRResNet
from tf_gan.errors import UserError
from tf_gan.export import onnx_file
from tf_gan.networks import srresnet, vae_mlp


def test_the_file_has_the_live_values_at_any_batch_size(tiny_gan, tmp_path):
    report = tiny_gan.export(tmp_path / "g.onnx", format="onnx")
    assert report.rows[0]["format"] == "onnx"
    session = onnxruntime.InferenceSession(tmp_path / "g.onnx", providers=["CPUExecutionProvider"])
    assert [value.name for value in session.get_inputs()] == ["latents"]
    assert [value.name for value in session.get_outputs()] == ["images"]
    latents = tiny_gan.sample_inputs(9, 5)[0].numpy()
    expected = (tiny_gan.images_from(latents) + 1) / 2
    for n in (1, 9):
        np.testing.assert_allclose(
            session.run(None, {"latents": latents[:n]})[0], expected[:n], atol=1e-4
        )
    properties = {entry.key: entry.value for entry in onnx.load(tmp_path / "g.onnx").metadata_props}
    assert json.loads(properties["model_card"])["model"]["steps"] == 5


def test_labels_are_an_input(labelled, tmp_path):
    labelled.export(tmp_path / "g.onnx", format="onnx")
    latents, labels = (value.numpy() for value in labelled.sample_inputs(5, 3))
    session = onnxruntime.InferenceSession(tmp_path / "g.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(
        session.run(None, {"latents": latents, "labels": labels})[0],
        labelled.images_from(latents, labels),
        atol=1e-4,
    )


def test_missing_packages_are_named(tiny_gan, tmp_path, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name in ("onnx", "tf2onnx") else found(name, *rest),
    )
    with pytest.raises(
        UserError,
        match=r"^ONNX files need the packages tf2onnx, onnx: pip install 'tf_gan\[export\]'",
    ):
        tiny_gan.export(tmp_path / "g.onnx", format="onnx")
    assert list(tmp_path.iterdir()) == []


def test_float16_weights_halve_the_file(tmp_path):
    keras.utils.set_random_seed(0)
    generator = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(256, activation="relu"),
            keras.layers.Dense(64, activation="tanh"),
            keras.layers.Reshape((8, 8, 1)),
        ]
    )
    discriminator = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    gan = GAN(generator, discriminator, latent_dim=6)
    sizes, images = {}, {}
    latents = gan.sample_inputs(9, 5)[0].numpy()
    for weights in ("float32", "float16"):
        path = tmp_path / f"{weights}.onnx"
        (row,) = gan.export(path, format="onnx", weights=weights).rows
        assert row["weights"] == weights
        graph = onnx.load(path)
        sizes[weights] = sum(len(tensor.raw_data) for tensor in graph.graph.initializer)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        images[weights] = session.run(None, {"latents": latents})[0]
    assert 0.49 < sizes["float16"] / sizes["float32"] < 0.51
    difference = np.abs(images["float16"] - images["float32"]).max()
    assert 1e-6 < difference < 1e-3
    with pytest.raises(UserError, match=r"Expected one of \['float32', 'float16'\]"):
        gan.export(tmp_path / "g.onnx", format="onnx", weights="int8")


def test_half_weights_leaves_what_does_not_fit():
    large = np.full((8, 8), 1e5, np.float32)
    exact = np.arange(64, dtype=np.float32).reshape(8, 8)
    small = np.float32([0.1])
    tensors = [
        onnx.numpy_helper.from_array(values, name)
        for name, values in (("large", large), ("exact", exact), ("small", small))
    ]
    nodes = [
        onnx.helper.make_node("MatMul", ["x", "exact"], ["y"]),
        onnx.helper.make_node("MatMul", ["y", "large"], ["z"]),
        onnx.helper.make_node("Mul", ["z", "small"], ["out"]),
    ]
    kind = onnx.TensorProto.FLOAT
    info = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes, "g", [info("x", kind, [1, 8])], [info("out", kind, [1, 8])], tensors
    )
    model = onnx.helper.make_model(
        graph, ir_version=8, opset_imports=[onnx.helper.make_opsetid("", 15)]
    )
    half = onnx_file.half_weights(model)
    assert [tensor.name for tensor in half.graph.initializer] == ["large", "exact/float16", "small"]
    assert [node.op_type for node in half.graph.node] == ["Cast", "MatMul", "MatMul", "Mul"]
    x = np.ones((1, 8), np.float32)
    np.testing.assert_array_equal(onnx_file.run(half, {"x": x}), onnx_file.run(model, {"x": x}))
    assert [tensor.name for tensor in model.graph.initializer] == ["large", "exact", "small"]
    model.graph.node[0].op_type = "StatefulPartitionedCall"
    with pytest.raises(UserError, match=r"ONNX Runtime cannot run this network: .*StatefulPart"):
        onnx_file.run(model, {"x": x})


def test_the_encoder_is_a_network_of_its_own(tmp_path):
    keras.utils.set_random_seed(0)
    vae = VAE(
        vae_mlp.build_encoder((8, 8, 1), 3, units=(16,)),
        vae_mlp.build_generator((8, 8, 1), 3, units=(16,)),
        latent_dim=3,
    )
    vae.export(tmp_path / "e.onnx", format="onnx", network="encoder")
    images = np.random.default_rng(0).uniform(0, 1, (5, 8, 8, 1)).astype(np.float32)
    session = onnxruntime.InferenceSession(tmp_path / "e.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(
        session.run(None, {"images": images})[0], vae.encode(images), atol=1e-5
    )
    card = json.loads(onnx.load(tmp_path / "e.onnx").metadata_props[0].value)
    assert card["model"]["name"] == "encoder of a VAE" and card["model"]["latent_dim"] == 3


def test_enlarged_images_may_have_any_size(tmp_path):
    keras.utils.set_random_seed(0)
    model = SRResNet(
        srresnet.build_generator((16, 16, 3), filters=4, blocks=1, scale=2),
        image_shape=(16, 16, 3),
    )
    model.export(tmp_path / "g.onnx", format="onnx")
    image = np.random.default_rng(0).uniform(0, 1, (5, 9, 3)).astype(np.float32)
    session = onnxruntime.InferenceSession(tmp_path / "g.onnx", providers=["CPUExecutionProvider"])
    made = session.run(None, {"images": image[None]})[0][0]
    np.testing.assert_allclose(made, model.upscale(image), atol=1e-4)


def test_grouped_convolutions(tmp_path):
    keras.utils.set_random_seed(0)
    inner = keras.Sequential(
        [
            keras.Input((8, 8, 6)),
            keras.layers.Conv2D(4, 3, 2, "same", groups=2, activation="tanh"),
        ]
    )
    generator = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(8 * 8 * 6),
            keras.layers.Reshape((8, 8, 6)),
            inner,
            keras.layers.Conv2D(3, 3, padding="same", groups=1, activation="sigmoid"),
        ]
    )
    inner.layers[0].bias.assign([0.1, 0.2, 0.3, 0.4])
    discriminator = keras.Sequential(
        [keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    gan = GAN(generator, discriminator, latent_dim=3)
    gan.export(tmp_path / "g.onnx", format="onnx")
    latents = gan.sample_inputs(5, 0)[0].numpy()
    graph = onnx.load(tmp_path / "g.onnx")
    made = onnx_file.run(graph, {"latents": latents})
    assert np.ptp(made) > 0.1
    np.testing.assert_allclose(made, gan.images_from(latents), atol=1e-5)

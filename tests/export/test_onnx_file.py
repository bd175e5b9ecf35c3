"""ONNX files, run by ONNX Runtime."""

import importlib.util
import json

import numpy as np
import onnx
import onnxruntime
import pytest


def test_the_file_has_the_live_values_at_any_batch_size(tiny_gan, tmp_path):
    report = tiny_gan.export(tmp_path / "g.onnx", format="onnx")
    assert report.rows[0]["format"] == "onnx"
    session = onnxruntime.InferenceSession(tmp_path / "g.onnx", providers=["CPUExecutionProvider"])
    assert [value.name for value in session.get_inputs()] == ["latents"]
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
        ValueError,
        match=r"^ONNX files need the packages tf2onnx, onnx: pip install 'tf_gan\[export\]'",
    ):
        tiny_gan.export(tmp_path / "g.onnx", format="onnx")
    assert list(tmp_path.iterdir()) == []

"""The exported SavedModel: the same images as the live model, in TensorFlow Serving's
layout, with checks in the graph.
"""

import json
import pathlib
import types
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.command import python
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import prediction_log_pb2

from tf_gan import GAN
from tf_gan.errors import UserError
from tf_gan.export import loaders, proof, saved_model


@pytest.fixture(scope="module")
def loaded(exported):
    return tf.saved_model.load(str(exported[0]))


@pytest.fixture(scope="module")
def session(exported):
    return loaders.session(str(exported[0]))


def unit(images):
    return (images + 1.0) / 2.0


# === Values ===


def test_the_export_was_compared_in_both_loaders(exported):
    path, report = exported
    rows = {
        (row["signature"], row["loaded by"]): float(row["difference from the live model"])
        for row in report.rows
    }
    assert len(rows) == 8
    assert {loader for _, loader in rows} == {"tf.saved_model.load", "TF1 session"}
    assert {signature for signature, _ in rows} == {
        "serving_default",
        "generate",
        "generate_truncated",
        "generate_png",
    }
    assert all(
        difference <= (1 / 255 if "png" in signature else 1e-5)
        for (signature, _), difference in rows.items()
    )
    assert report.paths == [path] and f"Wrote {path}" in str(report)


@pytest.mark.parametrize("n", [1, 3, 70])
def test_images_of_latents_are_those_of_the_averaged_generator(tiny_gan, loaded, session, n):
    latents = np.random.default_rng(n).standard_normal((n, 6)).astype(np.float32)
    expected = unit(tiny_gan.average_generator(latents).numpy())
    live = unit(tiny_gan.generator(latents).numpy())
    assert np.abs(expected - live).max() > 0.01  # Otherwise this would not tell them apart.
    np.testing.assert_allclose(
        loaded.signatures["serving_default"](latents=tf.constant(latents))["images"],
        expected,
        atol=1e-5,
    )
    np.testing.assert_allclose(
        session("serving_default", {"latents": latents})["images"], expected, atol=1e-5
    )


@pytest.mark.parametrize(
    ("num", "seed"), [(1, 0), (5, 0), (64, 3), (2, -7), (2, 2**31 - 1), (2, 2**40 + 5)]
)
def test_a_seed_gives_the_images_of_generate(tiny_gan, loaded, session, num, seed):
    expected = unit(tiny_gan.generate(num, seed=seed))
    np.testing.assert_allclose(
        loaded.signatures["generate"](num=num, seed=seed)["images"], expected, atol=1e-5
    )
    np.testing.assert_allclose(
        session("generate", {"num": num, "seed": seed})["images"], expected, atol=1e-5
    )


def test_png_files_show_the_images(tiny_gan, loaded, session):
    expected = np.rint(255 * unit(tiny_gan.generate(4, seed=9)))
    for files in (
        loaded.signatures["generate_png"](num=4, seed=9)["png_bytes"].numpy(),
        session("generate_png", {"num": 4, "seed": 9})["png_bytes"],
    ):
        assert all(file.startswith(b"\x89PNG") for file in files)
        pictures = np.stack([tf.io.decode_png(file).numpy() for file in files])
        assert pictures.shape == (4, 8, 8, 1)
        assert np.abs(pictures - expected).max() <= 1


def test_images_are_float32_in_the_unit_interval(loaded):
    images = loaded.signatures["generate"](num=64, seed=1)["images"].numpy()
    assert images.dtype == np.float32 and images.min() >= 0 and images.max() <= 1
    assert images.min() < 0.05 and images.max() > 0.6


# === Checks in the graph ===

BAD = [
    ("generate", {"num": 0, "seed": 0}, "`num`: expected from 1 to 64"),
    ("generate", {"num": 65, "seed": 0}, "`num`: expected from 1 to 64"),
    ("generate_png", {"num": -1, "seed": 0}, "`num`: expected from 1 to 64"),
    (
        "generate_truncated",
        {"num": 1, "seed": 0, "truncation": 0.0},
        "`truncation`: expected a number above 0",
    ),
    (
        "generate_truncated",
        {"num": 1, "seed": 0, "truncation": np.inf},
        "`truncation`: expected a number above 0",
    ),
    (
        "serving_default",
        {"latents": np.full((2, 6), np.nan, np.float32)},
        "`latents`: expected finite numbers",
    ),
    (
        "serving_default",
        {"latents": np.array([[0, 0, 0, 0, 0, np.inf]], np.float32)},
        "`latents`: expected finite numbers",
    ),
]


@pytest.mark.parametrize(
    ("signature", "inputs", "message"),
    [*BAD, ("serving_default", {"latents": np.zeros((2, 5), np.float32)}, "shape (batch, 6)")],
)
def test_bad_input_is_an_invalid_argument_and_the_model_goes_on(loaded, signature, inputs, message):
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        loaded.signatures[signature](
            **{
                key: tf.constant(
                    value, loaded.signatures[signature].structured_input_signature[1][key].dtype
                )
                for key, value in inputs.items()
            }
        )
    assert message in str(error.value)
    assert loaded.signatures["generate"](num=1, seed=0)["images"].shape == (1, 8, 8, 1)


@pytest.mark.parametrize(("signature", "inputs", "message"), BAD)
def test_bad_input_in_the_session(session, signature, inputs, message):
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        session(signature, inputs)
    assert message in str(error.value)
    assert session("generate", {"num": 1, "seed": 0})["images"].shape == (1, 8, 8, 1)


def test_no_operation_has_a_device(exported):
    model = saved_model_pb2.SavedModel.FromString((exported[0] / "saved_model.pb").read_bytes())
    graph = model.meta_graphs[0].graph_def
    # Not the reading and writing of files.
    functions = [
        function for function in graph.library.function if "traced_" not in function.signature.name
    ]
    nodes = [*graph.node, *(node for function in functions for node in function.node_def)]
    assert len(nodes) > 100
    # The asset's file name, a text, is TensorFlow's own.
    assert [
        (node.op, node.name, node.device)
        for node in nodes
        if node.device and node.attr["dtype"].type != tf.string.as_datatype_enum
    ] == []


# === The directory ===


def test_versions_are_numbered(tiny_gan, exported):
    base = exported[0].parent
    assert sorted(entry.name for entry in base.iterdir()) == ["1"]  # Nothing temporary is left.
    with pytest.raises(UserError, match=r"1 is there already\. The next free version is 2"):
        tiny_gan.export(base / "1")
    assert saved_model.next_version(base) == 2


def test_the_model_card_says_what_it_is(tiny_gan, exported):
    card = json.loads((exported[0] / "assets/model_card.json").read_text())
    assert (
        card["model"]["name"] == "GAN"
        and card["model"]["steps"] == 5
        and card["model"]["weights"] == "moving average of the generator"
    )
    assert card["images"] | {"text": ""} == {
        "shape": [8, 8, 1],
        "dtype": "float32",
        "range": [0, 1],
        "data_range": [-1, 1],
        "text": "",
    }
    assert card["signatures"]["serving_default"]["inputs"] == {
        "latents": {"shape": [None, 6], "dtype": "float32"}
    }
    assert (
        card["versions"]["tensorflow"] == tf.__version__
        and card["versions"]["keras"] == keras.__version__
    )


def test_warm_up_requests_are_official_protos_that_the_model_answers(exported, session):
    records = list(
        tf.data.TFRecordDataset(
            str(exported[0] / "assets.extra/tf_serving_warmup_requests")
        ).as_numpy_iterator()
    )
    requests = [
        prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        for record in records
    ]
    assert [request.model_spec.signature_name for request in requests] == ["serving_default"]
    inputs = {name: tf.make_ndarray(value) for name, value in requests[0].inputs.items()}
    assert session("serving_default", inputs)["images"].shape == (1, 8, 8, 1)


# === Other models ===


@pytest.mark.slow
def test_labels_go_with_latents_and_seeds(labelled, tmp_path):
    labelled.export(tmp_path / "1", max_batch=8)
    signatures = tf.saved_model.load(str(tmp_path / "1")).signatures
    assert {
        name: set(signature.structured_input_signature[1]) for name, signature in signatures.items()
    } == {
        "serving_default": {"latents", "labels"},
        "generate": {"num", "seed", "labels"},
        "generate_truncated": {"num", "seed", "truncation", "labels"},
        "generate_png": {"num", "seed", "labels"},
    }
    given, drawn, alike = (
        labelled.generate(3, seed=4, labels=[2, 0, 3]),
        labelled.generate(3, seed=4),
        labelled.generate(3, seed=4, labels=2),
    )
    assert np.abs(given - alike).max() > 0.01 and np.abs(given - drawn).max() > 0.01
    for labels, expected in (([2, 0, 3], given), ([], drawn), ([2], alike)):
        images = signatures["generate"](num=3, seed=4, labels=tf.constant(labels, tf.int32))[
            "images"
        ]
        np.testing.assert_allclose(images, expected, atol=1e-5)
        files = signatures["generate_png"](num=3, seed=4, labels=tf.constant(labels, tf.int32))[
            "png_bytes"
        ].numpy()
        assert (
            np.abs(np.stack([tf.io.decode_png(file) for file in files]) - 255 * expected).max() <= 1
        )
    latents = np.ones((2, 3), np.float32)
    images = signatures["serving_default"](
        latents=tf.constant(latents), labels=tf.constant([1, 3])
    )["images"]
    np.testing.assert_allclose(images, labelled.images_from(latents, [1, 3]), atol=1e-5)
    for signature, inputs, message in (
        (
            "generate",
            {"num": 3, "seed": 0, "labels": tf.constant([4])},
            "`labels`: expected from 0 to 3",
        ),
        (
            "generate",
            {"num": 3, "seed": 0, "labels": tf.constant([0, -1, 0])},
            "`labels`: expected from 0 to 3",
        ),
        (
            "generate",
            {"num": 3, "seed": 0, "labels": tf.constant([0, 1])},
            "`labels`: expected one for each image, one for all, or none",
        ),
        (
            "serving_default",
            {"latents": tf.zeros([2, 3]), "labels": tf.constant([1])},
            "`labels`: expected one for each image",
        ),
        (
            "generate",
            {"num": 9, "seed": 0, "labels": tf.constant([1])},
            "`num`: expected from 1 to 8",
        ),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            signatures[signature](**inputs)


def points():
    generator = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(2, kernel_initializer="random_normal", bias_initializer="ones"),
        ]
    )
    return GAN(
        generator, keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), latent_dim=2
    )


@pytest.mark.slow
def test_points_keep_their_values(tmp_path):
    gan = points()
    gan.export(tmp_path / "1", jit_compile=True)
    signatures = tf.saved_model.load(str(tmp_path / "1")).signatures
    assert set(signatures) == {"serving_default", "generate", "generate_truncated"}
    latents = 100.0 * np.ones((2, 2), np.float32)
    np.testing.assert_allclose(
        signatures["serving_default"](latents=tf.constant(latents))["images"],
        gan.generator(latents),
        rtol=1e-5,
    )
    card = json.loads((tmp_path / "1/assets/model_card.json").read_text())
    assert card["images"]["range"] is None and "without bounds" in card["images"]["text"]
    model = saved_model_pb2.SavedModel.FromString((tmp_path / "1/saved_model.pb").read_bytes())
    functions = model.meta_graphs[0].graph_def.library.function
    assert any(function.attr["_XlaMustCompile"].b for function in functions)
    # XLA removes assertions from what it compiles.
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected finite"):
        signatures["serving_default"](latents=tf.constant([[np.nan, 0.0]]))


# === The proof ===


def test_differences_by_hand():
    assert loaders.difference(np.array([0.5, 0.25]), np.array([0.5, 0.0])) == 0.25
    assert loaders.difference(np.array([11.0]), np.array([10.0])) == pytest.approx(0.1)
    assert loaders.difference(np.array([np.nan]), np.array([0.0])) == np.inf
    file = tf.io.encode_png(np.array([[[10], [20]]], np.uint8)).numpy()
    assert loaders.difference(
        np.array([file], object), np.array([[[[10], [23]]]], np.uint8)
    ) == pytest.approx(3 / 255)
    with pytest.raises(SystemExit, match=r"\(2,\)"):
        loaders.difference(np.zeros(3), np.zeros(2))


def test_a_difference_is_seen_by_both_loaders_and_refused(tiny_gan, exported, tmp_path, capsys):
    latents = tiny_gan.sample_inputs(4, 0)[0].numpy()
    wrong = unit(tiny_gan.images_from(latents))
    wrong[2, 3, 4, 0] += 0.01
    np.savez(
        tmp_path / "calls.npz",
        **{"serving_default|in|latents": latents, "serving_default|out|images": wrong},
    )
    verbosity = tf.compat.v1.logging.get_verbosity()
    loaders.main(str(exported[0]), str(tmp_path / "calls.npz"))
    tf.compat.v1.logging.set_verbosity(verbosity)
    rows = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [row["loader"] for row in rows] == ["tf.saved_model.load", "TF1 session"]
    assert [row["difference"] for row in rows] == pytest.approx([0.01, 0.01], abs=1e-5)
    proof.check_tolerance(rows, {("serving_default", "images"): 0.011})
    with pytest.raises(
        UserError,
        match=(
            r"nothing is written: 'serving_default' by 0\.01 through tf\.saved_model\.load\."
            r" Expected at most 1e-05"
        ),
    ):
        proof.check_tolerance(rows, {("serving_default", "images"): proof.FLOATS})
    with pytest.raises(UserError, match="through TF1 session"):
        proof.check_tolerance(
            [rows[1] | {"difference": float("nan")}], {("serving_default", "images"): 1.0}
        )


def test_the_last_lines_of_a_failing_process_are_told(monkeypatch, tmp_path):
    lines = "\n".join(["warning", "Traceback", "in main", "load()", "OSError: no variables"])
    result = types.SimpleNamespace(returncode=1, stdout="", stderr=f"{lines}\n")
    monkeypatch.setattr(proof.subprocess, "run", lambda *_, **__: result)
    message = r"so nothing is written:\nin main\nload\(\)\nOSError: no variables$"
    with pytest.raises(UserError, match=message):
        proof.verify(tmp_path, {})


def test_a_model_that_cannot_be_proved_is_not_left_behind(tmp_path, monkeypatch):
    def refuse(directory, signatures):
        assert (directory / "saved_model.pb").exists() and directory.name.startswith(".1.")
        raise ValueError("differs")

    monkeypatch.setattr(proof, "verify", refuse)
    with pytest.raises(ValueError, match=r"^differs$"):
        points().export(tmp_path / "new" / "models")
    assert list(tmp_path.iterdir()) == []


# === Disks ===


@pytest.mark.slow
def test_a_full_disk_leaves_nothing_behind(tmp_path):
    # A limit on the size of files: writing fails where it would on a full disk, in
    # TensorFlow's code and in Python's.
    code = f"""
import resource, signal, keras
from tf_gan import GAN
generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(20000, activation="tanh")])
gan = GAN(generator, keras.Sequential([keras.Input((20000,)), keras.layers.Dense(1)]), latent_dim=2)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
for format, suffix in (("saved_model", ""), ("tflite", ".tflite"), ("keras", ".keras")):
    try:
        gan.export({str(tmp_path / "new" / "model")!r} + suffix, format=format)
    except ValueError as error:
        print("refused:", error)
"""
    result = python(code)
    lines = [
        line
        for line in result.stdout.splitlines()
        if line.startswith(f"refused: Cannot write {tmp_path}/new/model") and "too large" in line
    ]
    assert len(lines) == 3, result.stdout + result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(tiny_gan):
    with pytest.raises(UserError, match="Cannot write /proc/nothing/1: No such file"):
        tiny_gan.export("/proc/nothing")


def test_unknown_formats_and_options(tiny_gan, tmp_path):
    with pytest.raises(
        UserError,
        match=(
            r"Expected one of \['saved_model', 'tflite', 'onnx', 'keras'\]\. Received:"
            r" format='pickle'"
        ),
    ):
        tiny_gan.export(tmp_path / "x", format="pickle")
    with pytest.raises(
        UserError,
        match=r"Expected some of \['jit_compile', 'max_batch'\]\. Received: \['quantize'\]",
    ):
        tiny_gan.export(tmp_path / "x", quantize="int8")
    with pytest.raises(
        UserError, match=r"format='tflite' writes a \.tflite file\. Received: path=.*x'"
    ):
        tiny_gan.export(tmp_path / "x", format="tflite")
    with pytest.raises(UserError, match="max_batch=0"):
        tiny_gan.export(tmp_path / "x", max_batch=0)
    assert not pathlib.Path(tmp_path, "x").exists()


# === Any request ===

TYPES = (np.float32, np.float64, np.int32, np.int64, np.uint8, np.bool_, np.str_)


@st.composite
def requests(draw):
    """A signature and inputs for it: some of its own, some missing, with any type,
    shape and value.
    """
    name = draw(st.sampled_from(["serving_default", "generate", "generate_png"]))
    inputs = {}
    for key in ("latents",) if name == "serving_default" else ("num", "seed"):
        if draw(st.integers(0, 9)) == 0:
            continue
        fitting = draw(st.booleans())
        kind = (
            (np.float32 if key == "latents" else np.int64)
            if fitting
            else draw(st.sampled_from(TYPES))
        )
        shape = (
            draw(st.lists(st.sampled_from([0, 1, 2, 6, 7]), max_size=3))
            if key == "latents" or not fitting
            else []
        )
        value = draw(
            st.sampled_from(
                [0, 1, -1, 5, 64, 65, 127, -128, float("nan"), float("inf"), 2**31, -(2**63)]
            )
        )
        with np.errstate(all="ignore"):
            inputs[key] = np.full(shape, value).astype(kind)
    return name, inputs


@settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(asked=requests())
def test_any_request_is_answered_or_refused(session, asked):
    """In the session of TensorFlow 1, which runs what TensorFlow Serving's does: images
    in [0, 1] or an error, and never the end of the process.
    """
    name, inputs = asked
    try:
        # NumPy's, of casts before the request is sent.
        with warnings.catch_warnings(action="ignore"):
            outputs = session(name, inputs)
    except (tf.errors.OpError, ValueError, TypeError, KeyError):
        return
    if name != "generate_png":
        images = outputs["images"]
        assert (
            np.isfinite(images).all()
            and images.min(initial=0) >= -1e-6
            and images.max(initial=1) <= 1 + 1e-6
        )


def test_a_good_request_is_answered_after_all_that(session):
    assert session("generate", {"num": np.int64(2), "seed": np.int64(0)})["images"].shape == (
        2,
        8,
        8,
        1,
    )

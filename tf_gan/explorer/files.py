"""Pages of exported files: an ONNX file, or a SavedModel."""

import json
import pathlib
import tempfile

import numpy as np
import tensorflow as tf

from tf_gan import export
from tf_gan.errors import UserError, reason
from tf_gan.explorer import directions, networks
from tf_gan.explorer.runtime import Unavailable
from tf_gan.explorer.subject import Subject, check
from tf_gan.export import onnx_file, server
from tf_gan.export.calls import Calls
from tf_gan.export.signatures import variables_of
from tf_gan.runs import build, directory


def of_file(path) -> Subject:
    """Returns the subject of what `tf-gan-export` wrote: an ONNX file of a generator from
    latents, or a SavedModel, of a folder of versions the newest. A SavedModel does not run
    in a browser: the page has the network of the config in its card, with its weights.

    Raises:
        UserError: for other files, those without the config of a run, and those of models
            that the page cannot show.
    """
    path = pathlib.Path(path)
    is_onnx = path.suffix == ".onnx"
    if path.is_dir() and not is_onnx:
        path = server.find(path)
    card, images, graph_of = _onnx(path) if is_onnx else _saved_model(path)
    model = _untrained(card, path)
    check(model)

    def load(weights):
        inputs = export.export_target(model).inputs(networks.CALLS, 0)
        calls = Calls(inputs, images(inputs))
        return {"generator": networks.stored(graph_of(model), calls, weights)}

    named = model.latent_dim is not None and (path.parent / directions.FILE).exists()
    return Subject(
        model=model,
        card=card,
        title=str(card["config"]["name"]),
        images=images,
        networks=load,
        directions=directions.read(path.parent, model.latent_dim) if named else {},
        seeded=False,
        **_python(path, is_onnx),
    )


def _python(path: pathlib.Path, is_onnx: bool) -> dict:
    """Returns the Python lines that make a picture with a file."""
    if is_onnx:
        return {
            "load": [
                "import onnxruntime",
                f"session = onnxruntime.InferenceSession({str(path)!r})",
            ],
            "call": 'session.run(None, {"latents": {latents}{labels}})[0][0]',
            "labels": ', "labels": np.array([{}], np.int32)',
        }
    return {
        "load": [
            "import tensorflow as tf",
            f'generator = tf.saved_model.load({str(path)!r}).signatures["serving_default"]',
        ],
        "call": 'generator(latents=tf.constant({latents}){labels})["images"].numpy()[0]',
        "labels": ", labels=tf.constant([{}])",
    }


def _onnx(path: pathlib.Path):
    """Returns the model card of an ONNX file, its function, and a function of a model
    like it that returns its graph.
    """
    onnx_file.check_packages()
    import onnx

    try:
        graph = onnx.load(path)
        cards = {entry.key: entry.value for entry in graph.metadata_props}
        card = json.loads(cards.get("model_card", "{}"))
    except Exception as error:
        raise UserError(f"{path} cannot be read as an ONNX file: {error}") from error
    return card, lambda inputs: onnx_file.run(graph, inputs), lambda _: graph


def _saved_model(path: pathlib.Path):
    """Returns the model card of a SavedModel, its function, and a function of a model
    like it that returns it as an ONNX graph.
    """
    file = path / "assets" / "model_card.json"
    if not file.exists():
        raise UserError(
            "Expected an .onnx file, or a SavedModel, which tf-gan-export has written. Received:"
            f" {path}"
        )
    try:
        loaded = tf.saved_model.load(str(path))
        card = json.loads(file.read_text())
    except (OSError, ValueError, tf.errors.OpError) as error:
        raise UserError(f"{path} cannot be read as a SavedModel: {reason(error)}") from error
    served = loaded.signatures["serving_default"]

    def images(inputs):
        return served(**{name: tf.constant(values) for name, values in inputs.items()})["images"]

    def graph_of(model):
        target = export.export_target(model)
        # In the order in which the signature uses them, in the file as in the model.
        own = variables_of(target.signatures(1, False)["serving_default"].graph())
        stored = loaded.captured[: len(own)]
        fits = [variable.shape for variable in own] == [variable.shape for variable in stored]
        for variable, value in zip(own, stored, strict=False) if fits else ():
            variable.assign(value)
        calls = Calls.of(target, networks.CALLS)
        if not fits or calls.difference(np.asarray(images(calls.inputs))) > 1e-4:
            raise Unavailable(
                "The SavedModel does not have the weights of the network that its model card"
                " names; an ONNX file runs in a browser as it is."
            )
        onnx_file.check_packages()
        return onnx_file.convert(target, calls)

    return card, lambda inputs: np.asarray(images(inputs)), graph_of


def _untrained(card: dict, path: pathlib.Path):
    """Returns a model like that of a file, with other weights: for its seeds, classes
    and codes.
    """
    is_generator = card.get("network", "generator") == "generator"
    if not is_generator or not card.get("config"):
        raise UserError(
            f"{path} is not a generator with the config of its run, as tf-gan-export writes it."
            " Expected one, or --workdir; in Python gan.explore(path)"
        )
    if not card["model"].get("latent_dim"):
        raise UserError(
            f"{path} makes images from images. Expected a generator from latents, or the run:"
            " --workdir"
        )
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "config.json").write_text(json.dumps(card["config"]))
        return build.build(directory.read_config(folder))

"""Export a network as an ONNX file, by Keras' own exporter."""

import importlib.util
import logging
import pathlib
import tempfile
import warnings

import numpy as np

from tf_gan.errors import UserError, one_of, reason
from tf_gan.export.calls import Calls, argument, check_difference, picture_model
from tf_gan.export.model_card import model_card
from tf_gan.export.report import Report, size
from tf_gan.export.targets import ExportTarget
from tf_gan.export.twins import without_xla
from tf_gan.io.atomic import atomic_output

# How weights are stored, and the largest difference from the live model.
WEIGHTS = {"float32": 1e-4, "float16": 1e-2}
SMALL = 64  # Tensors of fewer numbers stay as they are: scales, epsilons.


def export(target: ExportTarget, path, metadata: dict, *, weights: str = "float32") -> Report:
    """Writes a network as an ONNX model with a free batch size; one that enlarges images
    takes any height and width.

    Args:
        target: What to export.
        path: File to write, `.onnx`.
        metadata: Entries of the model card beside those of the model.
        weights: `"float32"`, or `"float16"` for a file of half the size, which computes
            in float32 as well.

    Returns:
        The path, the size and the difference from the live model.

    Raises:
        ValueError: if the packages are missing, the file is there already, cannot be
            written, or does not have the values of the live model.
    """
    one_of("weights", weights, WEIGHTS)
    check_packages()
    import onnx

    calls = Calls.of(target)
    with atomic_output(path) as temporary:
        graph = convert(target, calls)
        if weights == "float16":
            graph = half_weights(graph)
        onnx.helper.set_model_props(graph, {"model_card": model_card(target, metadata)})
        onnx.save(graph, temporary)
        difference = calls.difference(run(graph, calls.inputs))
        check_difference(difference, WEIGHTS[weights])
        row = {
            "format": "onnx",
            "weights": weights,
            "size": size(temporary),
            "difference from the live model": f"{difference:.1e}",
        }
    return Report([path], [row])


def check_packages() -> None:
    """Raises a UserError if the packages that write and read ONNX files are missing."""
    missing = [
        name
        for name in ("tf2onnx", "onnx", "onnxruntime")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise UserError(
            f"ONNX files need the packages {', '.join(missing)}: pip install 'tf_gan[export]'"
        )


def convert(target: ExportTarget, calls: Calls):
    """Returns a network as an `onnx.ModelProto` with a free batch size.

    Args:
        target: What to convert.
        calls: Calls of the network.
    """
    import onnx

    # A pass of its optimizer that fails is left out, and told with a traceback.
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # Of tf2onnx, about NumPy.
        network = picture_model(target, without_xla(target.network), free=True)
        # Keras exports models that have been called.
        network.predict(argument(calls.inputs), verbose=0)
        path = pathlib.Path(folder, "network.onnx")
        network.export(path, format="onnx", verbose=False)
        return _named(onnx.load(path), target.output)


def _named(graph, output: str):
    """Returns an `onnx.ModelProto` whose output has a name, unless an input has it."""
    value = graph.graph.output[0]
    if output in {each.name for each in graph.graph.input}:
        return graph
    for node in graph.graph.node:
        for names in (node.input, node.output):
            names[:] = [output if name == value.name else name for name in names]
    value.name = output
    return graph


def run(graph, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """Returns the first output of an `onnx.ModelProto` for inputs by name.

    Raises:
        UserError: if ONNX Runtime cannot run it.
    """
    import onnxruntime

    content = graph.SerializeToString()
    try:
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        return session.run(None, inputs)[0]
    except Exception as error:  # ONNX Runtime's have no common base.
        raise UserError(f"ONNX Runtime cannot run this network: {reason(error)}") from error


def half_weights(graph):
    """Returns an `onnx.ModelProto` whose float32 weights are stored as float16, with a
    Cast to float32 behind each: the numbers are rounded to 11 bits, and all operations
    stay in float32.

    Weights beyond float16's largest number, 65504, stay as they are.
    """
    import onnx

    half = onnx.ModelProto()
    half.CopyFrom(graph)
    casts = []
    for tensor in half.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < SMALL:
            continue
        values = onnx.numpy_helper.to_array(tensor)
        if np.abs(values).max() > np.finfo(np.float16).max:
            continue
        name, stored = tensor.name, f"{tensor.name}/float16"
        tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), stored))
        casts.append(onnx.helper.make_node("Cast", [stored], [name], to=onnx.TensorProto.FLOAT))
    nodes = casts + list(half.graph.node)
    del half.graph.node[:]
    half.graph.node.extend(nodes)
    return half

"""The networks of a page: ONNX files, half as large where that cannot be seen."""

import dataclasses

import numpy as np

from tf_gan import export
from tf_gan.errors import one_of
from tf_gan.export import onnx_file
from tf_gan.export.calls import Calls, check_difference

CALLS = 16  # Inputs on which a file is compared with the live network.
WEIGHTS = ("auto", *onnx_file.WEIGHTS)


@dataclasses.dataclass(frozen=True)
class Network:
    """A network of the page.

    Args:
        content: The ONNX file.
        weights: How they are stored: `"float32"` or `"float16"`.
        difference: Its largest difference from the live network.
    """

    content: bytes
    weights: str
    difference: float


def of_model(model, weights: str) -> dict[str, Network]:
    """Returns the generator of a model, and its encoder if it has one, by name.

    Args:
        model: A `tf_gan.models.GenerativeModel`.
        weights: One of `WEIGHTS`; see `stored`.

    Raises:
        UserError: if packages are missing, or a network is not the live one as ONNX.
    """
    onnx_file.check_packages()
    networks: dict[str, Network] = {}
    for name in ("generator", "encoder"):
        if name in export.export_targets(model):
            target = export.export_target(model, name)
            calls = Calls.of(target, CALLS)
            networks[name] = stored(onnx_file.convert(target, calls), calls, weights)
    return networks


def stored(graph, calls: Calls, weights: str) -> Network:
    """Returns a network with its weights as float32, or as float16, which is half as
    large; "auto" takes float16 where it moves outputs by no more than float32 may.

    Args:
        graph: `onnx.ModelProto` of float32.
        calls: Calls and the expected outputs.
        weights: One of `WEIGHTS`.

    Raises:
        UserError: for other weights, or outputs that are too far from the expected.
    """
    one_of("weights", weights, WEIGHTS)
    if weights != "float32":
        half = onnx_file.half_weights(graph)
        difference = calls.difference(onnx_file.run(half, calls.inputs))
        if weights == "float16" or difference <= onnx_file.WEIGHTS["float32"]:
            check_difference(difference, onnx_file.WEIGHTS["float16"])
            return Network(half.SerializeToString(), "float16", difference)
    difference = calls.difference(onnx_file.run(graph, calls.inputs))
    check_difference(difference, onnx_file.WEIGHTS["float32"])
    return Network(graph.SerializeToString(), "float32", difference)


def images(target: export.ExportTarget, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """Returns the images of a live generator, in [0, 1] where they have bounds.

    Args:
        target: The generator.
        inputs: Arrays by name, as exported files take them.
    """
    n = len(next(iter(inputs.values())))
    parts = [
        Calls.at(target, {name: values[i : i + CALLS] for name, values in inputs.items()}).images
        for i in range(0, n, CALLS)
    ]
    return np.concatenate(parts)

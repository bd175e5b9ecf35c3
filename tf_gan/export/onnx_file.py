"""Export a network as an ONNX file, by Keras' own exporter."""

import importlib.util
import warnings

from tf_gan.errors import UserError
from tf_gan.export.model_card import model_card
from tf_gan.export.report import Report, size
from tf_gan.export.sampling import Sampling, argument, check_difference, picture_model
from tf_gan.export.targets import ExportTarget
from tf_gan.io.atomic import atomic_output

BOUND = 1e-4  # Largest difference from the live model.


def export(target: ExportTarget, path, metadata: dict) -> Report:
    """Writes a network as an ONNX model with a free batch size.

    Args:
        target: What to export.
        path: File to write, `.onnx`.
        metadata: Entries of the model card beside those of the model.

    Returns:
        The path, the size and the difference from the live model.

    Raises:
        ValueError: if the packages are missing, the file is there already, cannot be
            written, or does not have the values of the live model.
    """
    missing = [
        name
        for name in ("tf2onnx", "onnx", "onnxruntime")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise UserError(
            f"ONNX files need the packages {', '.join(missing)}: pip install 'tf_gan[export]'"
        )
    import onnx
    import onnxruntime

    sampling = Sampling.of(target, 64)
    with atomic_output(path) as temporary:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of tf2onnx, about NumPy.
            network = picture_model(target)
            # Keras exports models that have been called.
            network.predict(argument(sampling.inputs), verbose=0)
            network.export(temporary, format="onnx", verbose=False)
        graph = onnx.load(temporary)
        onnx.helper.set_model_props(graph, {"model_card": model_card(target, metadata)})
        onnx.save(graph, temporary)
        images = onnxruntime.InferenceSession(temporary, providers=["CPUExecutionProvider"]).run(
            None, sampling.inputs
        )[0]
        difference = sampling.difference(images)
        check_difference(difference, BOUND)
        row = {
            "format": "onnx",
            "size": size(temporary),
            "difference from the live model": f"{difference:.1e}",
        }
    return Report([path], [row])

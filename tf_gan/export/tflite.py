"""Export a network as a TFLite file for phones and small machines, in float32 or
quantised.
"""

import contextlib
import os
import re
import time
import warnings

import numpy as np
import tensorflow as tf

from tf_gan import compat
from tf_gan.errors import UserError, one_of, reason
from tf_gan.export.calls import Calls, argument, check_difference, picture_model
from tf_gan.export.model_card import model_card
from tf_gan.export.report import Report, size
from tf_gan.export.targets import ExportTarget
from tf_gan.export.twins import without_batch_shape
from tf_gan.io.atomic import atomic_output

QUANTIZATIONS = ("none", "dynamic", "float16", "int8")
BOUND = 1e-4  # Largest difference of float32 from the live model.
# Least PSNR in dB against the live model.
PSNR = {"none": 60.0, "float16": 50.0, "dynamic": 30.0, "int8": 25.0}
CALIBRATION = 256  # Images that int8 is calibrated on.
CARD = "model_card"  # Name of the metadata buffer.


def export(
    target: ExportTarget,
    path,
    metadata: dict,
    *,
    quantize: str = "none",
    min_psnr: float | None = None,
) -> Report:
    """Writes a network as a TFLite file with the signature `serving_default`, a free batch
    size, and the model card as metadata.

    Args:
        target: What to export.
        path: File to write, `.tflite`.
        metadata: Entries of the model card beside those of the model.
        quantize: `"none"`: float32. `"dynamic"`: int8 weights, float32 activations that
            are quantised at run time. `"float16"`: float16 weights. `"int8"`: int8
            weights and activations, calibrated on inputs from the model's prior. Inputs
            and outputs of the file are always float32.
        min_psnr: Least PSNR in dB against the live model; None for the value in `PSNR`.

    Returns:
        The path, the size, the latency on one thread, the difference and the PSNR.

    Raises:
        ValueError: if the network has operations that TFLite lacks, the file is there
            already or cannot be written, or its values are too far from those of the
            live model.
    """
    one_of("quantize", quantize, QUANTIZATIONS)
    calls = Calls.of(target)
    with atomic_output(path) as temporary:
        card = model_card(target, metadata)
        temporary.write_bytes(_with_metadata(convert(target, quantize), card))
        runner = _Runner(temporary, target.output)
        images = runner(calls)
        difference, psnr = (
            calls.difference(images),
            calls.psnr(images, bounded=target.data_range is not None),
        )
        if quantize == "none":
            check_difference(difference, BOUND)
        least = PSNR[quantize] if min_psnr is None else min_psnr
        if not psnr >= least:
            how = "In float32" if quantize == "none" else f"Quantised as {quantize!r}"
            another = "" if quantize == "none" else "another quantisation, or "
            raise UserError(
                f"{how} the {target.output} have a PSNR of {psnr:.1f} dB against the live model, so"
                f" nothing is written. Expected at least {least:.1f}; take {another}a lower"
                " `min_psnr`."
            )
        for n in (1, 3):  # The batch is resizable, and each image does not depend on the others.
            if not np.abs(runner(calls.first(n)) - images[:n]).max() <= 0.01 * max(
                1.0, np.abs(images).max()
            ):
                raise UserError(
                    f"The TFLite model gives other {target.output} in a batch of {n}, so nothing is"
                    " written."
                )
        row = {
            "quantize": quantize,
            "size": size(temporary),
            "latency, batch 1": f"{1e3 * runner.seconds(calls.first(1)):.2f} ms",
            "batch 16": f"{1e3 * runner.seconds(calls.first(16)):.2f} ms",
            "difference from the live model": f"{difference:.1e}",
            "PSNR": f"{psnr:.1f} dB",
        }
    return Report([path], [row])


def convert(target: ExportTarget, quantize: str) -> bytes:
    """Returns a network as a TFLite model, without metadata.

    Raises:
        ValueError: if TFLite lacks operations of the network; they are named.
    """
    network = picture_model(target, without_batch_shape(target.network))

    specs = {
        tensor.name: tf.TensorSpec(tensor.shape, tensor.dtype, name=tensor.name)
        for tensor in network.inputs
    }

    def images(**inputs):  # tf.function sorts them by name.
        return {
            target.output: network(argument({name: inputs[name] for name in specs}), training=False)
        }

    module = tf.Module()
    module.captured = [variable.value for variable in network.variables]
    module.images = tf.function(images, autograph=False)
    lite = compat.tf_lite()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # About the converter's future home.
        converter = lite.TFLiteConverter.from_concrete_functions(
            [module.images.get_concrete_function(**specs)], module
        )
        if quantize != "none":
            converter.optimizations = [lite.Optimize.DEFAULT]
        if quantize == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if quantize == "int8":
            inputs = target.inputs(CALIBRATION, 1)
            converter.representative_dataset = lambda: (
                {name: values[i : i + 1] for name, values in inputs.items()}
                for i in range(CALIBRATION)
            )
            converter.target_spec.supported_ops = [lite.OpsSet.TFLITE_BUILTINS_INT8]
        try:
            with _quiet_stderr():
                return converter.convert()
        except Exception as error:
            missing = sorted(
                {
                    name
                    for line in re.findall(
                        r"^(?:TF Select|Custom) ops: (.+)$", str(error), re.MULTILINE
                    )
                    for name in line.split(", ")
                }
            )
            if not missing:
                raise UserError(f"TFLite cannot take this generator: {reason(error)}") from error
            raise UserError(
                f"TFLite cannot run these operations as this network uses them:"
                f" {', '.join(missing)}. ONNX files run on phones too: --format=onnx"
            ) from error


def slower(rows: list[dict[str, str]]) -> list[str]:
    """Returns the quantisations of a table that took more than 1.2 times as long as
    float32 at batch 1; none if float32 is not in the table.
    """
    times = {row["quantize"]: float(row["latency, batch 1"].split()[0]) for row in rows}
    return [name for name in times if times[name] > 1.2 * times.get("none", np.inf)]


@contextlib.contextmanager
def _quiet_stderr():
    """Silences the converter, which prints a page for each operation that it does not
    know.
    """
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class _Runner:
    """Runs a TFLite file on one thread: by LiteRT if it is installed, otherwise by the
    interpreter in TensorFlow.
    """

    def __init__(self, path, output: str = "images"):
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError:
            Interpreter = compat.tf_lite().Interpreter
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # TensorFlow's own says that it will move.
            self.interpreter = Interpreter(model_path=str(path), num_threads=1)
        self.output = output
        self.call = self.interpreter.get_signature_runner("serving_default")

    def __call__(self, calls: Calls) -> np.ndarray:
        return self.call(**calls.inputs)[self.output]

    def seconds(self, calls: Calls) -> float:
        """Returns the median time of a call in seconds."""
        times: list[float] = []
        while len(times) < 5 or (len(times) < 100 and sum(times) < 0.3):
            start = time.perf_counter()
            self(calls)
            times.append(time.perf_counter() - start)
        return float(np.median(times))


# === Metadata ===


def _with_metadata(model: bytes, card: str) -> bytes:
    schema, flatbuffer_utils = compat.tflite_schema(), compat.flatbuffer_utils()
    tree = flatbuffer_utils.convert_bytearray_to_object(bytearray(model))
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(card.encode(), np.uint8)
    tree.buffers.append(buffer)
    entry = schema.MetadataT()
    entry.name, entry.buffer = CARD, len(tree.buffers) - 1
    tree.metadata = [*(tree.metadata or []), entry]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(tree))


def read_model_card(path) -> str:
    """Returns the model card of a TFLite file as JSON."""
    tree = compat.flatbuffer_utils().read_model(str(path))
    entry = next(entry for entry in tree.metadata if entry.name in (CARD, CARD.encode()))
    return bytes(tree.buffers[entry.buffer].data).decode()

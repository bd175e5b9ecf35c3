"""Names to choose from that `--help` needs without TensorFlow."""

STRATEGIES = ("auto", "one_device", "mirrored", "multi_worker", "tpu")
FORMATS = ("saved_model", "tflite", "onnx", "keras")
SPLITS = ("auto", "train", "validation", "test")  # Images that samples are compared with.
BASELINES = ("real", "kmeans", "gaussian", "mean")
PATHS = ("linear", "spherical")
WEIGHTS = ("float32", "float16")  # In ONNX files.

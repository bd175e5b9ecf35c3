r"""Whether our Inception network computes what torch-fidelity's does: the same random
weights from one file, the same images.

    pip install -e '.[benchmark]' && pip install --no-deps torch-fidelity==0.4.0
    python -m benchmarks.inception_agreement [--images=4]

The weights are drawn once, saved as a PyTorch state_dict and read by both programs, by
ours without PyTorch. The images are random bytes of several sizes, smaller and larger
than 299, smooth and rough. The figure is the largest difference over the largest value,
for pool_3 and for the logits without bias; it must be at most 1e-4.
torch-fidelity asks for torchvision, of which its Inception network uses nothing; where
that is not installed, an empty stand-in takes its place.

torch-fidelity 0.4.0, PyTorch 2.13.0, TensorFlow 2.21.0 on an x86-64 CPU with AVX-512:
5.8e-07 over all sizes; pool_3 4.9e-07, logits without bias 5.8e-07.
Between two of the images the values differ by up to 0.3 to 0.5 on the same scale.
"""

import importlib.util
import pathlib
import sys
import tempfile
import types

import numpy as np
from absl import app, flags

FLAGS = flags.FLAGS
flags.DEFINE_integer("images", 4, "Images of each size.", lower_bound=1)

TOLERANCE = 1e-4
SIZES = ((28, 28), (32, 32), (96, 64), (299, 299), (333, 400))
FEATURES = ("2048", "logits_unbiased")


def random_tensors(shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Returns weights that keep the size of the activations, with statistics of
    BatchNorm that are far from 0 and 1.
    """
    random = np.random.RandomState(0)  # Its numbers are the same in every version of NumPy.
    tensors = {}
    for name, shape in shapes.items():
        if name.endswith(("running_var", "bn.weight")):
            values = random.uniform(0.5, 1.5, shape)
        elif name.endswith(("running_mean", "bias")):
            values = random.normal(0, 0.1, shape)
        else:
            values = random.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
        tensors[name] = values.astype(np.float32)
    return tensors


def random_images(n: int, height: int, width: int) -> np.ndarray:
    """Returns bytes `(n, height, width, 3)`; every second image is smooth."""
    random = np.random.RandomState(height * width)
    images = random.randint(0, 256, (n, height, width, 3)).astype(np.uint8)
    y, x = np.mgrid[:height, :width][..., None]
    for number in range(0, n, 2):
        phases = random.uniform(0, 6, 3)
        images[number] = 127.5 + 127.4 * np.sin(5 * x / width + phases) * np.cos(
            3 * y / height + phases[::-1]
        )
    return images


class _Anything(types.ModuleType):
    """A module in which every name is there, and is a class."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


def stand_in_for_torchvision() -> None:
    if importlib.util.find_spec("torchvision") is None:
        for name in (
            "torchvision",
            "torchvision.transforms",
            "torchvision.transforms.functional",
            "torchvision.datasets",
            "torchvision.models",
        ):
            sys.modules[name] = _Anything(name)
            sys.modules[name].__path__ = []
            parent, _, child = name.rpartition(".")
            if parent:
                setattr(sys.modules[parent], child, sys.modules[name])


def main(_):
    import torch

    stand_in_for_torchvision()
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    from tf_gan.features.inception import (
        build_inception,
        load_weights,
        resize_like_tf1,
        tensor_shapes,
    )
    from tf_gan.features.torch_checkpoint import read_checkpoint

    network = build_inception()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "random.pth")
        torch.save(
            {
                name: torch.from_numpy(array)
                for name, array in random_tensors(tensor_shapes(network)).items()
            },
            path,
        )
        theirs = FeatureExtractorInceptionV3(
            "theirs", list(FEATURES), feature_extractor_weights_path=str(path)
        )
        load_weights(network, read_checkpoint(path.read_bytes()))
    print(
        f"parameters of the layers: theirs {sum(p.numel() for p in theirs.parameters()):,}, ours"
        f" with BatchNorm folded {network.count_params():,}"
    )
    worst = 0.0
    for height, width in SIZES:
        images = random_images(FLAGS.images, height, width)
        with torch.no_grad():
            expected = [
                output.numpy()
                for output in theirs(torch.from_numpy(images.transpose(0, 3, 1, 2).copy()))
            ]
        ours_of = network(resize_like_tf1(images.astype(np.float32)), training=False)
        for name, ours, reference in zip(FEATURES, ours_of, expected, strict=True):
            difference = float(np.abs(ours.numpy() - reference).max() / np.abs(reference).max())
            spread = float(np.abs(reference - reference[0]).max() / np.abs(reference).max())
            worst = max(worst, difference)
            print(
                f"{height}x{width} {name:15} {difference:.1e} (images differ among themselves by"
                f" {spread:.2f})"
            )
    print(f"largest relative difference: {worst:.1e}")
    if worst > TOLERANCE:
        sys.exit(f"Expected at most {TOLERANCE:g}")


if __name__ == "__main__":
    app.run(main)

"""PSNR and SSIM of a super-resolution model on benchmark sets, beside bicubic
interpolation; for --benchmarks=FOLDER.

The folder has a sub-folder for each set, such as Set5, Set14 and BSD100. In a set, `HR`
(or a name that begins so) holds the large pictures, and `LRx4` the same made small,
with equal names; a set without the latter is made small here, bicubic as MATLAB does
it. Large pictures are cropped at the lower and the right edge to a multiple of the
scale. As in Ledig et al., Photo-Realistic Single Image Super-Resolution (2017),
https://arxiv.org/abs/1609.04802, values are those of the luma of 8-bit pictures without
a border of 4 pixels; grey pictures are their own luma. SSIM is that of Daala's
`dump_ssim`, which the paper took; the details have the one of Wang et al. (2004).
"""

import pathlib

import numpy as np

from tf_gan.data import bicubic
from tf_gan.data.pictures import picture_files, read_picture, upright
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples, Score
from tf_gan.metrics import daala_ssim, psnr, ssim
from tf_gan.metrics.image_quality import WINDOW

USES_MODEL = True
BORDER = 4  # Pixels left off at each edge.


def score(samples: Samples, reference: Reference) -> list[Score]:
    model = samples.model
    if not hasattr(model, "upscale"):
        raise UserError(
            f"A {type(model).__name__} does not enlarge images: expected a run of"
            " config.model.name='srgan', 'esrgan' or 'srresnet'"
        )
    scores = []
    methods = {
        "": model.upscale,
        "_bicubic": lambda image: bicubic.resize(
            image, *(model.scale * side for side in image.shape[:2])
        ),
    }
    for folder in benchmark_folders(reference.benchmarks):
        pairs = list(benchmark(folder, model.scale))
        if not pairs:
            raise UserError(f"Expected pictures in the folder HR of {folder}. Found none")
        for method, enlarge in methods.items():
            values = [judge(large, enlarge(small), is_grey) for large, small, is_grey in pairs]
            protocol = (
                f"mean of {len(values)} pictures of {folder.name}, {model.scale} times as large, 8"
                f" bits; luma without {BORDER} pixels at each edge"
            )
            scores += _scores(
                f"{folder.name.lower()}_x{model.scale}{method}",
                protocol + ("; bicubic, no network" if method else ""),
                values,
            )
    return scores


def _scores(label: str, protocol: str, values: list[dict]) -> list[Score]:
    psnrs, daala, wang = (
        [value[key] for value in values] for key in ("psnr", "daala_ssim", "ssim")
    )
    return [
        Score(f"psnr_{label}", float(np.mean(psnrs)), protocol, details={"each": psnrs}),
        Score(
            f"ssim_{label}",
            float(np.mean(daala)),
            f"{protocol}; Daala's SSIM",
            details={"each": daala, "ssim_2004": float(np.mean(wang))},
        ),
    ]


def judge(large: np.ndarray, made: np.ndarray, is_grey: bool) -> dict[str, float]:
    """Returns the values of an enlarged picture beside the original, uint8 both, `(H,
    W, 3)`.
    """
    pair = [
        each.astype(np.float64).mean(axis=-1, keepdims=True) if is_grey else each
        for each in (large, made)
    ]
    return {
        function.__name__: float(function(pair[0][None], pair[1][None], border=BORDER)[0])
        for function in (psnr, ssim, daala_ssim)
    }


def benchmark_folders(path: str) -> list[pathlib.Path]:
    """Returns the folders of the benchmark sets in a folder, or the folder itself if it
    is one.

    Raises:
        ValueError: if there are none.
    """
    root = pathlib.Path(path)
    if not path or not root.is_dir():
        raise UserError(
            "Expected --benchmarks to name a folder with benchmark sets. Received:"
            f" --benchmarks={path}"
        )
    folders = [
        folder
        for folder in (root, *sorted(root.iterdir()))
        if folder.is_dir() and any(folder.glob("HR*/"))
    ]
    if not folders:
        raise UserError(
            f"Expected sub-folders with large pictures in HR, such as {path}/Set5/HR. Found none in"
            f" --benchmarks={path}"
        )
    return folders


def benchmark(folder: pathlib.Path, scale: int):
    """Yields the pictures of a set: large and small as uint8 RGB, and whether the file is
    grey.

    Raises:
        ValueError: for pictures that cannot be read or do not fit each other; the file
            is named.
    """
    small_folder = folder / f"LRx{scale}"
    for file in picture_files(str(next(iter(sorted(folder.glob("HR*/")))))):
        large, is_grey = read(file)
        height, width = (side // scale for side in large.shape[:2])
        if min(height, width) * scale < 2 * BORDER + WINDOW:
            raise UserError(
                f"{file}: expected at least {2 * BORDER + WINDOW} pixels at each side, cut to a"
                f" multiple of {scale}. Received: {scale * width} x {scale * height}"
            )
        large = large[: scale * height, : scale * width]
        if small_folder.is_dir():
            found = [
                each for each in picture_files(str(small_folder)) if each.stem == file.stem
            ] or [small_folder / file.name]
            if len(found) > 1:
                raise UserError(
                    f"Expected one picture of {file} in {small_folder}. Found: {found[0].name} and"
                    f" {found[1].name}"
                )
            small, _ = read(found[0])
        else:
            small = bicubic.resize(large, height, width)
        if small.shape[:2] != (height, width):
            raise UserError(
                f"{small_folder / file.stem}: expected {width} x {height} pixels. Received:"
                f" {small.shape[1]} x {small.shape[0]}"
            )
        yield large, small, is_grey


def read(file: pathlib.Path) -> tuple[np.ndarray, bool]:
    """Returns a picture as uint8 RGB, and whether its file is grey."""
    return read_picture(
        file,
        lambda picture: (
            np.asarray(upright(picture, 3)),
            picture.mode in ("1", "L", "LA") or picture.mode.startswith("I"),
        ),
    )

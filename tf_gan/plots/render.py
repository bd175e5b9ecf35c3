"""Pictures of samples: grids of images, clouds of points."""

import io
import pathlib

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tf_gan.data.ranges import to_uint8
from tf_gan.errors import UserError, integer, positive
from tf_gan.io import atomic

CHANNELS = (1, 3, 4)  # Grey, RGB, RGBA.
SMALLEST_TILE = 32  # Smaller images are shown enlarged, pixel by pixel.

CAPTION = 11  # Pixels of a line of text.


def grid(
    images: np.ndarray, columns: int | None = None, value_range=None, gap: int = 2, captions=None
) -> np.ndarray:
    """Lays images out in rows.

    Args:
        images: Array of shape `(N, H, W, C)`, grey, RGB, or RGBA, which is laid over a
            checkerboard.
        columns: Images in a row; by default as square a grid as possible.
        value_range: `(low, high)` of the images; None takes their extremes.
        gap: Pixels between the images.
        captions: What to write above each image, or None; images are then enlarged to 64
            pixels or more, and stand as far apart as the longest one needs.

    Returns:
        uint8 array of shape `(height, width, 3)`.
    """
    images = np.asarray(images)
    if columns is not None:
        columns = integer("columns", columns, 0)
    if value_range is not None and not value_range[0] < value_range[1]:
        raise UserError(f"Expected value_range=(low, high), low < high. Received: {value_range}")
    if images.ndim != 4 or images.shape[-1] not in CHANNELS or not len(images):
        raise UserError(
            "Expected images of shape (N, H, W, 1), (N, H, W, 3) or (N, H, W, 4). Received: shape"
            f" {images.shape}"
        )
    pixels = opaque(to_uint8(images, value_range))
    pixels = np.broadcast_to(pixels, (*images.shape[:3], 3))
    smallest = SMALLEST_TILE if captions is None else 2 * SMALLEST_TILE
    factor = max(1, -(-smallest // min(images.shape[1:3])))
    pixels = pixels.repeat(factor, axis=1).repeat(factor, axis=2)
    n, height, width = pixels.shape[:3]
    columns = columns or int(np.ceil(np.sqrt(n)))
    rows = -(-n // columns)
    font = ImageFont.load_default(CAPTION)
    texts = [] if captions is None else [str(caption) for caption in captions]
    widest = max([width, *(int(np.ceil(font.getlength(text))) for text in texts)])
    head = CAPTION + 3 if any(texts) else 0
    down, right = head + height + gap, widest + gap
    canvas = np.full((rows * down + gap, columns * right + gap, 3), 64, np.uint8)
    for number, tile in enumerate(pixels):
        top, left = gap + number // columns * down + head, gap + number % columns * right
        canvas[top : top + height, left : left + width] = tile
    if not head:
        return canvas
    picture = Image.fromarray(canvas)
    draw = ImageDraw.Draw(picture)
    for number, text in enumerate(texts):
        place = gap + number % columns * right, gap + number // columns * down
        draw.text(place, text, fill=(255, 255, 255), font=font)
    return np.asarray(picture)


def opaque(pixels: np.ndarray) -> np.ndarray:
    """Returns uint8 RGBA images `(N, H, W, 4)` as RGB over a checkerboard of white and
    light grey, eight squares along the shorter side; others as they are.
    """
    if pixels.shape[-1] != 4:
        return pixels
    rows, columns = (np.arange(size) for size in pixels.shape[1:3])
    square = max(1, min(pixels.shape[1:3]) // 8)
    board = np.where((rows[:, None] // square + columns // square) % 2, 204.0, 255.0)[..., None]
    alpha = pixels[..., 3:] / 255.0
    return np.rint(pixels[..., :3] * alpha + board * (1.0 - alpha)).astype(np.uint8)


def cloud(points: np.ndarray, limit: float | None = None, label: str = "samples") -> np.ndarray:
    """Plots points of the plane, or a histogram of numbers.

    Args:
        points: Samples of shape `(N, 2)` or `(N, 1)`.
        limit: The axes go from -limit to limit; by default as far as the points do.
        label: What the points are.

    Returns:
        uint8 array of shape `(480, 480, 3)`.
    """
    from matplotlib.figure import Figure

    points = points[np.isfinite(points).all(axis=1)]

    figure = Figure(figsize=(4.8, 4.8), dpi=100, layout="constrained")
    axes = figure.subplots()
    color = "tab:green"
    if points.shape[1] == 2:
        axes.scatter(points[:, 0], points[:, 1], s=4, color=color, label=label)
    else:
        axes.hist(points[:, 0], bins=60, density=True, alpha=0.6, color=color, label=label)
    if limit is not None:
        axes.set_xlim(-limit, limit)
        if points.shape[1] == 2:
            axes.set_ylim(-limit, limit)
    figure.legend(loc="outside upper right", frameon=False)  # Where no point can be.
    return render(figure)


def render(figure) -> np.ndarray:
    """Returns a matplotlib figure as uint8 of shape `(height, width, 3)`."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return np.asarray(Image.open(buffer).convert("RGB"))


def picture(
    samples: np.ndarray, value_range=None, columns: int | None = None, captions=None
) -> np.ndarray:
    """Returns a picture of samples of any kind: a grid of images or a cloud of points."""
    if samples.ndim == 4 and samples.shape[-1] in CHANNELS:
        return grid(samples, columns, value_range, captions=captions)
    if samples.ndim == 2 and samples.shape[1] in (1, 2):
        return cloud(samples)
    raise UserError(
        "Expected images (N, H, W, 1, 3 or 4) or points (N, 1 or 2) to make a picture of. Received:"
        f" shape {samples.shape}"
    )


def frames(samples: np.ndarray, value_range=None, columns: int | None = None) -> list[np.ndarray]:
    """Returns pictures of samples for an animation, all of one range, or one pair of axes.

    Args:
        samples: Array of shape `(frames, N, H, W, C)`, or points `(frames, N, 1 or 2)`.
        value_range: `(low, high)` of images; None takes the extremes of all.
        columns: Images in a row; by default as square a grid as possible.
    """
    if samples.ndim == 3 and samples.shape[-1] in (1, 2):
        limit = 1.05 * float(np.abs(samples[np.isfinite(samples)]).max(initial=0.0)) or 1.0
        return [cloud(points, limit=limit) for points in samples]
    if value_range is None and (finite := samples[np.isfinite(samples)]).size:
        value_range = float(finite.min()), float(finite.max())
    return [picture(frame, value_range, columns) for frame in samples]


def interleaved(*columns: tuple[np.ndarray, tuple | None]) -> np.ndarray:
    """Returns the first image of each column, then the second of each, and so on: rows
    of a grid with as many columns.

    Args:
        *columns: Pairs of images, grey, RGB or RGBA, shape `(N, H, W, C)`, and their
            `(low, high)`; None takes their extremes.

    Returns:
        float32 array of shape `(N * columns, H, W, C)`, in [0, 1], grey or RGB.
    """
    units = [
        opaque(to_uint8(images, value_range)) / np.float32(255.0) for images, value_range in columns
    ]
    channels = max(unit.shape[-1] for unit in units)
    stacked = np.stack(
        [np.broadcast_to(unit, (*unit.shape[:3], channels)) for unit in units], axis=1
    )
    return stacked.reshape(-1, *stacked.shape[2:])


def load(path) -> np.ndarray:
    """Returns a picture file as uint8 of shape `(height, width, 3)`."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def png(pixels: np.ndarray) -> bytes:
    """Returns a uint8 picture as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def save_png(path, pixels: np.ndarray) -> None:
    """Writes a uint8 picture as PNG, `(H, W)`, `(H, W, 3)` or `(H, W, 4)`. The file appears
    under its name only when it is whole.
    """
    pixels = np.asarray(pixels)
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or pixels.shape[2:] == (1,):
        raise UserError(
            "Expected a uint8 picture, such as `render.grid(images, value_range=(-1, 1))` makes."
            f" Received: {pixels.dtype} of shape {pixels.shape}"
        )
    _save_whole(path, lambda temporary: Image.fromarray(pixels).save(temporary, format="PNG"))


# Encoders of the files that are videos, and how the files of animations end.
CODECS = {".mp4": "libx264", ".webm": "libvpx-vp9"}
ANIMATIONS = (".gif", ".webp", *CODECS)


def save_animation(
    path, frames: list[np.ndarray], frames_per_second: float = 4.0, hold: bool = True
) -> None:
    """Writes uint8 pictures of one size as an animation.

    Args:
        path: The file: `.gif` (64 colours) and `.webp` (all colours) run without end;
            `.mp4` is H.264 and `.webm` VP9, with a row or column more where the size
            is odd.
        frames: Arrays `(H, W, 3)`.
        frames_per_second: > 0; a `.gif` shows at most 50 a second.
        hold: Whether the last one stays four times as long.

    Raises:
        UserError: for another ending, or for a video without imageio or an encoder.
        OSError: if the file cannot be written; it is named.
    """
    check_animation(path)
    positive(frames_per_second=frames_per_second)
    if not len(frames):
        raise UserError("Expected pictures for an animation. Received: none")
    suffix = pathlib.Path(path).suffix.lower()
    if suffix in CODECS:
        video = [*frames, *[frames[-1]] * (3 if hold else 0)]
        _save_whole(
            path, lambda temporary: _write_video(temporary, suffix, video, frames_per_second)
        )
        return
    images = [Image.fromarray(frame) for frame in frames]
    if suffix == ".gif":
        images = [image.quantize(64) for image in images]
    # Programs show shorter pictures of a GIF, which counts in 10 ms, for 100 ms.
    duration = max(20 if suffix == ".gif" else 1, int(1000 / frames_per_second))
    _save_whole(
        path,
        lambda temporary: images[0].save(
            temporary,
            format=suffix[1:].upper(),
            save_all=True,
            append_images=images[1:],
            duration=[duration] * (len(images) - 1) + [4 * duration if hold else duration],
            loop=0,
        ),
    )


def check_animation(path) -> None:
    """Raises a UserError for a path that `save_animation` cannot write: another ending, or
    a video without imageio or an encoder.
    """
    suffix = pathlib.Path(path).suffix.lower()
    if suffix not in ANIMATIONS:
        raise UserError(f"Expected an animation to end in one of {ANIMATIONS}. Received: {path}")
    if suffix not in CODECS:
        return
    try:
        import av
        import imageio.v3  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"{suffix} files need {error.name}, which is not installed: pip install"
            " 'tf_gan[video]', or take .webp"
        ) from error
    codec = CODECS[suffix]
    if codec not in av.codecs_available:
        raise UserError(
            f"{suffix} files need the encoder {codec}, which the FFmpeg of the installed package av"
            " does not have. Expected an av from PyPI (pip install 'tf_gan[video]'), or take .webp"
        )


def _write_video(path, suffix: str, frames: list[np.ndarray], frames_per_second: float) -> None:
    import imageio.v3 as imageio

    height, width = frames[0].shape[:2]
    even = ((0, 0), (0, height % 2), (0, width % 2), (0, 0))
    video = np.pad(np.stack(frames), even, mode="edge")
    written = imageio.imwrite(
        "<bytes>",
        video,
        extension=suffix,
        plugin="pyav",
        codec=CODECS[suffix],
        fps=frames_per_second,
    )
    path.write_bytes(written)


def _save_whole(path, write) -> None:
    atomic.make_parent(path)
    with atomic.atomic_file(path) as temporary:
        write(temporary)

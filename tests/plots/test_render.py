"""Grids pixel by pixel, clouds, and files that are whole or not there."""

import sys
import types

import numpy as np
import pytest
from PIL import Image

from tf_gan.errors import UserError
from tf_gan.plots import render

GAP = 64  # The grey between the images.


def tiles(n, size=32, channels=1):
    """Image i is blank with the value 10 (i + 1)."""
    return np.tile(
        np.arange(10, 10 * n + 10, 10, dtype=np.float32).reshape(n, 1, 1, 1),
        (1, size, size, channels),
    )


# === Animations ===


def test_frames_have_one_range():
    frames = render.frames(np.stack([tiles(4), 2 * tiles(4)]))
    whole = render.grid(tiles(4), value_range=(10, 80))
    np.testing.assert_array_equal(frames[0], whole)
    points = np.random.default_rng(0).normal(size=(5, 2))
    first, second = render.frames(np.stack([points, 3 * points]))
    np.testing.assert_array_equal(
        second, render.cloud(3 * points, limit=3.15 * np.abs(points).max())
    )
    assert not np.array_equal(first, render.cloud(points))
    bounded, _ = render.frames(np.stack([points, 3 * points]), (-1, 1))
    np.testing.assert_array_equal(bounded, first)
    with pytest.raises(UserError, match="or points"):
        render.frames(np.zeros((2, 5, 3)))


def test_frames_of_nothing_but_zeros_and_of_some_that_are_no_numbers():
    zeros = np.zeros((3, 2))
    np.testing.assert_array_equal(render.frames(zeros[None])[0], render.cloud(zeros, limit=1.0))
    images = np.stack([tiles(4), 2 * tiles(4)])
    images[0, 0] = np.nan
    whole = render.grid(2 * tiles(4), value_range=(20, 80))
    np.testing.assert_array_equal(render.frames(images)[1], whole)


# === Grids ===


def test_images_lie_in_rows_with_gaps_between_them():
    canvas = render.grid(tiles(5), columns=3, value_range=(0, 255), gap=2)
    assert (canvas.shape, canvas.dtype) == ((2 * 34 + 2, 3 * 34 + 2, 3), np.uint8)
    expected = np.full((70, 104), GAP)
    for number, (top, left) in enumerate([(2, 2), (2, 36), (2, 70), (36, 2), (36, 36)]):
        expected[top : top + 32, left : left + 32] = 10 * (number + 1)
    np.testing.assert_array_equal(canvas, np.stack([expected] * 3, axis=-1))


@pytest.mark.parametrize(
    ("n", "rows", "columns"), [(1, 1, 1), (4, 2, 2), (5, 2, 3), (10, 3, 4), (100, 10, 10)]
)
def test_grids_are_as_square_as_possible(n, rows, columns):
    canvas = render.grid(tiles(n), value_range=(0, 500), gap=0)
    assert canvas.shape == (32 * rows, 32 * columns, 3)
    assert np.all(canvas == GAP, axis=-1).sum() == 32 * 32 * (rows * columns - n)


@pytest.mark.parametrize(
    ("height", "width", "factor"), [(8, 8, 4), (28, 28, 2), (5, 40, 7), (32, 32, 1), (64, 33, 1)]
)
def test_small_images_are_enlarged_pixel_by_pixel(height, width, factor):
    image = np.random.default_rng(0).integers(0, 256, (1, height, width, 3))
    canvas = render.grid(image, value_range=(0, 255), gap=1)
    assert canvas.shape == (height * factor + 2, width * factor + 2, 3)
    blocks = canvas[1:-1, 1:-1].reshape(height, factor, width, factor, 3)
    np.testing.assert_array_equal(blocks, np.broadcast_to(image[0][:, None, :, None], blocks.shape))


def test_captions_stand_above_enlarged_images_as_wide_as_the_longest():
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1))
    plain = render.grid(images, 3, (0, 255), captions=[""] * 5)
    assert plain.shape == (2 * 66 + 2, 3 * 66 + 2, 3)
    for text in ("7", "a very long caption of a picture"):
        picture = render.grid(images, 3, (0, 255), captions=[text] + [""] * 4)
        down, right = (picture.shape[0] - 2) // 2, (picture.shape[1] - 2) // 3
        assert (down, right) == (80, 66) if text == "7" else down == 80 and right > 130
        head = picture[2 : down - 64, 2 : 2 + right]
        assert head.max() > 200 and (picture[2 : down - 64, 2 + right :] == GAP).all()
        np.testing.assert_array_equal(
            picture[down - 64 : down, 2:66], plain[2:66, 2:66], err_msg=text
        )


def test_channels_and_ranges():
    image = np.zeros((1, 32, 32, 3))
    image[..., 0], image[..., 1], image[..., 2] = -1, 0.2, 1
    assert render.grid(image, value_range=(-1, 1))[10, 10].tolist() == [0, 153, 255]
    # 76.5 and 127.5, to even.
    assert render.grid(image, value_range=(-1, 3))[10, 10].tolist() == [0, 76, 128]
    # Without a range, the extremes are black and white.
    assert render.grid(5 * image - 3)[10, 10].tolist() == [0, 153, 255]
    assert render.grid(image[..., 1:2], value_range=(-1, 1))[10, 10].tolist() == [153] * 3


@pytest.mark.parametrize("shape", [(4, 8, 8), (4, 8, 8, 2), (4, 8)])
def test_grids_of_other_shapes(shape):
    with pytest.raises(
        UserError,
        match=r"images of shape \(N, H, W, 1\).* or \(N, H, W, 4\). Received: shape \(4, 8",
    ):
        render.grid(np.zeros(shape))


def test_rgba_lies_over_a_checkerboard():
    images = np.zeros((3, 32, 32, 4), np.float32)
    images[:, ..., 0] = 255
    images[1, ..., 3], images[2, ..., 3] = 51, 255  # A fifth of red; all of it.
    tiles = render.grid(images, columns=3, value_range=(0, 255), gap=0)
    clear, light, full = np.split(tiles, 3, axis=1)
    for corner, square in (((0, 0), 255), ((0, 4), 204), ((4, 4), 255), ((31, 0), 204)):
        assert clear[corner].tolist() == [square] * 3
        other = round(square * 0.8)
        assert light[corner].tolist() == [other + 51, other, other]
    assert (full == [255, 0, 0]).all()
    mixed = render.interleaved((images, (0, 255)), (images[..., :1], (0, 255)))
    assert mixed.shape == (6, 32, 32, 3)


@pytest.mark.parametrize(("size", "square"), [((64, 16), 2), ((16, 64), 2), ((4, 4), 1)])
def test_squares_of_the_checkerboard(size, square):
    row = render.opaque(np.zeros((1, *size, 4), np.uint8))[0, 0, : 2 * square, 0]
    assert row.tolist() == [255] * square + [204] * square


@pytest.mark.parametrize("columns", [-1, 1.5])
def test_columns_that_are_none(columns):
    with pytest.raises(UserError, match=f"columns={columns}"):
        render.grid(tiles(2), columns)


def test_pictures_keep_their_alpha_in_png_files(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 4, 4), np.uint8)
    render.save_png(tmp_path / "a.png", pixels)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), pixels)


# === Clouds ===

POINTS = np.random.default_rng(0).normal(size=(200, 2))


def green(picture):
    """Whether each pixel below the legend is of the samples' colour."""
    red, green, blue = np.moveaxis(picture[40:].astype(int), -1, 0)
    return (green > red + 40) & (green > blue + 40)


@pytest.mark.parametrize("width", [1, 2])
def test_clouds_have_the_stated_shape(width):
    for limit in (None, 3.0):
        picture = render.cloud(POINTS[:, :width], limit)
        assert (picture.shape, picture.dtype) == ((480, 480, 3), np.uint8)
        assert green(picture).sum() > 100


def test_histograms_are_densities_and_stand_on_the_axis():
    numbers = POINTS[:, :1]
    picture = render.cloud(numbers, limit=3.0)
    np.testing.assert_array_equal(render.cloud(np.tile(numbers, (2, 1)), limit=3.0), picture)
    assert np.nonzero(green(picture))[0].max() > 380


def test_points_lie_where_they_are():
    def centre(x, y):
        rows, columns = np.nonzero(green(render.cloud(np.array([[x, y]]), limit=4.0)))
        return rows.mean(), columns.mean()

    (row, column), (upper_row, _), (_, left_column) = centre(-1, -1), centre(-1, 1), centre(-3, -1)
    # Both are two units of equal axes.
    assert row - upper_row == pytest.approx(column - left_column, rel=0.1)
    assert 80 < row - upper_row < 120  # A quarter of the axes, which take most of 480 pixels.


@pytest.mark.parametrize("width", [1, 2])
def test_points_that_are_no_numbers_are_left_out(width):
    points = np.concatenate([POINTS, [[np.nan, 0.0], [0.0, np.inf], [np.inf, np.nan]]])[:, -width:]
    finite = points[np.isfinite(points).all(axis=1)]
    assert len(finite) < len(points)
    np.testing.assert_array_equal(render.cloud(points), render.cloud(finite))


def test_points_beyond_the_limit_are_not_seen():
    assert green(render.cloud(np.array([[0.0, 0.0]]), limit=1.0)).any()
    assert not green(render.cloud(np.array([[-9.0, 0.0]]), limit=1.0)).any()


def test_picture_chooses_by_shape():
    images = tiles(3)
    np.testing.assert_array_equal(
        render.picture(images, (0, 255), 3), render.grid(images, 3, (0, 255))
    )
    np.testing.assert_array_equal(render.picture(POINTS), render.cloud(POINTS))
    assert render.picture(POINTS[:, :1]).shape == (480, 480, 3)
    for shape in ((4, 3), (4, 8, 8, 2)):
        with pytest.raises(UserError, match=r"Received: shape \(4, "):
            render.picture(np.zeros(shape))


# === Files ===

FRAMES = [np.full((10, 12, 3), value, np.uint8) for value in (0, 80, 160, 240)]
WRITERS = [(render.save_png, "a.png", FRAMES[1]), (render.save_animation, "a.gif", FRAMES)]


def test_save_png(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    render.save_png(tmp_path / "new" / "folder" / "a.png", pixels)
    with Image.open(tmp_path / "new" / "folder" / "a.png") as image:
        assert image.format == "PNG"
        np.testing.assert_array_equal(np.asarray(image), pixels)
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["a.png"]


@pytest.mark.parametrize("count", [1, 4])
def test_save_gif(tmp_path, count):
    render.save_animation(str(tmp_path / "a.gif"), FRAMES[:count], frames_per_second=5)
    durations = []
    with Image.open(tmp_path / "a.gif") as image:
        assert (image.format, image.n_frames, image.size, image.info["loop"]) == (
            "GIF",
            count,
            (12, 10),
            0,
        )
        for frame, expected in enumerate(FRAMES[:count]):
            image.seek(frame)
            np.testing.assert_array_equal(np.asarray(image.convert("RGB")), expected)
            durations.append(image.info["duration"])
    assert durations == [200] * (count - 1) + [800]
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]


def test_save_webp(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (3, 1, 1, 3), np.uint8)
    frames = list(np.broadcast_to(colours, (3, 10, 12, 3)).copy())
    render.save_animation(tmp_path / "a.webp", frames, frames_per_second=5)
    with Image.open(tmp_path / "a.webp") as image:
        assert (image.format, image.n_frames, image.size) == ("WEBP", 3, (12, 10))
        for number, expected in enumerate(frames):
            image.seek(number)
            difference = np.asarray(image.convert("RGB")).astype(int) - expected
            assert np.abs(difference).max() <= 12  # Lossy.


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "h264"), (".webm", "vp9")])
def test_save_video(tmp_path, suffix, codec):
    imageio = pytest.importorskip("imageio.v3")
    pytest.importorskip("av")
    frames = [np.full((33, 47, 3), value, np.uint8) for value in (0, 120, 240)]
    path = tmp_path / f"a{suffix}"
    render.save_animation(path, frames, frames_per_second=4)
    read = imageio.imread(path, plugin="pyav")
    assert imageio.immeta(path, plugin="pyav")["codec"] == codec
    assert read.shape == (6, 34, 48, 3)  # Even sizes; the last frame four times as long.
    means = read.reshape(6, -1).mean(1)
    np.testing.assert_allclose(means, [0, 120, 240, 240, 240, 240], atol=4)


def test_other_endings_and_a_missing_library(tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"Expected an animation to end in one of .*a\.avi"):
        render.save_animation(tmp_path / "a.avi", FRAMES)
    monkeypatch.setitem(sys.modules, "av", types.SimpleNamespace(codecs_available={"vp8"}))
    monkeypatch.setitem(sys.modules, "imageio.v3", types.SimpleNamespace())
    with pytest.raises(UserError, match=r"\.webm files need the encoder libvpx-vp9"):
        render.save_animation(tmp_path / "a.webm", FRAMES)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(UserError, match=r"pip install 'tf_gan\[video\]', or take \.webp"):
        render.save_animation(tmp_path / "a.mp4", FRAMES)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("save", "name", "content"), WRITERS, ids=["png", "gif"])
def test_a_file_that_is_there_is_replaced(tmp_path, save, name, content):
    (tmp_path / name).write_bytes(b"old")
    save(tmp_path / name, content)
    with Image.open(tmp_path / name) as image:
        assert image.size == (12, 10)


@pytest.mark.parametrize(("save", "name", "content"), WRITERS, ids=["png", "gif"])
def test_a_writer_that_fails_leaves_what_was_there(tmp_path, monkeypatch, save, name, content):
    def fail(self, path, **options):
        path.write_bytes(b"half a pic")
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        save(tmp_path / name, content)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / name).write_bytes(b"old")
    with pytest.raises(OSError, match="disk full"):
        save(tmp_path / name, content)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"old"


def test_load(tmp_path):
    render.save_png(tmp_path / "a.png", FRAMES[2][..., 0])
    np.testing.assert_array_equal(render.load(tmp_path / "a.png"), FRAMES[2])


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1)])
def test_what_is_no_picture(tmp_path, shape):
    pixels = np.zeros(shape, np.float32 if len(shape) == 2 else np.uint8)
    with pytest.raises(UserError, match=r"Expected a uint8 picture, such as `render.grid"):
        render.save_png(tmp_path / "a.png", pixels)
    with pytest.raises(UserError, match="low < high"):
        render.grid(np.zeros((1, 8, 8, 1)), value_range=(1, -1))


def test_no_pictures_and_a_speed_that_a_gif_does_not_have(tmp_path):
    with pytest.raises(UserError, match=r"Expected pictures for an animation\. Received: none"):
        render.save_animation(tmp_path / "a.gif", [])
    with pytest.raises(UserError, match="`frames_per_second`"):
        render.save_animation(tmp_path / "a.gif", FRAMES, frames_per_second=0)
    with pytest.raises(UserError, match=r"Received: shape \(0, 8, 8, 1\)"):
        render.grid(np.zeros((0, 8, 8, 1)))
    render.save_animation(tmp_path / "a.gif", FRAMES, frames_per_second=150, hold=False)
    with Image.open(tmp_path / "a.gif") as animation:
        assert animation.info["duration"] == 20

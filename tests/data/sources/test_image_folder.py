"""Real folders with real pictures, and with what else lies in folders."""

import logging
import os

import numpy as np
import pytest
from PIL import Image

from tf_gan.data import image_folder
from tf_gan.data.keep import fingerprint
from tf_gan.errors import UserError

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def save(path, picture, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **options)


def plain(color, size=(6, 6), mode="RGB"):
    return Image.new(mode, size, color)


def only(path, channels=3, size=4):
    """The one image of a folder, if it is of one colour: that colour."""
    (image,) = image_folder(str(path), size, channels).images
    assert image.shape == (size, size, channels)
    assert (image == image[0, 0]).all()
    return tuple(image[0, 0].tolist())


# === Kinds of pictures ===


def test_pictures_of_all_sizes_become_squares_in_the_order_of_their_paths(tmp_path):
    save(tmp_path / "b.png", plain(BLUE, (40, 20)))
    save(tmp_path / "a.jpg", plain((128, 128, 128), (7, 90)), quality=95)
    save(tmp_path / "deep" / "er" / "c.PNG", plain(GREEN, (1, 1)))
    (tmp_path / "notes.txt").write_text("not a picture")
    examples = image_folder(str(tmp_path), 8, value_range=(0, 1))
    assert (examples.images.shape, examples.images.dtype) == ((3, 8, 8, 3), np.uint8)
    assert (examples.labels, examples.class_names, examples.value_range, examples.name) == (
        None,
        None,
        (0, 1),
        tmp_path.name,
    )
    assert examples.images[:, 3, 4].tolist() == [[128, 128, 128], list(BLUE), list(GREEN)]


def test_the_order_is_that_of_the_names_not_of_the_disk(tmp_path):
    for value in (7, 3, 0, 9, 5, 1, 8, 2, 6, 4):
        save(tmp_path / f"{value // 4}" / f"{value}.png", plain(value, mode="L"))
    assert image_folder(str(tmp_path), 4, 1).images[:, 0, 0, 0].tolist() == list(range(10))


@pytest.mark.parametrize(("width", "height"), [(24, 8), (8, 24)])
def test_the_central_square_is_kept(tmp_path, width, height):
    picture = plain(RED, (width, height))
    picture.paste(GREEN, ((width - 8) // 2, (height - 8) // 2, (width + 8) // 2, (height + 8) // 2))
    save(tmp_path / "a.png", picture)
    assert only(tmp_path, size=8) == GREEN


def test_small_images_are_averages(tmp_path):
    board = np.indices((64, 64)).sum(0) % 2 * 255
    save(tmp_path / "a.png", Image.fromarray(board.astype(np.uint8)))
    (image,) = image_folder(str(tmp_path), 8, 1).images
    assert np.abs(image.astype(int) - 127.5).max() < 2  # Without antialiasing: 0 or 255.


def test_pictures_are_resized_as_pillow_does_with_lanczos(tmp_path):
    noise = Image.effect_noise((30, 30), 100)
    save(tmp_path / "a.png", noise)
    (image,) = image_folder(str(tmp_path), 20, 1).images
    expected = noise.resize((20, 20), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(image[..., 0], expected)


@pytest.mark.parametrize(
    ("picture", "options", "rgb"),
    [
        (plain((10, 20, 30)), {}, (10, 20, 30)),
        (plain(77, mode="L"), {}, (77, 77, 77)),
        (plain(1, mode="1"), {}, WHITE),
        (plain((10, 20, 30, 255), mode="RGBA"), {}, (10, 20, 30)),
        (plain((10, 20, 30, 0), mode="RGBA"), {}, WHITE),
        # A fifth of it, four fifths of white.
        (plain((0, 0, 100, 51), mode="RGBA"), {}, (204, 204, 224)),
        (plain((0, 0), mode="LA"), {}, WHITE),
        (plain((200, 51), mode="LA"), {}, (244, 244, 244)),
    ],
    ids=[
        "RGB",
        "grey",
        "bits",
        "opaque",
        "transparent",
        "translucent",
        "grey transparent",
        "grey translucent",
    ],
)
def test_modes(tmp_path, picture, options, rgb):
    save(tmp_path / "a.png", picture, **options)
    np.testing.assert_allclose(only(tmp_path), rgb, atol=1)  # Pillow's blending rounds.
    np.testing.assert_allclose(
        only(tmp_path, channels=1), np.dot(rgb, (0.299, 0.587, 0.114)), atol=1.5
    )


def test_lab(tmp_path):
    """Pillow makes no grey of it."""
    save(tmp_path / "a.tif", plain((119, 128, 128), mode="LAB"))
    np.testing.assert_allclose(only(tmp_path), (110, 111, 111), atol=1)
    np.testing.assert_allclose(only(tmp_path, channels=1), 111, atol=1)


@pytest.mark.parametrize("suffix", ["png", "gif"])
def test_transparent_places_of_a_palette_are_white(tmp_path, suffix):
    picture = plain(0, (8, 8), "P")
    picture.putpalette([*RED, *BLUE])
    picture.paste(1, (0, 0, 4, 8))
    save(tmp_path / f"a.{suffix}", picture, transparency=1)
    (image,) = image_folder(str(tmp_path), 8).images
    assert (image[0, 1].tolist(), image[0, 6].tolist()) == (list(WHITE), list(RED))


@pytest.mark.parametrize("value", [0, 100, 128, 255])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits(tmp_path, value, suffix):
    save(tmp_path / f"a.{suffix}", Image.fromarray(np.full((6, 6), value * 257, np.uint16)))
    assert only(tmp_path, channels=1) == (value,)
    assert only(tmp_path, channels=3) == (value,) * 3


@pytest.mark.parametrize(("channels", "expected"), [(1, [255, 200]), (4, [0, 255])])
def test_a_transparent_grey_of_sixteen_bits(tmp_path, channels, expected):
    grey = Image.fromarray(np.tile(np.uint16([1000, 200 * 257]), (2, 1)))
    save(tmp_path / "a.png", grey, transparency=1000)
    (image,) = image_folder(str(tmp_path), 2, channels).images
    assert image[0, :, -1].tolist() == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.int32([0, 128, 255]), [0, 128, 255]),
        (np.int32([0, 1000, 65535]), [0, 4, 255]),
        (np.int32([0, 257, 256]), [0, 1, 1]),  # 16 bits, dark.
        (np.float32([0, 0.5, 1.0]), [0, 128, 255]),
        (np.float32([0, 128.4, 200.0]), [0, 128, 200]),
        (np.float32([0, 0, 0]), [0, 0, 0]),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_thirty_two_bits(tmp_path, values, expected, channels):
    save(tmp_path / "a.tif", Image.fromarray(np.tile(values, (3, 1))))
    (image,) = image_folder(str(tmp_path), 3, channels).images
    assert image[1, :, 0].tolist() == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.int32([-1, 5]), "from -1 to 5, expected 0..255 or 0..65535. Save it with 8 or 16 bits"),
        (np.int32([0, 2**20]), "from 0 to 1.04858e+06, expected 0..255 or 0..65535"),
        (np.float32([0, 300]), "from 0 to 300, expected 0..1 or 0..255"),
        (np.float32([-0.5, 0.5]), "from -0.5 to 0.5, expected 0..1 or 0..255"),
        (np.float32([np.nan, 0.5]), "from nan to nan"),
    ],
)
def test_thirty_two_bits_of_unknown_meaning_are_left_out_by_name(tmp_path, caplog, values, message):
    save(tmp_path / "odd.tif", Image.fromarray(np.tile(values, (2, 1))))
    save(tmp_path / "good.png", plain(RED))
    assert only(tmp_path) == RED
    assert len(caplog.messages) == 1
    assert str(tmp_path / "odd.tif") in caplog.text and message in caplog.text


def test_a_dark_grey_map_of_sixteen_bits_stays_dark(tmp_path):
    (tmp_path / "a.pgm").write_bytes(b"P5 2 2 65535 " + b"\x00\xc8" * 4)
    assert only(tmp_path, channels=1) == (1,)  # 200 of 65,535.


@pytest.mark.parametrize(
    ("orientation", "marked"),
    [
        (1, "00 01"),
        (2, "07 06"),
        (3, "77 76"),
        (4, "70 71"),
        (5, "00 10"),
        (6, "07 17"),
        (7, "77 67"),
        (8, "70 60"),
    ],
)
def test_exif_orientation(tmp_path, orientation, marked):
    """Where the two leftmost pixels of the upper row of what is stored go (EXIF 2.3,
    tag 274).
    """
    pixels = np.zeros((8, 8), np.uint8)
    pixels[0, :2] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    save(tmp_path / "a.jpg", Image.fromarray(pixels), exif=exif, quality=100)
    (image,) = image_folder(str(tmp_path), 8, 1).images
    assert {tuple(place) for place in np.argwhere(image[..., 0] > 127).tolist()} == {
        (int(p[0]), int(p[1])) for p in marked.split()
    }


# === Files that are no pictures ===


def test_files_that_cannot_be_read_are_named_and_left_out(tmp_path, caplog):
    save(tmp_path / "good.png", plain(RED))
    (tmp_path / "empty.png").touch()
    (tmp_path / "noise.jpg").write_bytes(bytes(range(256)))
    save(tmp_path / "cut.png", Image.effect_noise((64, 64), 50))
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:1000])
    with caplog.at_level(logging.WARNING):
        assert only(tmp_path) == RED
    warnings = sorted(caplog.messages)
    assert len(warnings) == 3
    for name, warning in zip(["cut.png", "empty.png", "noise.jpg"], warnings, strict=True):
        assert str(tmp_path / name) in warning
    assert warnings[1].endswith("it is empty")


@pytest.mark.parametrize("target", ["nowhere.png", "link.png"])
def test_a_link_that_leads_nowhere_is_named_and_left_out(tmp_path, caplog, target):
    save(tmp_path / "good.png", plain(RED))
    (tmp_path / "link.png").symlink_to(tmp_path / target)
    assert only(tmp_path) == RED
    assert [str(tmp_path / "link.png") in message for message in caplog.messages] == [True]


def test_a_link_counts_as_the_file_that_it_leads_to(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    before = fingerprint(["link"], [tmp_path / "link"])
    (tmp_path / "a").write_bytes(b"12")
    assert fingerprint(["link"], [tmp_path / "link"]) != before


def test_links_to_folders_are_named_and_not_followed(tmp_path, caplog):
    save(tmp_path / "sub" / "a.png", plain(RED))
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    assert len(image_folder(str(tmp_path), 4)) == 1
    assert f"Left out: {tmp_path}/sub/loop, a link to a folder" in caplog.text


def test_hidden_files_and_folders_are_no_pictures(tmp_path):
    hidden = (".cache/2.png", "a/.thumbnails/3.png", "a/.4.png", "__MACOSX/5.png", "@eaDir/6.png")
    for name in ("a/1.png", *hidden):
        save(tmp_path / name, plain(RED))
    examples = image_folder(str(tmp_path), 4, labels=True)
    assert (len(examples), examples.class_names) == (1, ("a",))


@pytest.mark.parametrize("name", ["a.pdf", "a.eps", "a.ps"])
def test_documents_are_no_pictures(tmp_path, caplog, name):
    save(tmp_path / "good.png", plain(RED))
    (tmp_path / name).write_bytes(b"%!PS")
    assert only(tmp_path) == RED and not caplog.messages


def test_files_that_pillow_does_not_know_are_named(tmp_path, caplog):
    save(tmp_path / "good.png", plain(RED))
    (tmp_path / "phone.HEIC").write_bytes(b"\x00\x00\x00\x18ftypheic")
    assert only(tmp_path) == RED
    assert "phone.HEIC cannot be used as a picture" in caplog.text


def test_what_cannot_be_read_holds_no_copies_up(tmp_path):
    for number in range(6):
        save(tmp_path / f"{number}.png", plain((40 * number, 0, 0)))
    (tmp_path / "link.png").symlink_to(tmp_path / "nowhere.png")
    for name in ("a.png", "b.png"):
        os.mkfifo(tmp_path / name)
    parts = [image_folder(str(tmp_path), 4, held_out=0.3, split=s) for s in ("train", "test")]
    assert sum(map(len, parts)) == 6


def test_copies_of_a_training_picture_are_not_held_out(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(30):
        picture = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
        for copy in range(1 + number % 3):
            save(tmp_path / f"{copy}_{number}.png", picture)
    parts = [
        {image.tobytes() for image in image_folder(str(tmp_path), 6, held_out=0.3, split=s).images}
        for s in ("train", "test")
    ]
    assert len(parts[0] | parts[1]) == 30 and not parts[0] & parts[1]


def test_file_names_need_not_be_utf8(tmp_path, caplog):
    folder = os.fsencode(tmp_path)
    save(tmp_path / "a.png", plain(RED))
    try:
        os.rename(os.path.join(folder, b"a.png"), os.path.join(folder, b"\xe9\xff.png"))
    except OSError as error:
        pytest.skip(f"this file system takes only UTF-8 names: {error}")
    with open(os.path.join(folder, b"\xfe.png"), "wb"):
        pass
    assert only(tmp_path) == RED
    assert len(caplog.messages) == 1


def test_control_characters_in_a_file_name_do_not_reach_the_terminal(tmp_path, caplog):
    save(tmp_path / "good.png", plain(RED))
    (tmp_path / "a\x1b[2J\nTraining done \u202e.png").write_bytes(b"no picture")
    assert only(tmp_path) == RED
    (message,) = caplog.messages
    assert message.isprintable()
    assert r"a\x1b[2J\nTraining done \u202e.png cannot be used" in message


def test_no_picture(tmp_path):
    with pytest.raises(UserError, match=r"Found: no picture$"):
        image_folder(str(tmp_path), 4)
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "b.png").touch()
    with pytest.raises(UserError, match="Found: 2 pictures, none of them usable"):
        image_folder(str(tmp_path), 4)


def test_no_folder(tmp_path):
    save(tmp_path / "a.png", plain(RED))
    for path in (tmp_path / "missing", tmp_path / "a.png", ""):
        with pytest.raises(UserError, match=r"which is not a folder") as error:
            image_folder(str(path), 4)
        assert repr(str(path)) in str(error.value)
        assert ("--config.data.name=npz" in str(error.value)) == (path == tmp_path / "a.png")


# === Classes ===


def test_sub_folders_are_classes(tmp_path, caplog):
    save(tmp_path / "cat" / "1.png", plain(RED))
    save(tmp_path / "cat" / "young" / "2.png", plain(GREEN))
    save(tmp_path / "ant" / "9.png", plain(BLUE))
    (tmp_path / "cat" / "0.png").touch()  # Takes no label away from the pictures after it.
    (tmp_path / "read.me").write_text("not a picture, so it may lie here")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "._1.png").write_bytes(b"of a zip file from macOS")
    examples = image_folder(str(tmp_path), 4, labels=True)
    assert examples.class_names == ("ant", "cat")
    assert examples.labels.tolist() == [0, 1, 1]
    assert examples.images[:, 0, 0].tolist() == [list(BLUE), list(RED), list(GREEN)]


def test_a_class_without_a_picture_that_can_be_used_is_named(tmp_path, caplog):
    save(tmp_path / "cat" / "1.png", plain(RED))
    (tmp_path / "ant").mkdir()
    (tmp_path / "ant" / "1.png").touch()
    assert image_folder(str(tmp_path), 4, labels=True).labels.tolist() == [1]
    assert caplog.messages[1:] == [f"No picture of the class ant in {tmp_path.name} can be used"]


def test_a_picture_beside_class_folders(tmp_path):
    save(tmp_path / "cat" / "1.png", plain(RED))
    save(tmp_path / "loose.png", plain(RED))
    with pytest.raises(UserError, match=r"beside the sub-folders: .*loose\.png"):
        image_folder(str(tmp_path), 4, labels=True)
    assert len(image_folder(str(tmp_path), 4)) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((4, 2), "channels=2"), ((0, 3), "image_size=0"), ((4.0, 3), "image_size=4.0")],
)
def test_arguments(tmp_path, arguments, message):
    save(tmp_path / "a.png", plain(RED))
    with pytest.raises(UserError, match=f"Received: {message}"):
        image_folder(str(tmp_path), *arguments)
    sizes = image_folder(str(tmp_path), np.int64(4)), image_folder(str(tmp_path), (np.int32(4), 5))
    assert [each.image_shape for each in sizes] == [(4, 4, 3), (4, 5, 3)]


# === Held-out pictures ===


def grey(examples):
    return set(examples.images[:, 0, 0, 0].tolist())


def test_the_test_split_is_what_training_does_not_see_wherever_the_folder_is(tmp_path):
    for value in range(40):
        save(tmp_path / "here" / str(value % 3) / f"{value}.png", plain(value, mode="L"))
    options = {"held_out": 0.2, "seed": 5}
    train = image_folder(str(tmp_path / "here"), 4, 1, **options)
    test = image_folder(str(tmp_path / "here"), 4, 1, split="test", **options)
    assert (len(train), len(test), grey(train) | grey(test)) == (32, 8, set(range(40)))
    assert (train.name, test.name) == ("here", "here test")
    (tmp_path / "here").rename(tmp_path / "there")
    moved = image_folder(str(tmp_path / "there"), 4, 1, split="test", **options)
    np.testing.assert_array_equal(moved.images, test.images)
    other = image_folder(str(tmp_path / "there"), 4, 1, split="test", held_out=0.2, seed=6)
    assert grey(other) != grey(test)


def test_classes_are_those_of_the_folder_in_both_parts(tmp_path):
    for value in range(21):
        name = "ab"[value % 2] if value else "c"
        save(tmp_path / name / f"{value}.png", plain(value, mode="L"))
    for split, counts in (("train", [8, 8, 1]), ("test", [2, 2, 0])):
        examples = image_folder(str(tmp_path), 4, 1, labels=True, split=split, held_out=4)
        assert examples.class_names == ("a", "b", "c")
        assert np.bincount(examples.labels, minlength=3).tolist() == counts
        for image, label in zip(examples.images, examples.labels, strict=True):
            value = image[0, 0, 0]
            assert "abc"[label] == ("ab"[value % 2] if value else "c")


def test_what_is_held_out_need_not_have_its_share_of_each_class(tmp_path):
    for value in range(24):
        save(tmp_path / "ab"[value >= 18] / f"{value}.png", plain(value, mode="L"))
    options = {"split": "test", "held_out": 4, "seed": 1}
    found = [
        image_folder(str(tmp_path), 4, 1, **options, **more)
        for more in ({}, {"labels": True, "stratified": False}, {"labels": True})
    ]
    assert grey(found[0]) == grey(found[1]) != grey(found[2])
    assert np.bincount(found[2].labels).tolist() == [3, 1]


# === Alpha, and images that are no squares ===


@pytest.mark.parametrize(
    ("picture", "rgba"),
    [
        (plain((10, 20, 30)), (10, 20, 30, 255)),
        (plain(77, mode="L"), (77, 77, 77, 255)),
        (plain((10, 20, 30, 0), mode="RGBA"), (0, 0, 0, 0)),  # Of any colour: black.
        (plain((0, 0, 100, 51), mode="RGBA"), (0, 0, 100, 51)),
        (plain((200, 51), mode="LA"), (200, 200, 200, 51)),
    ],
)
@pytest.mark.parametrize("size", [4, 6])  # 6: nothing is resized.
def test_four_channels(tmp_path, picture, rgba, size):
    save(tmp_path / "a.png", picture)
    np.testing.assert_allclose(only(tmp_path, 4, size), rgba, atol=2)  # 8 bits times alpha.


def test_transparent_places_of_a_palette_have_alpha_0(tmp_path):
    picture = plain(0, (8, 8), "P")
    picture.putpalette([*RED, *BLUE])
    picture.paste(1, (0, 0, 4, 8))
    save(tmp_path / "a.png", picture, transparency=1)
    (image,) = image_folder(str(tmp_path), 8, 4).images
    assert (image[0, 1].tolist(), image[0, 6].tolist()) == ([0, 0, 0, 0], [*RED, 255])


def test_the_colour_of_what_is_transparent_does_not_bleed(tmp_path):
    """A red disc on transparent green: where they meet, red, with less alpha."""
    picture = plain((*GREEN, 0), (64, 64), "RGBA")
    picture.paste((*RED, 255), (0, 0, 37, 64))
    save(tmp_path / "a.png", picture)
    (image,) = image_folder(str(tmp_path), 8, 4).images
    seen = image[image[..., 3] > 8]
    assert set(image[0, :, 3]) - {0, 255}  # There is a border.
    np.testing.assert_allclose(seen[:, :3], np.tile(RED, (len(seen), 1)), atol=8)


@pytest.mark.parametrize(("width", "height"), [(30, 8), (12, 30), (12, 8)])
def test_the_centre_of_the_proportions_asked_for_is_kept(tmp_path, width, height):
    picture = plain(RED, (width, height))
    left, top = (width - 12) // 2, (height - 8) // 2
    picture.paste(GREEN, (left, top, left + 12, top + 8))
    save(tmp_path / "a.png", picture)
    (image,) = image_folder(str(tmp_path), (8, 12)).images
    assert image.shape == (8, 12, 3)
    assert (image == GREEN).all()


@pytest.mark.parametrize("size", [(8,), (8, 0), (8, 8, 8), (8.0, 8), "8x8", True, None])
def test_sizes_that_are_none(tmp_path, size):
    save(tmp_path / "a.png", plain(RED))
    with pytest.raises(UserError, match=r"a pair of them.*48,64\. Received: image_size"):
        image_folder(str(tmp_path), size)

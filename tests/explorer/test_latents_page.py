"""The page of models that make images from latents, in a browser."""

import json
import time

import keras
import numpy as np
import pytest
from selenium.webdriver import ActionChains, Keys
from support.browser import wait_for
from support.explored import opened, text, until, wait

import tf_gan
from tf_gan import directions, explorer
from tf_gan.explorer import page as pages
from tf_gan.explorer import sprites
from tf_gan.networks import bigan_mlp, conditional_mlp, info_gan_mlp, vae_mlp
from tf_gan.plots import render
from tf_gan.plots.paths import interpolate

NAME = """</script><script>alert("1")</script> <b>"it's" & mine</b>"""

IDLE = "while (explorer.busy()) await new Promise((r) => setTimeout(r, 5)); return true"
RESET = """
document.getElementById("reset").click();
for (const [i, key] of [[0, "a"], [1, "b"], [2, "c"], [3, "d"], [0, "a"]]) {
  document.querySelector(`[data-picture="${i}"]`).click();
  while (explorer.stage.shown.point.picture !== i) await new Promise((r) => setTimeout(r));
  document.dispatchEvent(new KeyboardEvent("keydown", {key}));
}
return true
"""


@pytest.fixture(scope="module")
def page(tiny_gan, web_runtime, tmp_path_factory):
    """The page of a GAN of 8x8 pictures whose name has HTML in it."""
    path = tmp_path_factory.mktemp("explorer") / "explorer.html"
    report, reason = explorer.explore(explorer.of_model(tiny_gan, NAME, []), path)
    assert reason == "" and report.paths == [path]
    return path


@pytest.fixture
def window(browser, page):
    """The page, with the first four pictures pinned and the first one large."""
    if browser.driver.current_url != page.as_uri():
        return opened(browser, page)
    wait(browser, RESET)
    browser.messages()
    return browser


def shown(browser):
    """The latents and the numbers on the large picture, once they fit each other."""
    wait(browser, IDLE)
    z, values = browser.run(
        "const s = explorer.stage.shown; return [Array.from(s.latents), Array.from(s.values)]"
    )
    return np.array(z, np.float32), np.array(values, np.float32)


def caption(browser):
    return text(browser, "#stage figcaption")


def unit(images):
    return (images + 1.0) / 2.0


def slide(browser, selector, value):
    browser.run(
        "const input = document.querySelector(arguments[0]); input.value = arguments[1];"
        "input.dispatchEvent(new Event('input'))",
        selector,
        value,
    )


# === The wall ===


def test_what_a_stranger_does_not_know_is_explained(window):
    """One sentence beside each panel and slider, or on a button's title."""
    for panel in window.find("section.panel"):
        assert panel.find_elements("css selector", ".help"), panel.text
    words = text(window, "main")
    for word in ("latents: random numbers", "Truncation, also called psi", "(SeFa)", "A walk"):
        assert word in words, word
    titles = [button.get_attribute("title") for button in window.find("#stage button[title]")]
    assert any("The seed is" in title for title in titles)


def test_picture_7_is_that_of_generate(browser, page, tiny_gan):
    window = opened(browser, page)
    wall = wait(window, "return [7, 63].map((i) => Array.from(explorer.wall(i)))")
    expected = unit(tiny_gan.generate(256, seed=0)[[7, 63]]).reshape(2, -1)
    np.testing.assert_allclose(wall, expected, atol=1e-4)
    assert np.ptp(expected) > 0.5
    assert window.messages() == []
    assert [path.rsplit("/")[-1] for path in window.requests()] == ["explorer.html"]


def test_a_click_shows_a_picture_and_its_python(window, tiny_gan):
    window.find("[data-picture='7']")[0].click()
    until(window, "return document.querySelector('figcaption').textContent", "picture 7 of seed 0")
    line = window.run("return document.getElementById('python').value")
    assert line == "image = gan.generate(256, seed=0)[7]"
    assert window.find("[aria-pressed='true']")[0].get_attribute("data-picture") == "7"
    grey = window.run(
        "const c = document.getElementById('picture');"
        "return Array.from(c.getContext('2d').getImageData(0, 0, 8, 8).data)"
    )
    expected = np.rint(255 * unit(tiny_gan.generate(256, seed=0)[7]))
    drawn = np.reshape(grey, (8, 8, 4))
    assert np.abs(drawn[..., :3] - expected).max() <= 1 and (drawn[..., 3] == 255).all()


def test_keys_walk_the_wall_and_pin(window):
    window.run("document.querySelector('[data-picture=\"0\"]').focus()")
    keys = ActionChains(window.driver)
    keys.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT, Keys.ENTER).perform()
    until(window, "return document.querySelector('figcaption').textContent", "picture 1 of seed 0")
    ActionChains(window.driver).send_keys("c").perform()
    until(window, "return explorer.stage.slots.C.picture", 1)
    assert text(window, "#status") == "C is picture 1 of seed 0."


def test_more_pictures_while_the_first_ones_are_made(browser, page, tiny_gan):
    browser.open(page)
    click = "const more = document.querySelector('#wall > button'); if (more) more.click();"
    until(browser, f"{click} return more !== null", True)
    until(browser, "return document.querySelectorAll('#wall [data-picture]').length", 128)
    made = browser.run("return [...Array(128).keys()].map((i) => Array.from(explorer.wall(i)))")
    expected = unit(tiny_gan.generate(256, seed=0)[:128]).reshape(128, -1)
    np.testing.assert_allclose(made, expected, atol=1e-4)
    browser.driver.get("about:blank")  # The next test begins with a page of its own.


def test_more_pictures(window):
    window.find("#wall > button")[0].click()
    until(window, "return document.querySelectorAll('#wall .grid button').length", 128)


def test_names_are_text(window):
    assert text(window, "h1") == NAME
    assert window.run("return document.title") == f"{NAME}: explorer"
    assert window.find("b") == [] and window.messages() == []


# === Between pictures ===


def latents_of(model, numbers):
    return model.sample_inputs(256, 0)[0].numpy()[numbers]


def test_the_plane_is_made_once_at_the_start(browser, page):
    count = (
        "window.drawn = 0; const {prototype} = CanvasRenderingContext2D, {drawImage} = prototype;"
        "prototype.drawImage = function (...values) { drawn++; drawImage.apply(this, values); };"
    )
    command = "Page.addScriptToEvaluateOnNewDocument"
    added = browser.driver.execute_cdp_cmd(command, {"source": count})
    window = opened(browser, page)
    browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
    wait_for(lambda: window.run("return drawn >= 49"))
    time.sleep(0.5)
    assert window.run("return drawn") == 49


def test_the_plane_follows_drags_and_keys(window, tiny_gan):
    plane = window.find("#plane .plane")[0]
    window.run("arguments[0].scrollIntoView({block: 'center'})", plane)
    ActionChains(window.driver).move_to_element(plane).click_and_hold().move_by_offset(
        60, -40
    ).release().perform()
    shown(window)
    place = [float(x) for x in caption(window).removeprefix("plane at ").split(", ")]
    size = plane.size
    expected = [0.5 + 60 / size["width"], 0.5 - 40 / size["height"]]
    np.testing.assert_allclose(place, expected, atol=0.02)
    plane.send_keys(*[Keys.ARROW_LEFT] * 60, *[Keys.ARROW_DOWN] * 60)
    z, values = shown(window)
    np.testing.assert_allclose(z, latents_of(tiny_gan, 2), atol=1e-6)  # C, bottom left.
    np.testing.assert_allclose(values, unit(tiny_gan.images_from(z[None]))[0].ravel(), atol=1e-4)


def test_points_between_are_those_of_python(window, tiny_gan):
    corners = latents_of(tiny_gan, [0, 1, 2, 3])
    numbers = corners.tolist()
    ways = "const [a, b, c, d] = arguments[0].map((x) => Float32Array.from(x));"
    ways += "const {straight, spherical, onPlane, truncated} = explorer.ways;"
    for name, path in (("straight", "linear"), ("spherical", "spherical")):
        made = window.run(
            f"{ways} return [0, 0.25, 0.5, 0.75, 1].map((t) => Array.from({name}(a, b, t)))",
            numbers,
        )
        np.testing.assert_allclose(made, interpolate(*corners[:2], 5, path), atol=1e-5)
    made = window.run(
        f"{ways} return [0, 1, 2].map((y) => [0, 1, 2].map((x) =>"
        " Array.from(onPlane([a, b, c, d], x / 2, y / 2))))",
        numbers,
    )
    np.testing.assert_allclose(made, sprites.plane(corners, 3, normal=True), atol=1e-5)
    np.testing.assert_allclose(
        window.run(f"{ways} return Array.from(truncated(a, 0.5))", numbers), corners[0] / 2
    )


def test_the_path_plays_until_something_else_is_chosen(window):
    play = window.find("#path button")[0]
    play.click()
    until(window, "return document.getElementById('path-t').value > 0.05", True)
    start = "document.querySelector('figcaption').textContent.slice(0, 26)"
    until(window, f"return {start}", "spherical path from A to B")
    live_region = "return document.querySelector('figcaption').ariaLive"
    assert window.run(live_region) == "off"  # No screen reader can follow.
    window.run("scrollTo(0, 0)")
    window.find("[data-picture='5']")[0].click()
    until(window, "return document.querySelector('#path button').textContent", "Play")
    assert window.run(live_region) == "polite"
    shown(window)
    assert caption(window) == "picture 5 of seed 0"


def test_the_path_plays_once_after_a_quick_pause(window):
    window.run(
        "window.real = requestAnimationFrame; window.times = [];"
        "window.requestAnimationFrame = (call) => real((now) => { times.push(now); call(now); });"
        "const play = document.querySelector('#path button');"
        "for (let i = 0; i < 3; i++) play.click()"
    )
    until(window, "return document.getElementById('path-t').value > 0.05", True)
    window.run("times.length = 0")
    wait_for(lambda: window.run("return times.length > 20"))
    times = window.run("window.requestAnimationFrame = real; return times")
    assert len(set(times)) > 0.75 * len(times)  # Two loops would double each.


def test_arithmetic(window, tiny_gan):
    window.find("#arithmetic button")[0].click()
    a, b, c = latents_of(tiny_gan, [0, 1, 2])
    np.testing.assert_allclose(shown(window)[0], a - b + c, atol=1e-6)


# === Changes ===


def test_python_makes_the_changed_picture(window, tiny_gan):
    slide(window, "#truncation", 0.5)
    slide(window, "#direction-0", 2)
    z, values = shown(window)
    direction = directions.singular(tiny_gan.sampler, 6)["direction 1"]
    expected = 0.5 * latents_of(tiny_gan, 0) + 2 * direction
    np.testing.assert_allclose(z, expected, atol=1e-6)
    assert caption(window) == "picture 0 of seed 0, changed"
    names = {"gan": tiny_gan, "np": np}
    exec(window.run("return document.getElementById('python').value"), names)
    np.testing.assert_allclose(values, unit(names["image"]).ravel(), atol=1e-4)
    window.find("#reset")[0].click()
    np.testing.assert_allclose(shown(window)[0], latents_of(tiny_gan, 0), atol=1e-7)
    assert caption(window) == "picture 0 of seed 0"


@pytest.mark.parametrize("arithmetic", [False, True])
def test_a_changed_picture_is_pinned_as_it_is_seen(window, arithmetic):
    if arithmetic:
        window.find("#arithmetic button")[0].click()
    name = "A + 1 (C - B)" if arithmetic else "picture 0 of seed 0"
    slide(window, "#truncation", 0.5)
    z, values = shown(window)
    ActionChains(window.driver).send_keys("b").perform()
    assert text(window, "#status") == f"B is {name} (changed)."
    again = shown(window)  # From there on, without the truncation.
    np.testing.assert_array_equal(again[0], z)
    np.testing.assert_allclose(again[1], values, atol=1e-6)
    assert window.run("return document.getElementById('truncation').value") == "1"
    assert caption(window) == f"{name} (changed)"
    assert window.run("return explorer.stage.slots.B.picture") is None


def test_saved_directions_are_read_by_python(window, tiny_gan, tmp_path):
    window.driver.execute_cdp_cmd(
        "Page.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    field = window.find("input[aria-label='Name of direction 1']")[0]
    field.clear()
    field.send_keys("<b>slant</b>")
    window.find("#controls .buttons button")[0].click()
    wait_for((tmp_path / "directions.json").exists)
    found = explorer.read_directions(tmp_path, 6)
    expected = directions.singular(tiny_gan.sampler, 6)
    np.testing.assert_allclose(found["<b>slant</b>"], expected["direction 1"], atol=1e-7)
    assert len(found) == len(expected) == 6
    # The page of this folder has the names.
    subject = explorer.of_model(tiny_gan, "x", [], tmp_path)
    assert list(subject.directions)[:2] == ["<b>slant</b>", "direction 2"]


def test_png_of_the_picture(window, tmp_path):
    window.driver.execute_cdp_cmd(
        "Page.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    (save,) = [b for b in window.find("#stage button") if b.text == "Save PNG"]
    save.click()
    path = tmp_path / "picture-0-of-seed-0.png"
    wait_for(path.exists)
    assert render.load(path).shape == (256, 256, 3)


def test_what_changes_while_a_picture_is_made_is_of_the_next_one(window):
    window.run(
        "const {caption} = explorer.stage; window.seen = [];"
        "const look = () => seen.push([caption.textContent, explorer.stage.shown.changed]);"
        "new MutationObserver(look).observe(caption, {childList: true});"
        "document.querySelector('[data-picture=\"2\"]').click();"
        "const slider = document.getElementById('truncation');"
        "slider.value = 0.5;"
        "slider.dispatchEvent(new Event('input'))"
    )
    shown(window)
    assert window.run("return seen") == [
        ["picture 2 of seed 0", False],
        ["picture 2 of seed 0, changed", True],
    ]


def test_messages_are_seen_wherever_the_page_is_scrolled(window):
    window.run("scrollTo(0, document.body.scrollHeight)")
    scrolled, top, bottom = window.run(
        "const {top, bottom} = document.getElementById('status').getBoundingClientRect();"
        "return [scrollY, top, bottom]"
    )
    assert scrolled > 100 and 0 <= top < bottom < 100


# === Other models ===


def explored(model, folder, **options):
    path = folder / "explorer.html"
    assert explorer.explore(explorer.of_model(model, "model", []), path, **options)[1] == ""
    return path


def test_classes(browser, web_runtime, tmp_path):
    keras.utils.set_random_seed(0)
    gan = tf_gan.ConditionalGAN(
        conditional_mlp.build_generator((8, 8, 1), 4, 3, units=(16,)),
        conditional_mlp.build_discriminator((8, 8, 1), 3, units=(16,)),
        latent_dim=4,
        num_classes=3,
        prior=(0, 1),
    )
    window = opened(browser, explored(gan, tmp_path, seed=5))
    expected = unit(gan.generate(256, seed=5))
    wall = wait(window, "return Array.from(explorer.wall(7))")
    np.testing.assert_allclose(wall, expected[7].ravel(), atol=1e-4)
    drawn = gan.sample_inputs(256, 5)[1].numpy()
    other = int((drawn[0] + 1) % 3)
    window.run(
        "const s = document.getElementById('class'); s.value = arguments[0];"
        "s.dispatchEvent(new Event('change'))",
        str(other),
    )
    z, values = shown(window)
    np.testing.assert_allclose(
        values, unit(gan.images_from(z[None], [other]))[0].ravel(), atol=1e-4
    )
    assert caption(window) == f"picture 0 of seed 5, class {other}"
    names = {"gan": gan, "np": np}
    exec(window.run("return document.getElementById('python').value"), names)
    np.testing.assert_allclose(values, unit(names["image"]).ravel(), atol=1e-4)
    slide(window, "#direction-0", 0)
    assert window.run("return document.getElementById('direction-0').value") == "0"
    slide(window, "#truncation", 0.5)  # A picture that is not one of a seed.
    _, values = shown(window)
    exec(window.run("return document.getElementById('python').value"), names)
    np.testing.assert_allclose(values, unit(names["image"]).ravel(), atol=1e-4)
    assert window.messages() == []


@pytest.mark.slow
def test_codes(browser, web_runtime, tmp_path):
    keras.utils.set_random_seed(0)
    gan = tf_gan.InfoGAN(
        info_gan_mlp.build_generator((8, 8, 3), 10, units=(16,)),
        info_gan_mlp.build_discriminator((8, 8, 3), code_dim=6, units=(16,), code_units=8),
        latent_dim=10,
        categorical=(4,),
        continuous=2,
    )
    window = opened(browser, explored(gan, tmp_path))
    drawn = gan.sample_inputs(256, 0)[0].numpy()[0, -2:]
    codes = "return [0, 1].map((k) => Number(document.getElementById(`code-${k}`).value))"
    np.testing.assert_allclose(window.run(codes), drawn, atol=0.03)
    slide(window, "#code-1", 1.5)
    slide(window, "#truncation", 0)
    window.run(
        "const s = document.getElementById('category-0'); s.value = '2';"
        "s.dispatchEvent(new Event('change'))"
    )
    z, values = shown(window)
    expected = gan.with_codes(gan.sample_inputs(256, 0)[0].numpy()[:1], 2, {1: 1.5})[0]
    expected[:4] = 0.0
    np.testing.assert_allclose(z, expected, atol=1e-6)
    np.testing.assert_allclose(values, unit(gan.images_from(z[None]))[0].ravel(), atol=1e-4)
    assert not np.any([d["vector"][4:] for d in window.run("return explorer.data.directions")])
    window.run("document.getElementById('code-1').dispatchEvent(new Event('dblclick'))")
    expected[-1] = gan.sample_inputs(256, 0)[0].numpy()[0, -1]  # As it was drawn.
    np.testing.assert_allclose(shown(window)[0], expected, atol=1e-6)
    np.testing.assert_allclose(window.run(codes), drawn, atol=0.03)


def encoders():
    shape = (8, 8, 1)
    keras.utils.set_random_seed(0)
    return {
        "bigan": lambda: tf_gan.BiGAN(
            bigan_mlp.build_generator(shape, 4, units=(16,)),
            bigan_mlp.build_discriminator(shape, 4, units=(16, 16)),
            bigan_mlp.build_encoder(shape, 4, units=(16,)),
            latent_dim=4,
        ),
        "vae": lambda: tf_gan.VAE(
            vae_mlp.build_encoder(shape, 4, units=(16,)),
            vae_mlp.build_generator(shape, 4, units=(16,)),
            latent_dim=4,
        ),
    }


@pytest.mark.parametrize("name", ["vae", pytest.param("bigan", marks=pytest.mark.slow)])
def test_reconstructions(browser, web_runtime, tmp_path, name):
    model = encoders()[name]()
    low, high = model.data_range
    images = model.generate(256, seed=0)
    picture = np.rint(255 * (images[9] - low) / (high - low)).astype(np.uint8)
    render.save_png(tmp_path / "mine <b>.png", picture[..., 0])
    window = opened(browser, explored(model, tmp_path))
    window.find("#encode input[type=file]")[0].send_keys(str(tmp_path / "mine <b>.png"))
    until(
        window,
        "return document.querySelector('figcaption').textContent",
        "encoding of mine <b>.png",
    )
    z, values = shown(window)
    given = low + (high - low) * picture.astype(np.float32)[None] / 255
    np.testing.assert_allclose(z, model.encode(given)[0], atol=1e-4)
    expected = (model.reconstruct(given)[0] - low) / (high - low)
    np.testing.assert_allclose(values, expected.ravel(), atol=1e-4)
    distances = np.square(images[:64] - given).sum(axis=(1, 2, 3))
    nearest = ", ".join(map(str, np.argsort(distances)[:4]))
    assert (
        text(window, "#encode .caption")
        == f"Nearest on the wall, pixel by pixel: pictures {nearest}."
    )
    assert window.messages() == []


# === Files beside the page ===


def test_large_networks_lie_beside_the_page(browser, tiny_gan, web_runtime, tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "INLINE", 0)
    path = explored(tiny_gan, tmp_path)
    window = opened(browser, path)
    files = {request.rsplit("/", 1)[-1] for request in window.requests()}
    assert files == {"explorer.html", "script.js", "wasm.js", "generator.js", "licences.js"}
    assert window.messages() == []
    (tmp_path / "explorer_files/generator.js").rename(tmp_path / "generator.js")
    browser.open(path)
    until(
        browser,
        "return document.getElementById('status').textContent",
        'The part "generator" is missing. Keep the folder explorer_files beside this page.',
    )


def test_the_address_of_files_is_quoted(tiny_gan, web_runtime, tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "INLINE", 0)
    explorer.explore(explorer.of_model(tiny_gan, "model", []), tmp_path / 'run#2".html')
    page = (tmp_path / 'run#2".html').read_text()
    assert (tmp_path / 'run#2"_files' / "generator.js").exists()
    assert '<script src="run%232%22_files/generator.js">' in page


def test_the_licences_are_in_the_page(window):
    window.find("footer summary")[0].click()
    until(window, "return document.querySelector('footer pre').textContent.slice(0, 16)",
          "ONNX Runtime Web")  # fmt: skip
    assert "MIT License" in text(window, "footer pre")


def test_the_page_is_whole_on_a_phone(browser, page):
    window = opened(browser, page, width=390, height=844, dark=True)
    assert window.run("return document.documentElement.scrollWidth") <= 390
    assert window.run("return getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)"
    nameless = window.run(
        "return [...document.querySelectorAll('button, input, select, textarea, [role=img]')]"
        ".filter((e) => !(e.ariaLabel || e.textContent.trim())).map((e) => e.outerHTML)"
    )
    assert nameless == []


def test_the_data_are_json(page):
    _, after = page.read_text().split('<script type="application/json" id="data">')
    data = json.loads(after.split("</script>")[0])
    assert data["title"] == NAME and data["networks"] == ["generator"]

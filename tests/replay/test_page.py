"""The pages: what they show of a run, and how they behave in a browser."""

import base64
import json
import os
import re
import shutil

import numpy as np
import pytest
from support.browser import wait_for
from support.command import command
from support.configs import quick

import tf_gan
from tf_gan import theory
from tf_gan.callbacks import replay
from tf_gan.data.sources.grid import grid
from tf_gan.data.sources.ring import ring_means
from tf_gan.errors import UserError
from tf_gan.evaluation.scores import modes
from tf_gan.replay import page, template
from tf_gan.runs import config_file

NAME = "<img src=x onerror=alert(1)> & 'ring'"


def small(name, epochs=2):
    """A config whose run takes seconds: 8 steps, 10 frames."""
    config = quick(config_file.load(name))
    config.steps_per_execution, config.jit_compile, config.epochs = 1, "false", epochs
    return config


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("runs") / NAME
    tf_gan.train(small("ring"), workdir)
    return workdir


@pytest.fixture(scope="module")
def written(workdir):
    (workdir / "replay.html").write_text(page.of_run(workdir))
    return workdir / "replay.html"


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    path = tmp_path_factory.mktemp("live") / "live.html"
    path.write_text(template.live())
    return path


def data_of(path) -> dict:
    return json.loads(re.search(r'type="application/json">(.*?)</script>', path.read_text())[1])


# === Numbers ===


@pytest.mark.slow
def test_a_resumed_run_has_the_same_frames(workdir, tmp_path):
    tf_gan.train(small("ring", epochs=1), tmp_path)
    # A kill after the checkpoint: the frames have gone on.
    shutil.copy(workdir / "replay.npz", tmp_path / "replay.npz")
    tf_gan.train(small("ring"), tmp_path)
    assert (tmp_path / "replay.npz").read_bytes() == (workdir / "replay.npz").read_bytes()
    assert replay.read(tmp_path / "replay.npz")["step"].tolist() == list(range(9))


def test_probabilities_of_cells_are_the_shares_of_many_points():
    points = grid(200_000).arrays()
    low, high = -6.0, 5.0
    edges = [np.linspace(low, high, 41)] * 2
    counts, _ = np.histogramdd(points, edges)
    p = page.cell_probabilities(*modes.mixture("grid"), low, high)
    assert p.shape == (1600,) and p.sum() == pytest.approx(1)
    # Four standard errors of the largest share.
    np.testing.assert_allclose(p, counts.ravel() / len(points), atol=4 * (0.02 / 200_000) ** 0.5)
    line = page.cell_probabilities(*modes.mixture("gaussians_1d"), 0.0, 40.0)
    assert line.sum() == pytest.approx(0.5) and line[0] == pytest.approx(0.341345, abs=1e-6)


def test_cells_go_from_low_to_high_with_the_last_number_first():
    """As `callbacks.replay.grid`: one mode, whose first number is high and second low."""
    p = page.cell_probabilities(np.array([[7.0, 1.0]]), 0.1, 0.0, 8.0)
    points = replay.grid(0.0, 8.0, dimensions=2)
    np.testing.assert_allclose(p @ points, [7.0, 1.0], atol=1e-6)


def test_divergence_counts_what_lies_outside():
    p = np.array([0.5, 0.5])
    assert page.divergence(p, p) == pytest.approx(0, abs=1e-12)
    assert page.divergence(p, np.zeros(2)) == pytest.approx(np.log(2))
    more = np.array([0.5, 0.5 + 1e-9])  # Of sums that are not exact.
    assert page.divergence(more, p) == pytest.approx(0, abs=1e-8)
    expected = theory.jensen_shannon_divergence(np.array([1, 0.0]), np.array([0.5, 0.5]))
    assert page.divergence(np.array([1.0]), np.array([0.5])) == pytest.approx(expected)


def test_mixtures_are_those_of_the_sources():
    means, deviation = modes.mixture("ring")
    np.testing.assert_array_equal(means, ring_means())
    assert deviation == 0.02
    assert modes.mixture("gaussians_1d")[0].tolist() == [[0.0]]
    assert modes.mixture("digits") is None


def test_the_page_has_the_numbers_of_the_frames(workdir, written):
    frames, data = replay.read(workdir / "replay.npz"), data_of(written)
    assert data["step"] == frames["step"].tolist() and data["mode_total"] == 8
    assert data["modes"] == frames["modes"].tolist()
    p = page.cell_probabilities(ring_means(), 0.02, *frames["reach"])
    q = frames["counts"][3] / replay.COUNTED
    assert data["jsd"][3] == pytest.approx(page.divergence(p, q))
    best = np.frombuffer(base64.b64decode(data["optimal"]), "<f2").reshape(-1, 1600)[3]
    seen = p + q >= 1 / replay.COUNTED  # Cells of the data alone, too.
    np.testing.assert_array_equal(np.isfinite(best), seen)
    expected = theory.optimal_discriminator(p[seen], q[seen])
    np.testing.assert_allclose(best[seen], expected, atol=1e-3)
    assert "dashed" not in page._explanation(data)
    assert "in the same cells, the dashed line" in page._explanation(data | {"dimensions": 1})
    assert data["shares"] is None  # The plane shows points.
    assert "5,000 fakes, counted in 40 cells in each direction" in written.read_text()


@pytest.mark.parametrize(
    ("penalties", "weight", "said"),
    [("", 1.0, "none"), ("r1", 0.0, "r1 with weight 0"), ("r1,lecam", -1.0, "r1,lecam")],
)
def test_the_summary_says_the_objective(penalties, weight, said):
    config = small("ring")
    config.objective.penalties, config.objective.penalty_weight = penalties, weight
    text = page._summary({"step": np.array([0, 1500])}, config)
    assert text.startswith("gan on ring: loss non_saturating, penalties")
    assert f"penalties {said}, k = 1, seed 0. 2 frames of steps 0 to 1,500." in text


def test_numbers_that_are_not_finite_are_left_out():
    values = np.array([1.23456789, np.nan, -np.inf, 0.0])
    assert page._finite(values) == [1.234568, None, None, 0.0]


def test_a_run_in_the_working_directory_has_its_name(workdir, written, monkeypatch):
    monkeypatch.chdir(workdir)
    assert page.of_run(".") == written.read_text()


def test_names_in_the_config_are_text(workdir, tmp_path):
    config = json.loads((workdir / "config.json").read_text())
    config["data"]["name"] = "<b>mine</b>"
    (tmp_path / "config.json").write_text(json.dumps(config))
    shutil.copy(workdir / "replay.npz", tmp_path)
    assert "on &lt;b&gt;mine&lt;/b&gt;: " in page.of_run(tmp_path)


def test_shares_of_numbers_whose_density_nobody_knows():
    shares = page._shares(np.float16([[0.11], [0.91], [0.96]]), 0.0, 1.0)
    assert len(shares) == 40 and [i for i, share in enumerate(shares) if share] == [4, 36, 38]
    assert sum(shares) == pytest.approx(1)


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    """The page of a run on numbers, whose D is a critic."""
    workdir = tmp_path_factory.mktemp("line")
    config = small("gaussians_1d", epochs=1)
    config.objective.loss = "wasserstein"
    tf_gan.train(config, workdir)
    (workdir / "replay.html").write_text(page.of_run(workdir))
    return workdir / "replay.html"


def test_runs_on_the_line_and_with_a_critic_have_pages(line):
    data = data_of(line)
    assert data["dimensions"] == 1 and not data["log_odds"] and data["optimal"] is None
    assert len(data["shares"]) == 40 and sum(data["shares"]) == pytest.approx(1, abs=0.01)
    assert "are no probabilities" in line.read_text()
    assert "the line goes from its least" in line.read_text()
    assert "JSD is" in line.read_text() and "the best D against" not in line.read_text()


@pytest.fixture(scope="module")
def unknown(workdir, tmp_path_factory):
    """The page of the same points from a file, whose density nobody knows."""
    folder = tmp_path_factory.mktemp("unknown")
    config = json.loads((workdir / "config.json").read_text())
    config["data"]["name"] = "npz"
    (folder / "config.json").write_text(json.dumps(config))
    shutil.copy(workdir / "replay.npz", folder)
    (folder / "replay.html").write_text(page.of_run(folder))
    return folder / "replay.html"


def test_a_density_that_nobody_knows_has_no_theory(unknown):
    data = data_of(unknown)
    assert data["jsd"] is data["optimal"] is data["mode_total"] is None
    assert "JSD is" not in unknown.read_text() and "on npz" in unknown.read_text()


def test_a_name_that_is_not_utf_8_has_a_page(workdir, tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    for name in ("config.json", "replay.npz"):
        shutil.copy(workdir / name, folder)
    (folder / "replay.html").write_text(page.of_run(folder))
    assert "<h1>caf&#56553;</h1>" in (folder / "replay.html").read_text()


# === The command ===


def test_the_command_writes_pages_and_says_what_is_missing(workdir, tmp_path, monkeypatch):
    output = tmp_path / "new" / "page.html"
    result = command("replay", f"--workdir={workdir}", f"--output={output}")
    assert result.returncode == 0 and f"Wrote {output}" in result.stdout, result.stderr
    assert output.read_text() == page.of_run(workdir)
    again = command("replay", f"--workdir={workdir}", f"--output={output}")
    assert again.returncode == 1 and "there already" in again.stderr
    monkeypatch.chdir(tmp_path)
    assert command("replay", "--live").returncode == 0
    again = command("replay", "--live")
    assert again.returncode == 1 and "live.html is there already" in again.stderr
    neither = command("replay")
    assert neither.returncode == 1 and "or --live" in neither.stderr
    text = command("replay", "--live", f"--output={tmp_path}/live.txt")
    assert text.returncode == 1 and "an .html file" in text.stderr


def test_a_run_without_frames_is_told(workdir, tmp_path):
    with pytest.raises(UserError, match="No run in"):
        page.of_run(tmp_path)
    shutil.copy(workdir / "config.json", tmp_path)
    with pytest.raises(UserError, match=r"no frames: .*replay\.npz is not there"):
        page.of_run(tmp_path)


# === In a browser ===


def words(browser) -> str:
    return browser.find("#words")[0].text


def colours(browser) -> int:
    """Returns how many colours the picture has."""
    return browser.run(
        "const c = document.getElementById('picture');"
        "const d = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height)"
        ".data.buffer); return new Set(d).size"
    )


def press(browser, *keys) -> None:
    for key in keys:
        browser.find("body")[0].send_keys(key)


def test_the_replay_plays_and_obeys(browser, written):
    from selenium.webdriver import Keys

    browser.open(written)
    assert words(browser).startswith("Step 0;") and colours(browser) > 20
    browser.find("#play")[0].click()
    wait_for(lambda: words(browser).startswith("Step 8;"))  # The last frame.
    wait_for(lambda: browser.find("#play")[0].text == "Play")
    press(browser, Keys.ARROW_LEFT, Keys.ARROW_LEFT, Keys.ARROW_RIGHT)
    assert words(browser).startswith("Step 7;")
    live_region = "return document.getElementById('words').ariaLive"
    assert browser.run(live_region) == "polite"
    press(browser, Keys.HOME, " ")
    assert browser.find("#play")[0].text == "Pause"
    assert browser.run(live_region) == "off"  # No screen reader can follow.
    press(browser, " ")
    press(browser, Keys.HOME)
    assert words(browser).startswith("Step 0;")
    browser.run(
        "const s = document.getElementById('slider'); s.value = 5;"
        "s.dispatchEvent(new Event('input'))"
    )
    assert words(browser).startswith("Step 5;") and "of 8 modes found" in words(browser)
    browser.find("#slow")[0].click()
    assert browser.find("#slow")[0].get_attribute("aria-pressed") == "true"
    # D* of the picture is that of tf_gan.theory.
    frames = replay.read(written.parent / "replay.npz")
    p = page.cell_probabilities(ring_means(), 0.02, *frames["reach"])
    q = frames["counts"][5] / replay.COUNTED
    found = np.array(browser.run("return Array.from(of('optimal', 5), (x) => isNaN(x) ? -1 : x)"))
    seen = found >= 0
    assert 8 <= seen.sum() < 1600
    np.testing.assert_allclose(found[seen], theory.optimal_discriminator(p, q)[seen], atol=5e-4)
    logits = browser.run("return Array.from(of('logits', 5))")
    np.testing.assert_array_equal(logits, frames["logits"][5])
    assert browser.messages() == []
    assert browser.requests() == [str(written)]


def test_the_line_has_no_controls_of_the_plane(browser, line):
    browser.open(line)
    hidden = [not browser.find(part)[0].is_displayed() for part in ("#colours-part", "#modes-part")]
    assert hidden == [True, True] and browser.find("#jsd-part")[0].is_displayed()
    assert colours(browser) > 5
    drawn = browser.run(
        "const texts = [], {prototype} = CanvasRenderingContext2D, {fillText} = prototype;"
        "prototype.fillText = function (...values) { texts.push(values[0]); };"
        "draw(); prototype.fillText = fillText; return texts"
    )
    # Outputs that are no probabilities are drawn from the least to the most.
    assert drawn[:2] == ["least D", "most D"] and "D = 1" not in drawn
    assert browser.messages() == []


def test_without_a_density_its_parts_are_hidden(browser, unknown):
    browser.open(unknown)
    parts = [browser.find(part)[0].is_displayed() for part in ("#jsd-part", "#modes-part")]
    assert parts == [False, False] and "modes" not in words(browser)
    assert not browser.find("[value=optimal]") and browser.messages() == []


def test_names_are_text_in_the_page(browser, written):
    browser.open(written)
    assert browser.find("h1")[0].text == NAME and not browser.find("img")
    assert browser.messages() == []


@pytest.mark.parametrize("which", ["replay", "live"])
def test_it_is_dark_where_it_should_be_and_fits_a_telephone(browser, written, live, which):
    path = written if which == "replay" else live
    paper = "return getComputedStyle(document.body).backgroundColor"
    browser.open(path, dark=True)
    assert browser.run(paper) == "rgb(18, 22, 29)"
    browser.open(path, width=390, height=800)
    assert browser.run(paper) == "rgb(255, 255, 255)"
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    assert browser.messages() == []


def test_the_live_page_trains(browser, live):
    from selenium.webdriver import Keys

    browser.open(live)
    assert words(browser).startswith("Step 0;")
    browser.find("#once")[0].click()
    press(browser, Keys.ARROW_RIGHT)
    assert words(browser).startswith("Step 2;")
    live_region = "return document.getElementById('words').ariaLive"
    press(browser, " ")
    wait_for(lambda: not words(browser).startswith("Step 2;"))
    assert browser.run(live_region) == "off"
    press(browser, " ")
    assert browser.run(live_region) == "polite"
    assert browser.find("#play")[0].text == "Play" and colours(browser) > 20
    # Each density draws; a preset is its settings; what a running game takes over it has.
    for density in ("grid", "two_gaussians", "ring"):
        browser.run(
            "const d = document.getElementById('density'); d.value = arguments[0];"
            "d.dispatchEvent(new Event('change'))",
            density,
        )
        browser.find("#once")[0].click()
        assert words(browser).startswith("Step 1;") and "modes found" in words(browser)
    for loss in ("hinge", "wasserstein"):
        browser.run(
            "const d = document.getElementById('loss'); d.value = arguments[0];"
            "d.dispatchEvent(new Event('change'))",
            loss,
        )
        assert browser.run("return game.loss") == loss and words(browser).startswith("Step 1;")
    browser.find("[data-preset=circles]")[0].click()
    wait_for(lambda: browser.run("return game.step > 3"))
    assert "distance from (0, 0)" in words(browser)
    browser.find("#penalty")[0].click()
    assert browser.run("return [game.r1, game.step > 0]") == [0.3, True]
    # Numbers that leave all bounds stop it, and it says so.
    browser.run("choose('works'); game.G.weights.fill(1e300); play(true)")
    wait_for(lambda: "left all bounds" in words(browser))
    wait_for(lambda: browser.find("#play")[0].text == "Play")
    assert browser.messages() == []
    assert browser.requests() == [str(live)]

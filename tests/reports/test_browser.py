"""The page in a real browser: clicks, drags, keys, reloads; nothing leaves it, and the
console stays empty.
"""

import json
import time

import pytest
from support.browser import wait_for
from support.run_directory import held, kill, log, make, picture

from tf_gan import reports
from tf_gan.reports import server

pytest.importorskip("selenium", reason="needs Selenium")
from selenium.webdriver import ActionChains, Keys


@pytest.fixture
def page(browser):
    """A function that opens a page; afterwards the console must be empty."""
    yield browser.open
    assert browser.messages() == []


def text(browser, selector: str) -> str:
    elements = "[...document.querySelectorAll(arguments[0])]"
    return browser.run(f"return {elements}.map((each) => each.innerText).join('\\n')", selector)


def source(browser) -> str:
    """Returns the file of the picture of samples that is shown."""
    return browser.run("return document.querySelector('.pictures img').src.split('/').pop()")


def drag(browser, element, start: float, end: float) -> None:
    """Drags across an element, from a share of its width to another."""
    width = element.size["width"]
    actions = ActionChains(browser.driver, duration=20)
    actions.move_to_element_with_offset(element, int((start - 0.5) * width), 0).click_and_hold()
    actions.move_by_offset(int((end - start) * width), 0).release().perform()


def zoom(browser) -> list | None:
    return browser.run("return viewState.zoom")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    run = make(tmp_path_factory.mktemp("finished") / "my run")
    entry = {"source": "digits", "step": 200, "weights": "averaged", "seed": 0, "details": {}}
    scores = [
        entry | {"name": "fid_2k", "value": 9.5, "error": 0.5, "protocol": "2,000 samples"},
        entry | {"name": "kid_2k", "value": 0.25, "error": None, "protocol": "other samples"},
        entry | {"name": "fid_2k", "value": 11.0, "step": 100, "protocol": "2,000 samples"},
        entry | {"name": "verdict", "value": None, "text": "Not good yet: <b>blurred</b>."},
    ]
    (run / "metrics.json").write_text(json.dumps(scores))
    warning = {"epoch": 4, "step": 40, "kind": "won", "message": "D has won.", "advice": "Try R1."}
    (run / "warnings.jsonl").write_text(json.dumps(warning))
    picture(run / "neighbours.png", (3, 2, 1))
    reports.write([run])
    return run


def test_a_finished_run(browser, page, finished):
    page(finished / "report.html")
    assert text(browser, "h1") == "my run Done"
    assert "Epoch\n20 of 20" in text(browser, "header") and "12,800" in text(browser, "header")
    assert "D has won. Epoch 4." in text(browser, ".warnings") and "Try R1." in text(
        browser, ".warnings"
    )
    assert "the training image nearest" in text(browser, ".pictures")
    changed = text(browser, "#changed-0")
    assert "epochs\t20\t600" in changed and "batch_size" not in changed
    assert "tf-gan-evaluate --workdir" in text(browser, ".commands")
    assert browser.run("return [...document.images].every((image) => image.naturalWidth === 96)")
    assert browser.run("return [...document.images].every((image) => image.alt.length > 5)")
    titles = browser.run(
        "return [...document.querySelectorAll('h3')].map((each) => each.textContent)"
    )
    assert titles == ["Losses", "Verdict of the discriminator", "Learning rate", "Images a second"]
    names = {request.rsplit("/", 1)[-1] for request in browser.requests()}
    assert names == {"report.html", "epoch_0020.png", "real.png", "neighbours.png"}


def test_the_slider_by_mouse_keys_and_play(browser, page, finished):
    page(finished / "report.html")
    assert source(browser) == "epoch_0020.png"
    (slider,) = browser.find("#time")
    slider.send_keys(Keys.HOME)
    assert source(browser) == "epoch_0000.png" and "Before training" in text(browser, "figcaption")
    slider.send_keys(Keys.ARROW_RIGHT)
    assert source(browser) == "epoch_0005.png"
    assert slider.get_attribute("aria-valuetext") == "Epoch 5"
    earlier, later = (
        button for button in browser.find(".controls button") if button.text in ("Earlier", "Later")
    )
    later.click()
    assert source(browser) == "epoch_0010.png"
    earlier.click()
    assert source(browser) == "epoch_0005.png"
    (play,) = browser.find("#play")
    play.click()
    assert play.text == "Pause"
    wait_for(lambda: play.text == "Play")
    assert source(browser) == "epoch_0020.png"


def test_zoom_by_mouse_and_keys(browser, page, finished):
    page(finished / "report.html")
    first, second = browser.find("svg.chart")[:2]
    drag(browser, first, 0.4, 0.7)
    low, high = wait_for(lambda: zoom(browser))
    assert 5 < low < 10 and 12 < high < 16
    assert f"epochs {low:.4g}"[:8] in second.get_attribute("aria-label")  # All charts zoom.
    (reset,) = browser.find("#reset")
    assert reset.is_displayed()
    reset.click()
    assert zoom(browser) is None and not reset.is_displayed()
    assert browser.run("return document.activeElement === arguments[0]", first)
    drag(browser, first, 0.3, 0.5)
    ActionChains(browser.driver).double_click(first).perform()
    assert zoom(browser) is None
    ActionChains(browser.driver).move_to_element(browser.find("h1")[0]).perform()
    browser.run("arguments[0].focus()", first)
    ActionChains(browser.driver).send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT).perform()
    assert "D(x) 0.5211" in text(browser, ".legend")  # Epoch 19, one before the last.
    assert text(browser, "[role=status].spoken").startswith("Epoch 19: discriminator_loss 1.347")
    ActionChains(browser.driver).send_keys("+").perform()
    assert zoom(browser) == [10, 19.5]
    ActionChains(browser.driver).send_keys("0").perform()
    assert zoom(browser) is None


def test_values_at_the_cursor_log_scale_and_hidden_curves(browser, page, finished):
    page(finished / "report.html")
    chart = browser.find("svg.chart")[1]
    ActionChains(browser.driver).move_to_element_with_offset(
        chart, 56 - chart.size["width"] // 2, 0
    ).perform()
    values = [each.text for each in browser.find("figure:nth-of-type(2) .value")]
    assert values == ["0.9", "0.1"]  # D(x) and D(G(z)) of the first epoch.
    curves = len(browser.find("svg.chart path"))
    browser.find(".legend button")[0].click()
    assert len(browser.find("svg.chart path")) == curves - 1
    (log_scale,) = browser.find("#log")
    log_scale.click()
    labels = "[...arguments[0].querySelectorAll('text[text-anchor=end]')].map((t) => t.textContent)"
    assert browser.run(f"return {labels}", browser.find("svg.chart")[1]) == [
        "0.1",
        "0.2",
        "0.5",
        "1",
    ]


def test_scores_sort_and_unfold(browser, page, finished):
    page(finished / "report.html")

    def column():
        cells = browser.find("#scores tbody tr td:nth-child(2)")
        return [cell.text for cell in cells]

    assert browser.find(".verdict")[0].text == "Not good yet: <b>blurred</b>."
    goods = [cell.text for cell in browser.find("#scores tbody tr td:nth-child(3)")]
    assert goods[0] == "about 0, or below" and goods[1].startswith("low")
    assert column() == ["0.25", "9.5 ± 0.5", "11"]
    value = browser.find("#scores th button")[1]
    value.click()
    assert column() == ["0.25", "9.5 ± 0.5", "11"]
    value.click()
    assert column() == ["11", "9.5 ± 0.5", "0.25"]
    heads = browser.run(
        "return [...document.querySelectorAll('#scores th')].map((h) => h.ariaSort)"
    )
    assert heads[:2] == ["none", "descending"]
    assert len(browser.find("#scores svg.bar")) == 2  # fid_2k has two values to compare.
    assert "2,000 samples" not in text(browser, "#scores")
    browser.find("#scores summary")[0].click()
    assert "2,000 samples" in text(browser, "#scores")


def test_scores_of_no_step_are_last_by_step(browser, page, tmp_path):
    run = make(tmp_path / "run")
    steps = {"fid_2k": 200, "kid_2k": None, "recall_2k": 100}
    entries = [{"name": name, "step": step, "value": 1.0} for name, step in steps.items()]
    (run / "metrics.json").write_text(json.dumps(entries))
    page(reports.write([run]))

    def column():
        return [cell.text for cell in browser.find("#scores tbody tr td:nth-child(6)")]

    step = next(each for each in browser.find("#scores th button") if each.text == "Step")
    step.click()
    assert column() == ["100", "200", ""]
    step.click()
    assert column() == ["200", "100", ""]


def test_commands_are_copied(browser, page, finished):
    page(finished / "report.html")
    button = browser.find(".command button")[0]
    button.click()
    wait_for(lambda: button.text in ("Copied", "Selected"))


def test_a_running_page_loads_itself_again_and_keeps_your_place(browser, page, tmp_path):
    run = make(tmp_path / "run", epochs=40, done=10, state="running")
    status = json.loads((run / "status.json").read_text()) | {"updated": time.time()}
    (run / "status.json").write_text(json.dumps(status))
    with held(run):
        reports.write([run], reload=3600)
        page(run / "report.html", 1200, 600)
        assert text(browser, "h1") == "run Running" and "Time left" in text(browser, "header")
        assert "Nothing was written" not in text(browser, "header")
        (slider,) = browser.find("#time")
        slider.send_keys(Keys.ARROW_LEFT)
        assert source(browser) == "epoch_0005.png"
        browser.find("#settings-0 > summary")[0].click()
        drag(browser, browser.find("svg.chart")[0], 0.4, 0.8)
        seen = zoom(browser)
        browser.run("scrollTo(0, 333); document.getElementById('log').click()")
        browser.run("document.querySelectorAll('svg.chart')[1].focus({ preventScroll: true })")
        with open(run / "metrics.jsonl", "a") as file:
            file.write(json.dumps(log(11)) + "\n")
        picture(run / "samples/epoch_0011.png", (1, 2, 3))
        reports.write([run], reload=3600)
        browser.run("loadAgain()")
        wait_for(lambda: "11 of 40" in text(browser, "header"))
        browser.wait_for_paint()
        assert source(browser) == "epoch_0005.png"
        assert zoom(browser) == seen and browser.find("#log")[0].is_selected()
        place = "return [scrollY, document.getElementById('settings-0').open]"
        assert browser.run(place) == [333, False]
        focus = "[...document.querySelectorAll('svg.chart')].indexOf(document.activeElement)"
        assert browser.run(f"return {focus}") == 1
        # At the newest picture, the page goes on to newer ones.
        browser.find("#time")[0].send_keys(Keys.END)
        picture(run / "samples/epoch_0012.png", (1, 2, 3))
        reports.write([run], reload=0.5)
        browser.run("loadAgain()")
        wait_for(lambda: source(browser) == "epoch_0012.png")
    reports.write([run])  # Not finished, and no process has it.
    wait_for(lambda: text(browser, "h1") == "run Ended without closing")


def test_a_killed_run_says_so(browser, page, tmp_path):
    run = make(tmp_path / "run", epochs=20, done=7)
    kill(run)
    with held(run):
        reports.write([run], reload=60)
    page(run / "report.html")  # What training left; it was last written in 2023.
    assert text(browser, "h1") == "run Running"
    assert "The run may have ended without closing" in text(browser, ".late")
    (run / ".owner").write_text("process 4711")
    reports.write([run])
    page(run / "report.html")
    assert text(browser, "h1") == "run Ended without closing"
    assert "7 of 20" in text(browser, "header") and "at step 75 or later" in text(
        browser, ".message"
    )
    assert "Resume the training" in text(browser, ".commands")


def test_failed_and_empty_runs(browser, page, tmp_path):
    failed = make(tmp_path / "failed", done=3, state="failed", message="generator_loss became NaN.")
    reports.write([failed])
    page(failed / "report.html")
    assert text(browser, "h1") == "failed Failed"
    assert text(browser, ".message") == "generator_loss became NaN."
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/config.json").write_text("{}")
    reports.write([tmp_path / "empty"])
    page(tmp_path / "empty/report.html")
    assert text(browser, "h1") == "empty Not trained yet"
    assert "Nothing is trained yet." in text(browser, "header")
    assert "tf-gan-sample" not in text(browser, "body")
    assert not browser.find("svg.chart") and not browser.find("#time")


def test_runs_side_by_side(browser, page, tmp_path):
    runs = [
        make(tmp_path / "b", optimizer__generator_learning_rate=0.01, every=4),
        make(tmp_path / "a", done=12),
        make(tmp_path / "c", seed=5),
    ]
    for run, value in zip(runs, (30.0, 4.0, None), strict=True):
        entry = {"name": "fid_2k", "source": "digits", "step": 200, "value": value}
        (run / "metrics.json").write_text(json.dumps([entry] if value else []))
    reports.write(runs, tmp_path / "all.html")
    page(tmp_path / "all.html")
    heads = [each.text for each in browser.find("#comparison th")]
    assert heads[:5] == ["Run", "State", "Epochs", "Images seen", "Time"]
    assert set(heads[5:]) == {"fid_2k", "seed", "optimizer.generator_learning_rate"}

    def order():
        return "".join(each.text for each in browser.find("#comparison tbody td:first-child"))

    assert order() == "bac"
    fid = browser.find("#comparison th button")[heads.index("fid_2k")]
    fid.click()
    assert order() == "abc"  # By numbers: 4, 30, and none at the end.
    fid.click()
    assert order() == "bac"
    assert len(browser.find("svg.chart")[0].find_elements("css selector", "path")) == 6
    (slider,) = browser.find("#time")
    slider.send_keys(Keys.HOME)
    for _ in range(3):  # 0, 4, 5, 8 of the epochs of all.
        slider.send_keys(Keys.ARROW_RIGHT)
    captions = [each.text for each in browser.find("figcaption")]
    assert captions[:3] == ["b: Epoch 8", "a: Epoch 5", "c: Epoch 5"]


def test_scores_of_averaged_and_of_trained_weights_are_apart(browser, page, tmp_path):
    runs = [make(tmp_path / "a"), make(tmp_path / "b")]
    entry = {"name": "fid_2k", "source": "digits", "step": 200}
    for run, scores in zip(
        runs, ({"averaged": 3.0, "trained": 9.0}, {"trained": 5.0}), strict=True
    ):
        entries = [entry | {"weights": name, "value": value} for name, value in scores.items()]
        (run / "metrics.json").write_text(json.dumps(entries))
    page(reports.write(runs, tmp_path / "all.html"))
    heads = [each.text for each in browser.find("#comparison th")]
    assert heads[5:] == ["fid_2k", "fid_2k, trained weights"]
    rows = [[cell.text for cell in row.find_elements("css selector", "td")[5:]]
            for row in browser.find("#comparison tbody tr")]  # fmt: skip
    assert rows == [["3", "9"], ["5", ""]]  # A run without averages has but one.


def test_pictures_within_epochs_of_unknown_length(browser, page, tmp_path):
    run = make(tmp_path / "run", done=0, state=None)
    for step in (35, 70):
        picture(run / f"samples/epoch_0000_step_{step:08d}.png", (step, 2, 3))
    page(reports.write([run]))
    (slider,) = browser.find("#time")
    slider.send_keys(Keys.ARROW_LEFT)
    assert source(browser) == "epoch_0000_step_00000035.png"
    slider.send_keys(Keys.HOME)
    assert source(browser) == "epoch_0000.png"


def test_hostile_names_are_text(browser, page, tmp_path):
    hostile = "</script><script>window.bad=1</script><img src=x onerror=window.bad=1> \u202e'\"&"
    folder = tmp_path / "a & <img src=x onerror=window.bad=1>\n'"
    run = make(folder, data__path=hostile, state="failed", message=hostile)
    (run / "rollbacks.json").write_text(json.dumps([hostile]))
    entry = {"name": hostile, "value": 1, "protocol": hostile, "source": hostile}
    (run / "metrics.json").write_text(json.dumps([entry | {"details": {hostile: hostile}}]))
    (run / "metrics.jsonl").write_text(json.dumps({"epoch": 1, "step": 10, hostile: 2.0}))
    picture(run / "<img src=x onerror=window.bad=1>.png", (1, 2, 3))
    reports.write([run], embed=True)
    for path in (reports.write([run]), run / "report_embedded.html"):
        page(path)
        assert hostile in browser.run("return document.querySelector('.message').textContent")
        assert browser.run("return window.bad === undefined")
        assert browser.run(
            "return [...document.images].every((image) => image.naturalWidth === 96)"
        )
        assert len(browser.find("script")) == 2


def test_an_embedded_page_asks_for_nothing(browser, page, finished, tmp_path):
    reports.write([finished], tmp_path / "sent.html", embed=True)
    page(tmp_path / "sent.html")
    assert browser.run("return [...document.images].every((image) => image.naturalWidth === 96)")
    browser.find("#time")[0].send_keys(Keys.HOME)
    assert browser.requests() == [str(tmp_path / "sent.html")]


def test_the_page_over_http(browser, page, finished):
    import threading

    with server.make_server([finished], 0) as one:
        thread = threading.Thread(target=one.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{one.server_port}/"
        page(address)
        assert browser.run(
            "return [...document.images].every((image) => image.naturalWidth === 96)"
        )
        assert all(request.startswith(address) for request in browser.requests())
        one.shutdown()
        thread.join()


def test_a_page_stays_while_its_server_is_away(browser, page, tmp_path):
    import threading

    run = make(tmp_path / "run", done=7, state="running")
    with held(run):
        with server.make_server([run], 0) as one:
            thread = threading.Thread(target=one.serve_forever)
            thread.start()
            page(f"http://127.0.0.1:{one.server_port}/")
            browser.run("window.first = true; loadAgain()")
            wait_for(
                lambda: browser.run("return !window.first && document.readyState") == "complete"
            )
            one.shutdown()
            thread.join()
        browser.run("window.first = true; loadAgain()")
        time.sleep(1)
        assert text(browser, "h1") == "run Running" and browser.run("return window.first")
        assert "ERR_CONNECTION_REFUSED" in "".join(browser.messages())


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 390, 1200])
def test_it_fits_narrow_and_wide_windows(browser, page, finished, width, dark):
    page(finished / "report.html", width, 800, dark)
    assert browser.run(
        "return [innerWidth, document.documentElement.scrollWidth <= innerWidth]"
    ) == [
        width,
        True,
    ]
    paper, ink = browser.run(
        "const style = getComputedStyle(document.body); return [style.backgroundColor, style.color]"
    )
    brightness = [sum(map(int, color[4:-1].split(","))) for color in (paper, ink)]
    assert (brightness[0] < brightness[1]) == dark and abs(brightness[0] - brightness[1]) > 400


def test_a_long_run_opens_in_two_seconds(browser, page, tmp_path):
    run = make(tmp_path / "run", epochs=10_000, done=1, every=1)
    (run / "metrics.jsonl").write_text("\n".join(json.dumps(log(i)) for i in range(1, 10_001)))
    for epoch in range(20, 10_001, 20):
        (run / f"samples/epoch_{epoch:04d}.png").write_bytes((run / "real.png").read_bytes())
    page(reports.write([run]))
    milliseconds = browser.run("return performance.getEntriesByType('navigation')[0].loadEventEnd")
    print(f"\nopened in {milliseconds:.0f} ms")
    assert source(browser) == "epoch_10000.png"


def test_scores_of_another_protocol_are_named(browser, page, tmp_path):
    runs = [make(tmp_path / "a"), make(tmp_path / "b")]
    entry = {"source": "digits", "step": 200, "value": 3.0}
    for run, protocol in zip(runs, ("of 2,500 images", "of 1,200 images"), strict=True):
        entries = [entry | {"name": "kid_2k", "protocol": protocol}]
        entries.append(entry | {"name": "fid_2k", "protocol": "of 2,500 images"})
        (run / "metrics.json").write_text(json.dumps(entries))
    page(reports.write(runs, tmp_path / "all.html"))
    (message,) = [each.text for each in browser.find("p.message") if "ways" in each.text]
    assert "cannot be compared: kid_2k. Open" in message

"""The page of a real training: while it runs, killed, stopped, and done."""

import pathlib
import signal
import subprocess
import sys
import time

import pytest

from tf_gan import reports
from tf_gan.reports import read

FLAGS = ("--config.samples=16", "--config.sample_every=2", "--config.checkpoint_every=1")


@pytest.mark.slow
def test_a_training_that_is_killed_stopped_and_resumed(browser, tmp_path):
    run, page = tmp_path / "run", tmp_path / "run/report.html"

    def start(epochs: int) -> subprocess.Popen:
        command = [sys.executable, "-m", "tf_gan.cli.train", f"--workdir={run}", *FLAGS]
        return subprocess.Popen([*command, f"--config.epochs={epochs}"], stdout=subprocess.DEVNULL)

    def head(path: pathlib.Path) -> str:
        browser.open(path)
        return browser.run("return document.querySelector('header').innerText")

    def wait(condition, process: subprocess.Popen) -> None:
        end = time.monotonic() + 300
        while not condition():
            assert time.monotonic() < end and process.poll() is None
            time.sleep(0.2)

    def epochs_done() -> float:
        return read.facts(run)["progress"]["epoch"] if page.exists() else 0.0

    process = start(100_000)
    wait(lambda: epochs_done() >= 3, process)
    assert "Running" in head(page) and "Time left" in head(page)
    time.sleep(5)
    assert "Running" in browser.run("return document.querySelector('header').innerText")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert "Running" in head(page)  # What training left; a silence of minutes would tell.
    reports.write([run])
    assert "Ended without closing" in head(page)

    process = start(100_000)
    killed_at = epochs_done()
    wait(lambda: epochs_done() > killed_at + 1, process)
    assert read.facts(run)["state"]["word"] == "running"
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0
    assert "Stopped by SIGTERM" in head(page)

    total = int(epochs_done()) + 2
    process = start(total)
    assert process.wait() == 0
    assert "Done" in head(page) and f"{total} of {total}" in head(page)
    assert browser.messages() == []
    assert {each.rsplit("/", 1)[-1] for each in browser.requests()} == {
        *("report.html", "real.png", "neighbours.png"),
        f"epoch_{total:04d}.png",
    }

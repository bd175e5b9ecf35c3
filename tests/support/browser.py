"""A real browser for the tests of pages: Debian's Chromium, driven by Selenium."""

import json
import pathlib
import shutil
import tempfile
import time
from urllib.parse import unquote, urlsplit

import pytest

PROGRAMS = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
SWITCHES = (
    *("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run"),
    *("disable-background-networking", "disable-component-update", "disable-sync"),
)
PATIENCE = 60  # Seconds; nothing waits as long unless something is wrong.


def wait_for(condition, message=lambda: "it did not come about"):
    """Waits until a function returns what is true; returns that.

    Args:
        condition: The function.
        message: A function that returns what to say where it takes too long.
    """
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < end, message()
        time.sleep(0.02)
    return value


class Browser:
    """A window of a browser.

    Args:
        driver: Selenium's driver, which clicks, drags and types.
    """

    def __init__(self, driver):
        self.driver = driver

    def open(self, page, width: int = 1200, height: int = 900, dark: bool = False) -> None:
        """Opens a file, or an address, in a window of a size, and forgets the messages
        and requests of the page before.
        """
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.driver.get("about:blank")
        self.messages(), self.requests()
        self.driver.get(page if "://" in str(page) else pathlib.Path(page).absolute().as_uri())
        # Chromium 150 sometimes returns before the page's scripts have run.
        loaded = "return location.href !== 'about:blank' && document.readyState === 'complete'"
        wait_for(lambda: self.run(loaded), lambda: f"{page} was not loaded in {PATIENCE} s")
        self.wait_for_paint()

    def wait_for_paint(self) -> None:
        """Waits until the page is drawn: Chromium drops the keys and clicks before."""
        frame = "(done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))"
        self.driver.execute_async_script(f"({frame})(arguments[0])")

    def run(self, script: str, *arguments):
        """Returns the value of JavaScript, such as `return document.title`."""
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> list:
        """Returns the elements of a CSS selector."""
        return self.driver.find_elements("css selector", selector)

    def messages(self) -> list[str]:
        """Returns what the console has shown since the last call, errors included."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Returns the addresses that were asked for since the last call, files as paths;
        what a page holds itself (`data:`, `blob:`) is left out.
        """
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                address = message["params"]["request"]["url"]
                if not address.startswith(("data:", "blob:", "about:")):
                    parts = urlsplit(address)
                    found.append(unquote(parts.path) if parts.scheme == "file" else address)
        return found


@pytest.fixture(scope="session")
def browser():
    """The browser of the tests of a process."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs Selenium")
    for name, program in PROGRAMS.items():
        if program is None:
            pytest.skip(f"needs {name}: apt install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = PROGRAMS["chromium"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for switch in (*SWITCHES, f"user-data-dir={profile}"):
            options.add_argument(f"--{switch}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options, webdriver.ChromeService(PROGRAMS["chromedriver"]))
        driver.set_script_timeout(PATIENCE)
        yield Browser(driver)
        driver.quit()

"""Pages of the explorer in a browser."""

import os
import pathlib
import pwd
import shutil

import pytest
from support.browser import wait_for

from tf_gan.explorer import runtime
from tf_gan.io import caches

# The arguments of a script, and then what it calls at its end.
ASYNC = """
const done = arguments[arguments.length - 1];
(async () => {SCRIPT})().then((value) => done({value}), (error) => done({error: String(error)}));
"""


def opened(browser, page, **arguments):
    """Opens a page and waits for its generator."""
    browser.open(page, **arguments)
    wait(browser, "await explorer.ready; return true")
    return browser


def wait(browser, script, *arguments):
    """Returns the value of JavaScript that may await."""
    answer = browser.driver.execute_async_script(ASYNC.replace("SCRIPT", script), *arguments)
    assert "error" not in answer, answer["error"]
    return answer.get("value")


def text(browser, selector):
    return browser.run(f"return document.querySelector({selector!r}).textContent")


def until(browser, script, expected):
    """Waits until JavaScript returns a value."""
    wait_for(
        lambda: browser.run(script) == expected,
        lambda: f"expected {expected!r}, got {browser.run(script)!r}",
    )


@pytest.fixture(scope="session")
def web_runtime():
    """ONNX Runtime Web in the cache of the tests: a copy of that in the cache of the
    user's real home, or else fetched.
    """
    name = f"{runtime.NAME}-{runtime.VERSION}"
    real = pathlib.Path(pwd.getpwuid(os.getuid()).pw_dir, ".cache/tf_gan", name)
    if real.is_dir():
        shutil.copytree(real, caches.directory() / name, dirs_exist_ok=True)
    try:
        return runtime.fetch()
    except runtime.Unavailable as error:
        pytest.skip(f"needs ONNX Runtime Web: {error}")

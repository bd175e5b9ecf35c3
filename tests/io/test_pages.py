"""What goes into a page."""

import json
import os

import pytest

from tf_gan.io import pages

HOSTILE = "</script><!--\u2028\u00e9 & $title \"'\ud800"


def test_values_are_json_that_is_no_markup():
    text = pages.script_json({"a": [HOSTILE, 0.5, None]})
    assert json.loads(text) == {"a": [HOSTILE, 0.5, None]}
    assert text.isascii() and not set("<>&") & set(text)
    with pytest.raises(ValueError):
        pages.script_json(float("nan"))


def test_text_is_escaped():
    assert pages.escaped("<b> & \"'") == "&lt;b&gt; &amp; &quot;&#x27;"
    assert pages.escaped("\u00e9" + os.fsdecode(b"\xe9")) == "&#233;&#56553;"


def test_values_are_filled_in_once(tmp_path):
    (tmp_path / "page.html").write_text("<title>$title</title>$data", encoding="utf-8")
    page = pages.fill(tmp_path / "page.html", title="$data", data="$1 \\g<0>")
    assert page == "<title>$data</title>$1 \\g<0>"
    with pytest.raises(KeyError):
        pages.fill(tmp_path / "page.html", title="one")

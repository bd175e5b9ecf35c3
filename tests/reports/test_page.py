"""The page as text; `test_browser.py` opens it."""

import html.parser
import json
import re
import subprocess
import sys
import time
import types

import pytest
from support.run_directory import log, make, picture

import tf_gan
from tf_gan import reports
from tf_gan.errors import UserError, WriteError
from tf_gan.reports import page


class Elements(html.parser.HTMLParser):
    """Collects the tags of a page with their attributes, and what is in its scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self._script = [], {}, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._script = dict(attributes).get("id", "code") if tag == "script" else None

    def handle_data(self, data):
        if self._script:
            self.scripts[self._script] = self.scripts.get(self._script, "") + data


def facts_of(path) -> dict:
    return json.loads(Elements(path.read_text()).scripts["facts"])


def test_a_page_beside_its_pictures(tmp_path):
    run = make(tmp_path / "run")
    assert reports.write([run]) == run / "report.html"
    facts = facts_of(run / "report.html")
    (only,) = facts["runs"]
    assert [each["src"] for each in only["samples"]][:2] == [
        "samples/epoch_0000.png",
        "samples/epoch_0005.png",
    ]
    assert only["real"]["src"] == "real.png" and not facts["embedded"]
    assert not list(run.glob(".*.tmp"))
    text = (run / "report.html").read_text()
    assert "default-src 'none'" in text and "http" not in re.sub(
        "http-equiv|http://www.w3.org", "", text
    )


@pytest.mark.parametrize(
    ("embed", "sources"), [(True, ["data:"]), (False, ["'self'", "file:", "data:"])]
)
def test_a_page_loads_nothing_but_pictures_beside_it(tmp_path, embed, sources):
    path = reports.write([make(tmp_path / "run", done=1)], embed=embed)
    (policy,) = (
        attributes["content"]
        for tag, attributes in Elements(path.read_text()).tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = {name: found for name, *found in (rule.split() for rule in policy.split(";"))}
    assert rules["img-src"] == sources and rules["connect-src"] == sources[:-1]
    for name in ("default-src", "base-uri", "form-action"):
        assert rules[name] == ["'none'"]


def test_a_page_of_two_runs_names_their_pictures_from_where_it_is(tmp_path, monkeypatch):
    runs = [make(tmp_path / "runs" / name) for name in "ab"]
    monkeypatch.chdir(tmp_path / "runs")
    assert reports.write(["a", "b"]).name == "comparison.html"
    one, two = facts_of(tmp_path / "runs/comparison.html")["runs"]
    assert one["real"]["src"] == "a/real.png" and two["real"]["src"] == "b/real.png"
    (tmp_path / "pages").mkdir()
    reports.write(runs, tmp_path / "pages/x.html")
    assert facts_of(tmp_path / "pages/x.html")["runs"][1]["real"]["src"] == "../runs/b/real.png"


def test_runs_of_one_name_are_told_apart_in_a_new_folder(tmp_path):
    runs = [make(tmp_path / name) for name in ("one/seed0", "two/seed0", "three")]
    facts = facts_of(reports.write(runs, tmp_path / "new" / "x.html"))
    assert [run["name"] for run in facts["runs"]] == ["one/seed0", "two/seed0", "three"]
    assert facts_of(reports.write([runs[0], runs[0]], tmp_path / "y.html"))  # Twice the same.


def test_an_embedded_page_stays_small(tmp_path, monkeypatch):
    run = make(tmp_path / "run", done=50, every=1)
    assert reports.write([run], embed=True) == run / "report_embedded.html"
    (only,) = facts_of(run / "report_embedded.html")["runs"]
    assert len(only["samples"]) == only["samples_of"] == 51
    assert all(each["src"].startswith("data:image/png;base64,iVBOR") for each in only["samples"])
    monkeypatch.setattr(page, "BUDGET", 6_000)
    reports.write([run], embed=True)
    (only,) = facts_of(run / "report_embedded.html")["runs"]
    assert 2 <= len(only["samples"]) < 30 and only["samples_of"] == 51
    assert only["samples"][-1]["epoch"] == 50


def test_an_embedded_page_leaves_out_single_pictures_that_are_too_large(tmp_path, monkeypatch):
    """They have a third of the bytes of each run."""

    def kept():
        reports.write(runs, tmp_path / "page.html", embed=True)
        run = facts_of(tmp_path / "page.html")["runs"][0]
        return bool(run["real"]), len(run["pictures"]), run["left_out"]

    runs = [make(tmp_path / name, done=1) for name in "ab"]
    content = (runs[0] / "real.png").read_bytes()
    (runs[0] / "neighbours.png").write_bytes(content + bytes(3000))
    monkeypatch.setattr(page, "BUDGET", 2 * 3 * 4000)
    assert kept() == (True, 1, 0)
    monkeypatch.setattr(page, "BUDGET", 2 * 3 * 2000)
    assert kept() == (True, 0, 1)
    (runs[0] / "real.png").write_bytes(content + bytes(3000))
    assert kept() == (False, 0, 2)


def test_a_run_of_ten_thousand_epochs_and_five_hundred_pictures(tmp_path):
    run = make(tmp_path / "run", epochs=10_000, done=1, every=1)
    lines = [json.dumps(log(epoch) | {"fid": 1 / epoch}) for epoch in range(1, 10_001)]
    (run / "metrics.jsonl").write_text("\n".join(lines))
    for epoch in range(20, 10_001, 20):
        (run / f"samples/epoch_{epoch:04d}.png").write_bytes((run / "real.png").read_bytes())
    begin = time.perf_counter()
    size = reports.write([run]).stat().st_size
    print(f"\n{size / 1e6:.2f} MB in {time.perf_counter() - begin:.2f} s")
    assert size < 1e6
    (only,) = facts_of(run / "report.html")["runs"]
    assert len(only["samples"]) == 502
    assert {len(line["x"]) <= 800 for chart in only["charts"] for line in chart["series"]} == {True}


HOSTILE = '</script><script>window.bad=1</script><img src=x onerror="window.bad=1"><!--\u2028\n"\'&'


def test_what_a_run_holds_never_becomes_markup(tmp_path):
    folder = tmp_path / "a & <b>\"'\n é\u202e"
    run = make(folder, name=HOSTILE, data__path=HOSTILE, state="failed", message=HOSTILE)
    (run / "rollbacks.json").write_text(json.dumps([HOSTILE]))
    (run / "metrics.json").write_text(
        json.dumps([{"name": HOSTILE, "value": 1, "protocol": HOSTILE}])
    )
    (run / "metrics.jsonl").write_text(json.dumps({"epoch": 1, "step": 10, HOSTILE: 2.0}))
    picture(run / "<img onerror=x>.png", (1, 2, 3))
    reports.write([run])
    plain = make(tmp_path / "plain")
    reports.write([plain])
    found, expected = (Elements((each / "report.html").read_text()) for each in (run, plain))
    assert found.tags == expected.tags and found.scripts["code"] == expected.scripts["code"]
    (only,) = json.loads(found.scripts["facts"])["runs"]
    assert only["config"]["data.path"] == only["state"]["text"] == HOSTILE
    assert only["pictures"][0]["src"] == "%3Cimg%20onerror%3Dx%3E.png"
    assert found.scripts["facts"].isascii()


def test_errors_in_words(tmp_path):
    with pytest.raises(UserError, match="not a run directory"):
        reports.write([tmp_path])
    with pytest.raises(UserError, match="one run directory or more"):
        page.render([], None)
    run = make(tmp_path / "run")
    (tmp_path / "report.html").mkdir()
    with pytest.raises(WriteError, match=r"report\.html cannot be written"):
        reports.write([run], tmp_path / "report.html")


def test_it_needs_no_tensorflow_and_no_keras(tmp_path):
    make(tmp_path / "run")
    code = f"""
import sys
import tf_gan
path = tf_gan.report({str(tmp_path / "run")!r})
print(path.name, sorted({{"tensorflow", "keras", "matplotlib", "scipy"}} & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "report.html []\n", result.stderr


def test_a_notebook_shows_the_page(tmp_path, monkeypatch):
    run = make(tmp_path / "run")
    assert tf_gan.report(run) == run / "report.html"
    (run / "report.html").unlink()
    shell, display = types.SimpleNamespace(kernel=object()), types.ModuleType("IPython.display")
    notebook = types.ModuleType("IPython")
    notebook.get_ipython, display.HTML = lambda: shell, lambda text: ("shown", text)
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    shown, text = tf_gan.report(run)
    ((_, frame),) = [
        (tag, attributes) for tag, attributes in Elements(text).tags if tag == "iframe"
    ]
    assert shown == "shown" and frame["sandbox"] == "allow-scripts"
    assert json.loads(Elements(frame["srcdoc"]).scripts["facts"])["embedded"]
    two = reports.show([run, make(tmp_path / "other")])[1]
    assert "2 runs" in two and "other" in two
    assert not (run / "report.html").exists()
    del shell.kernel  # IPython on a terminal.
    assert tf_gan.report(run) == run / "report.html"

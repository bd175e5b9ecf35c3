import json
import subprocess
import sys

import pytest
from support.run_directory import make

from tf_gan.cli import report


def run(*arguments, cwd=None):
    """Runs the binary in a process of its own; it starts in a fifth of a second."""
    command = [sys.executable, "-m", "tf_gan.cli.report", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=cwd)


def test_pages_of_one_run_and_of_several(tmp_path):
    one, two = make(tmp_path / "one"), make(tmp_path / "two", seed=3)
    result = run(f"--workdir={one}")
    assert result.stdout == f"Wrote {one}/report.html. Open it in a browser.\n", result.stderr
    output = tmp_path / "both.html"
    assert run(f"--workdir={one}", two, f"--output={output}").returncode == 0
    again = run(f"--workdir={one}", two, f"--output={output}")
    assert again.returncode == 1 and f"{output} is there already" in again.stderr
    assert run(f"--workdir={one}", two, f"--output={output}", "--overwrite").returncode == 0
    facts = output.read_text().split('id="facts">')[1].split("</script>")[0]
    assert [each["name"] for each in json.loads(facts)["runs"]] == ["one", "two"]


def test_a_file_here_is_not_replaced_unasked(tmp_path):
    runs = f"--workdir={make(tmp_path / 'one')}", make(tmp_path / "two", seed=3)
    page = tmp_path / "comparison.html"
    page.write_text("mine")
    result = run(*runs, cwd=tmp_path)
    assert result.returncode == 1 and "comparison.html is there already" in result.stderr
    assert page.read_text() == "mine"
    assert run(*runs, "--overwrite", cwd=tmp_path).returncode == 0
    assert page.read_text() != "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Expected --workdir=VALUE. Run directory"),
        (("--workdir=nowhere",), "There is no directory 'nowhere'"),
        (("--workdir={run}", "--output=x.txt"), r"--output to end in .html. Received"),
        (("--workdir={run}", "--serve", "--embed"), "--serve writes no file"),
        (("--workdir={run}", "--port=8000"), "--port=8000 is for --serve"),
        (("--workdir={run}", "--port=70000"), "not an integer in the range [0, 65535]"),
    ],
)
def test_mistakes_in_words(tmp_path, arguments, message):
    make(tmp_path / "run")
    result = run(*(each.format(run=tmp_path / "run") for each in arguments))
    assert result.returncode == 1 and message in result.stderr
    assert len(result.stderr.splitlines()) <= 2


def test_directories_one_after_the_other():
    assert report.expand(["p", "--workdir=a", "b", "--embed", "c"]) == [
        *("p", "--workdir=a", "--workdir=b", "--embed", "--workdir=c")
    ]
    assert report.expand(["p", "a", "--port", "80"]) == ["p", "--workdir=a", "--port", "80"]
    assert report.expand(["p", "--workdir", "a"]) == ["p", "--workdir", "a"]

"""The C++ program of docs/serving.md, compiled and run: the loader that TensorFlow
Serving uses.
"""

import pathlib
import shutil
import subprocess

import pytest
import tensorflow as tf

DOCS = pathlib.Path(__file__).parents[2] / "docs" / "serving.md"


@pytest.mark.slow
def test_the_program_makes_the_pictures_of_the_live_signature(exported, tmp_path):
    if shutil.which("g++") is None:
        pytest.skip("no g++")
    (tmp_path / "generate.cc").write_text(DOCS.read_text().split("```cpp\n")[1].split("```")[0])
    command = next(
        line for line in DOCS.read_text().splitlines() if line.strip().startswith("g++")
    ).strip()
    command = command.replace("$TF", str(pathlib.Path(tf.__file__).parent))
    subprocess.run(command, shell=True, check=True, cwd=tmp_path)
    subprocess.run(["./generate", str(exported[0])], check=True, cwd=tmp_path)
    files = (
        tf.saved_model.load(str(exported[0]))
        .signatures["generate_png"](num=4, seed=0)["png_bytes"]
        .numpy()
    )
    assert [(tmp_path / f"sample{number}.png").read_bytes() for number in range(4)] == list(files)

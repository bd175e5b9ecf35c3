"""`tf-gan-explore`, and pages of exported files."""

import json
import sys
import types

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from support.configs import quick
from support.explored import opened, wait

import tf_gan
from tf_gan import explorer
from tf_gan.cli import explore, export
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.explorer import files
from tf_gan.networks import points as points_networks
from tf_gan.runs import build


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    config = quick(default_config())
    config.epochs = 1
    tf_gan.train(config, folder)
    return folder


def run(module, *arguments):
    """A program's main, in this process."""
    known = set(flags.FLAGS)
    module.define_flags()
    try:
        with flagsaver.flagsaver():
            flags.FLAGS(["program", *map(str, arguments)])
            module.main()
    finally:
        for name in set(flags.FLAGS) - known:
            delattr(flags.FLAGS, name)


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No runtime, neither in the cache nor from npm."""
    monkeypatch.setenv("TF_GAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "")


def data_of(page):
    _, after = page.read_text().split('<script type="application/json" id="data">')
    return json.loads(after.split("</script>")[0])


def test_the_page_of_a_run_without_a_network_has_pictures(workdir, offline, capsys):
    run(explore, f"--workdir={workdir}", "--seed=4")
    printed = capsys.readouterr().out
    assert f"Wrote {workdir}/explorer.html" in printed
    assert "The generator does not run in the page: onnxruntime-web is fetched with npm" in printed
    data = data_of(workdir / "explorer.html")
    assert data["networks"] == [] and data["seed"] == 4 and data["title"] == "digits"
    assert data["load"][1:] == [
        "from tf_gan.runs import build",
        f"gan, _ = build.load({str(workdir)!r})",
    ]
    with pytest.raises(UserError, match="Expected --runtime to be a file"):
        run(explore, f"--workdir={workdir}", f"--runtime={workdir}/nowhere.tgz")
    run(explore, f"--workdir={workdir}", f"--runtime={workdir}/config.json")
    assert "config.json is not onnxruntime-web 1.30.0" in capsys.readouterr().out


def test_the_page_of_an_onnx_file_has_the_pictures_of_the_run(
    browser, web_runtime, workdir, capsys
):
    run(export, f"--workdir={workdir}", "--format=onnx", "--weights=float16")
    assert "float16" in capsys.readouterr().out
    file = workdir / "export/generator.onnx"
    run(explore, f"--export={file}", "--weights=float16")
    page = workdir / "export/explorer.html"
    assert f"Wrote {page}" in capsys.readouterr().out
    model, _ = build.load(workdir)
    window = opened(browser, page)
    wall = wait(window, "return Array.from(explorer.wall(7))")
    expected = (model.generate(256, seed=0)[7].ravel() + 1) / 2
    np.testing.assert_allclose(wall, expected, atol=2e-3)  # Of float16.
    check_python(window, model)


@pytest.mark.slow
def test_the_generator_of_a_saved_model_runs(browser, web_runtime, workdir):
    run(export, f"--workdir={workdir}")
    run(explore, f"--export={workdir}/export", f"--output={workdir}/saved.html")
    window = opened(browser, workdir / "saved.html")
    wall = wait(window, "return Array.from(explorer.wall(7))")
    model, _ = build.load(workdir)
    expected = (model.generate(256, seed=0)[7].ravel() + 1) / 2
    np.testing.assert_allclose(wall, expected, atol=1e-4)
    check_python(window, model)


def check_python(window, model):
    """The lines that the page shows make its picture, without the run."""
    button = "document.querySelector('#stage [aria-label=\"Copy the Python lines\"]')"
    lines = window.run(
        "navigator.clipboard.writeText = async (text) => { window.copied = text; };"
        f"{button}.click(); return window.copied"
    )
    names: dict = {}
    exec(lines, names)
    expected = (model.generate(256, seed=0)[0] + 1) / 2
    np.testing.assert_allclose(names["image"], expected, atol=2e-3)


@pytest.mark.slow
def test_a_saved_model_with_other_weights_than_its_card_has_pictures(
    workdir, tmp_path, capsys, web_runtime
):
    run(export, f"--workdir={workdir}", f"--output={tmp_path}/1")
    card = tmp_path / "1/assets/model_card.json"
    facts = json.loads(card.read_text())
    facts["config"]["networks"]["generator"]["units"] = [8]
    card.write_text(json.dumps(facts))
    run(explore, f"--export={tmp_path}/1", f"--output={tmp_path}/saved.html")
    assert "does not have the weights of the network that its model" in capsys.readouterr().out
    titles = [sheet["title"] for sheet in data_of(tmp_path / "saved.html")["sheets"]]
    assert titles == ["Wall", "Plane"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], r"Expected --workdir=DIR, or --export=FILE in its place"),
        (["--workdir={0}", "--export={0}"], r"Expected --workdir=DIR, or --export"),
        (["--export={0}/x.onnx", "--standing_batches=2"], r"are for a run: expected --workdir=DIR"),
        (["--workdir={0}", "--output={0}/x.pdf"], r"The explorer is an \.html file"),
        (["--workdir={0}", "--output={0}/x.onnx"], r"x\.onnx is there already\. Choose another"),
        (["--workdir={0}", "--output={0}/y.html"], r"y_files is there already\. Choose another"),
        (["--export={0}"], r"No SavedModel in .*Expected a folder that tf-gan-export wrote"),
        (["--export={0}/x.onnx"], r"x\.onnx cannot be read as an ONNX file"),
    ],
)
def test_mistakes_are_named(workdir, arguments, message):
    (workdir / "x.onnx").write_text("no graph")
    (workdir / "y_files").mkdir(exist_ok=True)
    with pytest.raises(tf_gan.errors.UserError, match=message):
        run(explore, *(argument.format(workdir) for argument in arguments))


def test_files_without_a_config_are_refused(tiny_gan, tmp_path):
    tiny_gan.export(tmp_path / "g.onnx", format="onnx")
    with pytest.raises(UserError, match="is not a generator with the config of its run"):
        explorer.of_file(tmp_path / "g.onnx")


def test_files_of_models_without_a_page_are_refused(monkeypatch):
    networks = points_networks.build_generator(), points_networks.build_discriminator()
    points = tf_gan.GAN(*networks, latent_dim=2)
    monkeypatch.setattr(files, "_onnx", lambda path: ({}, None, None))
    monkeypatch.setattr(files, "_untrained", lambda card, path: points)
    with pytest.raises(UserError, match=r"The explorer shows images.* model of shape \(2,\)"):
        explorer.of_file("g.onnx")


def test_directions_beside_a_file_are_on_its_page(tiny_gan, monkeypatch, tmp_path):
    monkeypatch.setattr(files, "_onnx", lambda path: ({"config": {"name": "x"}}, None, None))
    monkeypatch.setattr(files, "_untrained", lambda card, path: tiny_gan)
    vector = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    named = {"directions": [{"name": "slant", "vector": vector}]}
    (tmp_path / "directions.json").write_text(json.dumps(named))
    subject = explorer.of_file(tmp_path / "g.onnx")
    assert {name: list(each) for name, each in subject.directions.items()} == {"slant": vector}
    inputs = eval(f'{{"latents": 0{subject.labels.format(3)}}}', {"np": np})
    assert inputs["labels"].tolist() == [3] and inputs["labels"].dtype == np.int32


def test_other_networks_than_generators_are_refused(tmp_path):
    card = {"config": {"name": "x"}, "model": {"latent_dim": 4}, "network": "mapping"}
    with pytest.raises(UserError, match="is not a generator with the config of its run"):
        files._untrained(card, tmp_path)
    card = {"config": {"name": "x"}, "model": {"latent_dim": None}}
    with pytest.raises(UserError, match="makes images from images"):
        files._untrained(card, tmp_path)


def test_python_returns_the_path_or_a_frame(tiny_gan, workdir, offline, monkeypatch, capsys):
    path = workdir / "mine.html"
    monkeypatch.setitem(sys.modules, "IPython.display", None)
    assert tiny_gan.explore(path) == path and path.exists()
    assert "The generator does not run in the page" in capsys.readouterr().out
    frame = types.ModuleType("IPython.display")
    frame.IFrame = lambda source, width, height: (source, width)
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", frame)
    assert tf_gan.explore(workdir) == (f"{workdir}/explorer.html", "100%")
    assert data_of(workdir / "explorer.html")["title"] == "digits"

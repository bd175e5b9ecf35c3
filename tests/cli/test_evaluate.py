"""`tf-gan-evaluate` and the callback, on a run of seconds."""

import shutil

import keras
import numpy as np
import pytest
from PIL import Image
from support.command import command, python
from support.configs import small_config

import tf_gan
from tf_gan import evaluation as evaluation_room
from tf_gan.callbacks import evaluation, metrics_log
from tf_gan.cli import evaluate
from tf_gan.data import digits
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, record
from tf_gan.evaluation.samples import of_model
from tf_gan.networks import mlp
from tf_gan.runs import build, directory


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("run")
    config = small_config(**{"data.name": "ring", "networks.name": "points"})
    config.model.latent_dim = 2
    tf_gan.train(config, workdir)
    return workdir


def test_prints_a_table_and_writes_each_value_with_its_protocol(workdir):
    result = command(
        "evaluate",
        f"--workdir={workdir}",
        "--metrics=modes,sliced_wasserstein,parzen",
        "--samples=200",
        "--baselines=real,mean",
        "--seed=3",
        "--verbose",
    )
    assert result.returncode == 0, result.stderr
    assert "Measuring at most 200 samples: modes, sliced_wasserstein, parzen. The" in result.stderr
    assert "  digits: parzen\n" in result.stderr and "  mean: modes\n" in result.stderr
    assert "verdict" not in result.stdout.lower()  # Points are no pictures.
    assert (
        "modes_200" in result.stdout
        and "real" in result.stdout
        and "within 3 deviations" in result.stdout
    )
    entries = record.read(workdir / "metrics.json")
    assert {(entry["source"], entry["name"]) for entry in entries} >= {
        ("digits", "modes_200"),
        ("real", "modes_64"),  # As many as there are.
        ("mean", "parzen_200"),
    }
    mine = next(
        entry for entry in entries if entry["source"] == "digits" and entry["name"] == "parzen_200"
    )
    assert mine["weights"] == "averaged" and mine["seed"] == 3 and mine["step"] > 0
    assert mine["details"]["sigma"] > 0 and mine["error"] > 0
    real, mean = (
        next(e["value"] for e in entries if (e["source"], e["name"]) == name)
        for name in (("real", "parzen_64"), ("mean", "parzen_200"))
    )
    assert real > mean
    model, _ = build.load(workdir)
    reference = Reference(directory.read_config(workdir).data, seed=0)
    again = evaluation_room.evaluate(of_model(model, count=200, seed=3), reference, ["parzen"])[0]
    assert again.value == pytest.approx(mine["value"], rel=1e-6)


def test_impossible_metric_is_named_and_others_are_measured(workdir):
    result = command(
        "evaluate",
        f"--workdir={workdir}",
        "--metrics=modes,frechet,kernel,sharpness,parzen",
        "--samples=110",
        "--references=300",
        "--baselines=real",
    )
    assert result.returncode == 1 and "Wrote" in result.stdout
    assert "  frechet, kernel, sharpness: Compares images (H, W, C)" in result.stderr
    assert "Leave the metric out" in result.stderr
    entries = [(entry["source"], entry["name"]) for entry in record.read(workdir / "metrics.json")]
    names = ("modes", "good_share", "parzen")
    assert [entry for entry in entries if "110" in entry[1]] == [
        ("digits", f"{name}_110") for name in names
    ]
    assert {("real", f"{name}_64") for name in names} <= set(entries)


def test_without_metrics_measures_the_possible_and_names_the_rest(workdir):
    """Also while the run is being trained."""
    with directory.lock(workdir):
        result = command(
            "evaluate", f"--workdir={workdir}", "--samples=120", "--metrics=", "--verbose"
        )
    assert result.returncode == 0, result.stderr
    entries = [e for e in record.read(workdir / "metrics.json") if "120" in e["name"]]
    assert {entry["name"] for entry in entries} == {
        f"{name}_120"
        for name in (
            *("modes", "good_share", "parzen", "sliced_wasserstein"),
            *("nearest_neighbour_ratio", "nearer_than_held_out"),
        )
    }
    _, lacking = result.stdout.split("Not measured:\n")
    named = {name for line in lacking.splitlines() for name in line.split(":")[0].split(", ")}
    measured = {"modes", "parzen", "sliced_wasserstein", "memorization"}
    assert {name.strip() for name in named} == set(evaluation_room.names()) - measured


@pytest.fixture(scope="module")
def folder_run(tmp_path_factory):
    """A run on 40 grey pictures, 12 of them held out, whose folder has moved since."""
    root = tmp_path_factory.mktemp("pictures")
    (root / "before").mkdir()
    for number, image in enumerate(digits().images[:40]):
        Image.fromarray(16 * image.squeeze(-1)).resize((16, 16)).save(
            root / "before" / f"{number:02d}.png"
        )
    config = small_config(**{"data.name": "image_folder", "data.path": str(root / "before")})
    config.data.update({"image_size": 16, "channels": 1, "held_out": 12.0})
    tf_gan.train(config, root / "run")
    (root / "before").rename(root / "after")
    return root


def test_a_folder_that_has_moved_is_named_once_with_the_flag(folder_run):
    result = command("evaluate", f"--workdir={folder_run}/run", "--samples=20")
    assert result.returncode == 1 and "Traceback" not in result.stderr
    (line,) = [line for line in result.stderr.splitlines() if "--data=PATH" in line]
    assert f"The data of this run were in '{folder_run}/before'" in line
    for name in ("kernel", "memorization", "precision_recall", "sharpness"):
        assert name in line.split(":")[0]


def test_a_run_on_a_folder_is_measured_with_nothing_named(folder_run):
    result = command(
        "evaluate", f"--workdir={folder_run}/run", f"--data={folder_run}/after", "--samples=20"
    )
    assert result.returncode == 0, result.stderr
    scores = {entry["name"]: entry for entry in record.read(folder_run / "run/metrics.json")}
    verdict = scores.pop("verdict")
    lacks = len(evaluation_room.names()) - 9
    assert set(scores) == {
        "kid_contrastive_20_vs_12",
        *(f"{name}_contrastive_12" for name in ("precision", "recall", "density", "coverage")),
        *("nearest_neighbour_ratio_20", "nearer_than_held_out_20", "sharpness_20"),
        *("fid_contrastive_20", "ms_ssim_20", "sliced_wasserstein_20"),
        "path_length_z_contrastive_20",
    }
    of_samples = scores["path_length_z_contrastive_20"]
    assert of_samples["error"] is not None and "contrastive" in of_samples["protocol"]
    of_pictures = scores.keys() - {"path_length_z_contrastive_20"}
    for name, entry in ((name, scores[name]) for name in of_pictures):
        assert "12 images of after" in entry["protocol"]
        assert ("28 training images" in entry["protocol"]) == (
            "contrastive" in name or "near" in name
        )
        assert entry["error"] is not None or name.startswith(("fid", "sliced"))
    assert "no more images than features (128)" in scores["fid_contrastive_20"]["protocol"]
    assert "its pictures" not in result.stderr
    assert "kid_contrastive_20_vs_12" in (folder_run / "run/report.html").read_text()
    # First the verdict, then the rows in the order of reading.
    lines = result.stdout.splitlines()
    assert verdict["text"] in " ".join(lines) and verdict["step"] > 0
    assert verdict["text"].startswith(("Not good yet: ", "Good by these numbers: "))
    rows = [line.split()[0] for line in lines if line.startswith(tuple(scores))]
    order = ("kid_contrastive_20_vs_12", "recall_contrastive_12", "sharpness_20")
    assert tuple(rows[:4]) == (*order, "nearest_neighbour_ratio_20") and len(rows) == len(scores)
    assert "28 training images" not in result.stdout and "parzen" not in result.stdout
    assert f"{lacks} metrics do not apply to this run; --verbose says why" in result.stdout
    assert result.stderr.index(": kernel\n") < result.stderr.index(": density_coverage\n")


def test_pictures_that_are_others_are_told_of(folder_run, tmp_path):
    for file in sorted((folder_run / "after").iterdir())[:30]:
        shutil.copy(file, tmp_path)
    arguments = ("--metrics=sharpness", "--samples=5", f"--data={tmp_path}")
    result = command("evaluate", f"--workdir={folder_run}/run", *arguments)
    assert result.returncode == 0, result.stderr
    assert f"{tmp_path} has 18 training images, and the run had 28: if these" in result.stderr


def test_what_samples_are_compared_with_is_chosen(workdir):
    arguments = ["--metrics=sliced_wasserstein", "--samples=30", "--reference_split=train"]
    result = command("evaluate", f"--workdir={workdir}", *arguments, "--references=20")
    assert result.returncode == 0, result.stderr
    (entry,) = (e for e in record.read(workdir / "metrics.json") if e["name"].endswith("_30"))
    assert (
        "30 samples against 20 evenly spaced images of ring (training images" in entry["protocol"]
    )


def test_few_pictures_take_fewer_samples(folder_run, workdir):
    section = directory.read_config(folder_run / "run").data
    section.path = str(folder_run / "after")
    assert evaluate._count(Reference(section, seed=0)) == 2_000
    section.path = "/nowhere"
    assert evaluate._count(Reference(section, seed=0)) == 10_000
    section = directory.read_config(workdir).data
    assert len(Reference(section, seed=0).held_out_or_train) == section.points
    section.points = 5_000
    assert evaluate._count(Reference(section, seed=0)) == 10_000
    section.points = 4_999
    assert evaluate._count(Reference(section, seed=0)) == 2_000


def test_a_damaged_file_shows_before_anything_is_measured(workdir, tmp_path):
    shutil.copytree(workdir, tmp_path / "run")
    path = tmp_path / "run" / "metrics.json"
    path.write_text("[{")
    result = command("evaluate", f"--workdir={tmp_path}/run", "--metrics=modes")
    assert result.returncode == 1 and f"{path} cannot be read as a list" in result.stderr
    assert "modes_" not in result.stdout and path.read_text() == "[{"


@pytest.mark.slow
def test_weights_without_an_average_are_the_trained_ones(tmp_path):
    config = small_config(
        **{"data.name": "ring", "networks.name": "points", "model.moving_average": 0.0}
    )
    config.model.latent_dim = 2
    tf_gan.train(config, tmp_path)
    assert command("evaluate", f"--workdir={tmp_path}", "--metrics=modes").returncode == 0
    assert {entry["weights"] for entry in record.read(tmp_path / "metrics.json")} == {"trained"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--metrics=fid"], "'frechet'"),
        (["--baselines=truth"], "'kmeans'"),
        (["--samples=0"], "samples"),
        (["--extractor=incepton"], "classifier, contrastive, or a .keras file. Received: --extr"),
        (["--held_out=nowhere"], "Received: --held_out=nowhere, which is not there"),
        (["--validation=x.npz"], "Received: --validation=x.npz, which is not there"),
        (["--benchmarks=nowhere"], "to be a folder. Received: --benchmarks=nowhere"),
        (["--inception_weights=x.h5"], "to be a file. Received: --inception_weights=x.h5"),
        (["--metrics=frechet"], "  frechet: Compares images"),
        (["--data=elsewhere"], "'elsewhere' has no effect: the data set 'ring' reads no files"),
        (
            ["--metrics=my_package.missing"],
            "'my_package.missing', and there is no module 'my_package'",
        ),
    ],
)
def test_errors_are_one_message(workdir, arguments, message):
    result = command("evaluate", f"--workdir={workdir}", *arguments)
    assert result.returncode == 1 and message in result.stderr and "Traceback" not in result.stderr


@pytest.mark.parametrize("texts", [["0"], ["0", "one"], ["0", "1", "2"]])
def test_a_range_is_two_numbers(texts):
    assert evaluate._range(["-1", "1"]) == (-1.0, 1.0)
    with pytest.raises(
        UserError, match=f"LOW,HIGH, two numbers. Received: --extractor_range={','.join(texts)}"
    ):
        evaluate._range(texts)


def test_a_run_that_is_not_there():
    result = command("evaluate", "--workdir=/nowhere")
    assert result.returncode == 1 and "No run in '/nowhere'" in result.stderr


@pytest.mark.slow
def test_during_training_the_logs_have_the_metrics(tmp_path):
    config = small_config(
        **{
            "data.name": "ring",
            "networks.name": "points",
            "evaluate_every": 2,
            "evaluate_metrics": "modes",
            "evaluate_samples": 100,
        }
    )
    config.model.latent_dim = 2
    config.epochs = 3
    tf_gan.train(config, tmp_path)
    lines = metrics_log.read(tmp_path / "metrics.jsonl")
    assert ["modes_100" in line for line in lines] == [False, True, True]
    assert 0 <= lines[-1]["modes_100"] <= 8


@pytest.fixture
def extractor(tmp_path):
    """A `.keras` file: four weighted sums of the pixels of 8x8 digits, in [0, 1]."""
    images = keras.Input((8, 8, 1))
    keras.Model(images, keras.layers.Dense(4)(keras.layers.Flatten()(images))).save(
        tmp_path / "sums.keras"
    )
    return str(tmp_path / "sums.keras")


@pytest.mark.slow
def test_during_training_features_are_those_of_the_config(tmp_path, extractor):
    fields = {
        "evaluate_every": 1,
        "evaluate_metrics": "frechet, kernel",
        "evaluate_samples": 110,
        "jit_compile": "false",
    }
    config = small_config(
        **fields, evaluate_extractor=extractor, evaluate_extractor_range=(0.0, 1.0)
    )
    config.epochs = 1
    model = tf_gan.train(config, tmp_path / "run")
    (line,) = metrics_log.read(tmp_path / "run" / "metrics.jsonl")
    assert line["fid_sums_110"] > 0 and "kid_sums_110_vs_1797" in line
    again = Reference(config.data, seed=0, extractor=extractor, extractor_range=(0.0, 1.0))
    assert line["fid_sums_110"] == pytest.approx(
        evaluation_room.evaluate(of_model(model, count=110), again, ["frechet"])[0].value,
        rel=1e-4,
    )
    config = directory.read_config(tmp_path / "run")
    config.evaluate_extractor = "classifier"  # What it measures may change when a run goes on.
    directory.prepare_directory(tmp_path / "run", config)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"data.name": "ring", "networks.name": "points", "model.latent_dim": 2},
            "Leave the metric out",
        ),
        ({"evaluate_extractor": "inception"}, "--inception_weights=FILE"),
        ({"evaluate_metrics": "parzen"}, "--validation=FILE.npz"),
        ({"evaluate_held_out": "/nowhere"}, "--held_out=/nowhere, which is not there"),
        (
            {
                "evaluate_samples": 5,
                "evaluate_metrics": "kernel",
                "evaluate_extractor": "extractor",
            },
            "at least 10 samples",
        ),
    ],
)
def test_impossible_metric_stops_before_the_first_step(tmp_path, extractor, changes, message):
    changes = {key: extractor if value == "extractor" else value for key, value in changes.items()}
    with pytest.raises(UserError, match="evaluations during training would fail") as error:
        tf_gan.train(small_config(evaluate_every=2, **changes), tmp_path / "run")
    assert message in str(error.value) and "evaluate_extractor" in str(error.value)
    assert f"would fail. {changes.get('evaluate_metrics', 'frechet')}: " in str(error.value)
    assert not (tmp_path / "run" / "metrics.jsonl").exists() and not list(
        tmp_path.glob("run/checkpoints/*")
    )


@pytest.mark.slow
def test_during_training_the_digits_have_their_classifier(tmp_path):
    config = small_config(evaluate_every=1, evaluate_metrics="frechet", evaluate_samples=100)
    config.epochs = 1
    tf_gan.train(config, tmp_path)
    assert metrics_log.read(tmp_path / "metrics.jsonl")[0]["fid_digits_classifier_100"] > 0


def test_the_interval_is_at_least_one():
    with pytest.raises(UserError, match="`every`"):
        evaluation.Evaluation(None, every=0)


def test_standing_statistics_are_noted(workdir):
    code = """
import tf_gan
tf_gan.GAN.set_standing_statistics = lambda self, batches: None  # For want of layers with them.
from tf_gan.cli import evaluate
evaluate.run()
"""
    arguments = (f"--workdir={workdir}", "--metrics=modes", "--samples=40", "--seed=5")
    for batches in ((), ["--standing_batches=2"]):
        assert python(code, *arguments, *batches).returncode == 0
    entries = [e for e in record.read(workdir / "metrics.json") if e["name"] == "modes_40"]
    assert [entry.get("standing_batches") for entry in entries] == [None, 2]


def test_trained_weights_are_not_the_averaged_ones(workdir):
    values = []
    for weights in evaluate.WEIGHTS:
        arguments = ["--metrics=sliced_wasserstein", "--samples=50", f"--weights={weights}"]
        assert command("evaluate", f"--workdir={workdir}", *arguments).returncode == 0
        values += [
            entry["value"]
            for entry in record.read(workdir / "metrics.json")
            if entry.get("weights") == weights and entry["name"] == "sliced_wasserstein_50"
        ][-1:]
    assert np.isfinite(values).all() and values[0] != values[1]


@pytest.mark.parametrize("batches", [0, 3])
def test_standing_statistics_of_the_trained_weights(batches):
    networks = mlp.build_generator((8, 8, 1), 4, units=(8, 6)), mlp.build_discriminator((8, 8, 1))
    gan = tf_gan.GAN(*networks, 4, moving_average=0.9)
    gan.compile()
    gan.fit(tf_gan.data.digits()[:64], batch_size=16, epochs=1, verbose=0)
    trained = gan.generator.get_weights()
    assert not np.array_equal(gan.average_generator.get_weights()[0], trained[0])
    evaluate.take_trained(gan, batches)
    same = [
        np.array_equal(a, b)
        for a, b in zip(gan.average_generator.get_weights(), trained, strict=True)
    ]
    moving = ["moving" in weight.name for weight in gan.generator.weights]
    assert any(moving) and same == [not (batches and each) for each in moving]

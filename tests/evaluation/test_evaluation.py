"""What is compared with what, on the digits that come with scikit-learn and on toy
densities.
"""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tf_gan import data, evaluation, metrics, registry
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples, baselines
from tf_gan.evaluation.samples import of_model
from tf_gan.metrics import Estimate


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The digits, with a network of fixed random weights for features."""
    path = tmp_path_factory.mktemp("extractor") / "stand_in.keras"
    keras.utils.set_random_seed(0)
    images = keras.Input((8, 8, 1))
    keras.Model(
        images, keras.layers.Dense(16, activation="relu")(keras.layers.Flatten()(images))
    ).save(path)
    held_out = path.with_name("held_out.npz")
    # Of their kind, and none of them a training image.
    np.savez(held_out, images=np.rot90(data.digits().images[1000:], axes=(1, 2)))
    return Reference(default_config().data, seed=0, extractor=str(path), held_out=str(held_out))


def real(reference, count=600):
    return baselines.baseline("real", reference, count)


def test_every_metric_has_a_score_and_help():
    assert {
        "parzen",
        "frechet",
        "kernel",
        "inception_score",
        "precision_recall",
        "modes",
        "memorization",
    } <= set(evaluation.names())
    helps = registry.summaries("evaluation/scores", "score")
    assert sorted(helps) == evaluation.names()
    for name in evaluation.names():
        assert helps[name].endswith(".")
        assert callable(evaluation.get(name).score)


def test_unknown_metric_lists_the_known_ones():
    with pytest.raises(UserError, match=r"Unknown metric.*\['.*Received: 'fid'.*mean 'frechet'"):
        evaluation.get("fid")


@pytest.mark.parametrize(
    ("n", "text"), [(10_000, "10k"), (2000, "2k"), (1797, "1797"), (500, "500")]
)
def test_counts_in_names(n, text):
    assert evaluation.thousands(n) == text


def test_names_carry_extractor_and_count(reference):
    samples = real(reference, 120)
    names = [
        s.name
        for name in ("frechet", "precision_recall", "kernel")
        for s in evaluation.get(name).score(samples, reference)
    ]
    assert names == [
        "fid_stand_in_120",
        "precision_stand_in_120",
        "recall_stand_in_120",
        "kid_stand_in_120_vs_797",
    ]


def test_kernel_distance_of_large_and_of_small_sets(reference, monkeypatch):
    """Subsets of the paper's size need no mention; sets of fewer than 2,000 are compared as a
    whole, and of fewer than 10 nothing is said.
    """
    monkeypatch.setattr(
        evaluation.get("kernel"),
        "kernel_distance",
        lambda real, fake, subset_size: Estimate(subset_size, 0.5),
    )
    stub = types.SimpleNamespace(
        extractor=reference.extractor,
        features=(np.zeros((2000, 3)), None),
        features_of=lambda s: (np.zeros((s.count, 3)), None),
        describe=str,
        protocol={},
    )
    score = evaluation.get("kernel").score(Samples("x", None, 3000), stub)[0]
    assert (score.name, score.value, score.error) == ("kid_stand_in_3k", 1000, 0.5)
    features = np.random.default_rng(0).normal(size=(2500, 3))
    spread = features[np.arange(2000) * 5 // 4]
    stub.features, stub.features_of = (features, None), lambda s: (features[-s.count :], None)
    score = evaluation.get("kernel").score(Samples("x", None, 60), stub)[0]
    assert (score.name, score.value, score.error) == (
        "kid_stand_in_60_vs_2k",
        pytest.approx(metrics.squared_mmd(spread, features[-60:])),
        pytest.approx(metrics.squared_mmd_error(spread, features[-60:])),
    )
    assert (
        score.protocol.startswith("60 samples against")
        and "2,000 of them, evenly spaced" in score.protocol
    )
    # The deviation between subsets of 1,000 out of 1,000 would be 0.
    score = evaluation.get("kernel").score(Samples("x", None, 1000), stub)[0]
    assert score.name == "kid_stand_in_1k_vs_2k" and score.error > 1e-4
    with pytest.raises(UserError, match=r"at least 10 samples.*Received: 9 and 2500"):
        evaluation.get("kernel").score(Samples("x", None, 9), stub)


def test_frechet_is_zero_for_the_reference_itself_and_grows_with_noise(reference):
    images = reference.unit(reference.test)
    same = evaluation.get("frechet").score(
        Samples("same", lambda n: images, len(images)), reference
    )[0]
    noisy = images + np.random.default_rng(0).uniform(0, 0.3, images.shape).astype(np.float32)
    other = evaluation.get("frechet").score(
        Samples("noisy", lambda n: np.clip(noisy, 0, 1), len(images)), reference
    )[0]
    assert abs(same.value) < 1e-3 < other.value
    assert "797 samples against 797 images of" in same.protocol and "held_out" in same.protocol
    assert (
        "value_range [0.0, 255.0]" in same.protocol
        and reference.extractor.checksum[:8] in same.protocol
    )
    details = same.details["reference"]
    assert (
        details["weights"] == reference.extractor.checksum
        and details["count"] == 797
        and len(details["images"]) == 64
    )
    assert same.details == other.details


def test_the_range_of_an_extractor_is_part_of_the_protocol(reference):
    bright = Reference(
        reference.config,
        seed=0,
        extractor=reference.wanted,
        extractor_range=(0, 1),
        held_out=reference.held_out,
    )
    scores = [
        evaluation.get("frechet").score(real(bright), each)[0] for each in (bright, reference)
    ]
    assert "value_range [0.0, 1.0]" in scores[0].protocol
    # ReLU of products, without a bias that is not 0.
    assert scores[1].value == pytest.approx(255**2 * scores[0].value, rel=1e-3)


def test_parzen_states_sigma_counts_and_splits():
    config = default_config()
    config.data.name = "ring"
    config.data.points = 2000
    reference = Reference(config.data, seed=0)
    score = evaluation.get("parzen").score(real(reference, 500), reference)[0]
    assert score.name == "parzen_500"
    # The modes are narrower than the grid's smallest width.
    assert score.details["sigma"] == pytest.approx(0.1) and "0.1" not in score.protocol
    assert (
        "first 1,000 images of ring, validation split" in score.protocol
        and "2,000 images of ring, test split" in score.protocol
    )
    assert np.isfinite(score.value) and score.error > 0


def test_modes_of_the_ring():
    config = default_config()
    config.data.name = "ring"
    reference = Reference(config.data, seed=0)
    assert [s.value for s in evaluation.get("modes").score(real(reference, 1000), reference)] == [
        8,
        pytest.approx(0.989, abs=0.012),
    ]
    one = Samples("one", lambda n: np.tile([[2.0, 0.0]], (n, 1)).astype(np.float32), 100)
    count, share = evaluation.get("modes").score(one, reference)
    assert (count.value, share.value) == (1, 1)
    assert count.details["kl_to_uniform"] == pytest.approx(np.log(8))


def test_memorization_tells_copies_from_new_images(reference):
    copies = Samples("copies", lambda n: reference.unit(reference.train, n), 100)
    assert evaluation.get("memorization").score(copies, reference)[0].value == 0


def test_classes_of_a_held_out_folder_are_those_of_the_training_folder(tmp_path):
    for folder, classes in (("train", "abc"), ("test", "cb"), ("other", "ad")):
        for number, name in enumerate(classes):
            (tmp_path / folder / name).mkdir(parents=True)
            Image.new("L", (8, 8), number).save(tmp_path / folder / name / "1.png")
    config = default_config().data
    with config.unlocked():
        config.update(
            {
                "name": "image_folder",
                "path": str(tmp_path / "train"),
                "image_size": 8,
                "channels": 1,
                "labels": True,
            }
        )
        config.update({"image_shape": (8, 8, 1)})
    test = Reference(config, seed=0, held_out=str(tmp_path / "test")).test
    assert test.labels.tolist() == [1, 2] and test.class_names == ("a", "b", "c")
    with pytest.raises(UserError, match=r"some of \['a', 'b', 'c'\]\. Received: \['d'\]"):
        _ = Reference(config, seed=0, held_out=str(tmp_path / "other")).test


def test_data_without_held_out_split():
    reference = Reference(default_config().data, seed=0)
    with pytest.raises(
        UserError,
        match=(
            r"Needs validation images beside the training images, and digits has"
            r" none.*--validation=FILE.npz"
        ),
    ):
        evaluation.get("parzen").score(
            Samples("x", lambda n: np.zeros((n, 8, 8, 1), np.float32), 10), reference
        )
    with pytest.raises(UserError, match=r"Needs test images.*--held_out=FOLDER"):
        evaluation.get("memorization").score(
            Samples("x", lambda n: np.zeros((n, 8, 8, 1), np.float32), 10), reference
        )


def test_the_splits_of_images_in_memory():
    digits = data.digits()
    train, validation, test = digits[:100], digits[100:200], digits[200:300]
    for split in ("validation", "test"):
        with pytest.raises(UserError, match=rf"^Needs {split}.*: {split}=Examples.*Reference\.of"):
            Reference.of(train).need(split)
    reference = Reference.of(train, test, validation=validation)
    assert (
        "100 images of"
        in evaluation.get("parzen").score(real(reference, 90), reference)[0].protocol
    )
    with pytest.raises(UserError, match=r"validation=.*Received: str"):
        Reference.of(train, validation="/nowhere")
    with pytest.raises(UserError, match=r"test=Examples\. Received: held_out"):
        Reference.of(train, held_out="/nowhere")


def test_parzen_on_data_without_splits(reference, tmp_path):
    images = np.rot90(data.digits().images[:200], axes=(1, 2))
    np.savez(tmp_path / "validation.npz", images=images[:150])
    ours = Reference(
        reference.config,
        seed=0,
        held_out=reference.held_out,
        validation=str(tmp_path / "validation.npz"),
    )
    score = evaluation.get("parzen").score(real(ours, 300), ours)[0]
    assert (
        f"first 150 images of {tmp_path}/validation.npz, mean over 797 images of"
        f" {reference.held_out}" in score.protocol
    )
    assert np.isfinite(score.value)


def test_a_folder_of_held_out_pictures_has_the_size_of_the_training_images(reference, tmp_path):
    for number in range(3):
        Image.fromarray(np.full((20, 30, 3), 80 * number, np.uint8)).save(
            tmp_path / f"{number}.png"
        )
    test = Reference(reference.config, seed=0, held_out=str(tmp_path)).test
    assert (test.images.shape, test.name) == ((3, 8, 8, 1), str(tmp_path))


def test_held_out_images_that_do_not_fit(reference, tmp_path):
    with pytest.raises(UserError, match=r"Received: --held_out=/nowhere, which is not there"):
        Reference(reference.config, seed=0, held_out="/nowhere").need("test")
    np.savez(tmp_path / "large.npz", images=np.zeros((5, 9, 9, 1), np.uint8))
    with pytest.raises(
        UserError,
        match=(
            r"shape \(8, 8, 1\), that of the training images, in --validation=.*Received: images of"
            r" shape \(9, 9, 1\)"
        ),
    ):
        Reference(reference.config, seed=0, validation=str(tmp_path / "large.npz")).need(
            "validation"
        )
    config = default_config().data
    with config.unlocked():
        config.name = "ring"
    with pytest.raises(UserError, match=r"an .npz file, for data of shape \(2,\)"):
        Reference(config, seed=0, held_out=str(tmp_path)).need("test")


def test_split_to_compare_with(reference):
    with pytest.raises(
        UserError, match=r"one of \['auto', 'train', 'validation', 'test'\]. Received: 'all'"
    ):
        Reference(reference.config, seed=0, split="all")
    train = Reference(
        reference.config,
        seed=0,
        extractor=reference.wanted,
        held_out=reference.held_out,
        split="train",
    )
    score = evaluation.get("frechet").score(real(train, 1797), train)[0]
    assert score.value == pytest.approx(0, abs=1e-3)
    assert (
        "1,797 images of digits (training images; the baselines use the same ones)"
        in score.protocol
    )
    assert "training" not in evaluation.get("frechet").score(real(reference), reference)[0].protocol
    plain = Reference(reference.config, seed=0)
    assert (
        "training images"
        in evaluation.get("sliced_wasserstein").score(real(plain, 100), plain)[0].protocol
    )


def test_metrics_of_a_model_need_one(reference):
    names = ["sharpness", "label_agreement"]
    assert list(evaluation.measure(real(reference), reference, names)[0]) == ["sharpness"]
    with pytest.raises(UserError, match=r"^label_agreement: needs the model"):
        evaluation.evaluate(real(reference), reference, names)


def test_splits_of_a_known_set(monkeypatch):
    """The validation images are those behind the training split; of a whole training
    split its last sixth.
    """

    def load(config, seed=0):
        sizes = {
            "train": 60,
            "train[:50]": 50,
            "train[50:]": 10,
            "train[20%:]": 48,
            "train[:20%]": 12,
            "train[5:30]": 25,
            "test": 10,
        }
        if config.split not in sizes:
            raise data.UnknownSplitError(config.split)
        return data.Examples(
            np.zeros((sizes[config.split], 4, 4, 1), np.uint8), name=f"mnist {config.split}"
        )

    monkeypatch.setattr(data, "load", load)
    config = default_config().data
    with config.unlocked():
        config.name = "mnist"
    config.split = "train[:50]"
    assert [Reference(config, seed=0).validation.name, Reference(config, seed=0).test.name] == [
        "mnist train[50:]",
        "mnist test",
    ]
    config.split = "train[20%:]"
    assert (
        Reference(config, seed=0).validation.name,
        len(Reference(config, seed=0).validation),
    ) == (
        "mnist train[:20%]",
        12,
    )
    for split, n in (("train", 10), ("train[5:30]", 4)):
        config.split = split
        assert (
            Reference(config, seed=0).validation.name,
            len(Reference(config, seed=0).validation),
        ) == (
            f"mnist {split}, last {n} of the training images",
            n,
        )


def test_broken_test_split_raises(monkeypatch):
    def load(config, seed=0):
        raise error

    monkeypatch.setattr(data, "load", load)
    config = default_config().data
    with config.unlocked():
        config.name = "mnist"
    error = data.UnknownSplitError("no such split")
    assert Reference(config, seed=0).test is None
    error = ValueError("images of different sizes")
    with pytest.raises(ValueError, match="different sizes"):
        _ = Reference(config, seed=0).test


def test_data_that_cannot_be_loaded_are_tried_once(monkeypatch):
    calls = []

    def load(config, seed):
        calls.append(config.split)
        raise UserError("no network")

    monkeypatch.setattr(data, "load", load)
    config = default_config().data
    with config.unlocked():
        config.name = "mnist"
    measured, reasons = evaluation.measure(
        Samples("x", lambda n: np.zeros((n, 28, 28, 1), np.float32), 10),
        Reference(config, seed=0),
        ["sharpness", "sliced_wasserstein", "memorization"],
    )
    assert (measured, set(reasons.values()), calls) == ({}, {"no network"}, ["test"])


def test_reference_features_are_kept_on_disk(reference, tmp_path, monkeypatch):
    monkeypatch.setenv("TF_GAN_CACHE", str(tmp_path))
    first = Reference(
        reference.config, seed=0, extractor=reference.wanted, held_out=reference.held_out
    )
    features = first.features[0]
    assert len(list(tmp_path.glob("reference/*.npz"))) == 1
    second = Reference(
        reference.config, seed=0, extractor=reference.wanted, held_out=reference.held_out
    )
    monkeypatch.setattr(second.extractor, "outputs", lambda *_: pytest.fail("computed again"))
    np.testing.assert_array_equal(second.features[0], features)


def test_no_extractor_fits_points():
    config = default_config().data
    with config.unlocked():
        config.name = "ring"
    reference = Reference(config, seed=0)
    with pytest.raises(UserError, match=r"ring.* of shape \(2,\) .* Leave the metric out"):
        _ = reference.extractor


@pytest.mark.parametrize("labels", [[0, 1, -1, 0], [0, 1, 2, 0]], ids=["unknown", "new"])
def test_labels_that_no_classifier_can_learn(labels, monkeypatch):
    images = np.zeros((4, 8, 8, 1), np.uint8)
    train = data.Examples(images, np.array([0, 1, 1, 0]))
    test = data.Examples(images, np.array(labels))
    monkeypatch.setattr(evaluation.extractors.features, "train_contrastive", lambda *_: "taken")
    assert Reference.of(train, test).extractor == "taken"
    monkeypatch.setattr(evaluation.extractors.features, "train_classifier", lambda *_: "other")
    assert Reference.of(train, train).extractor == "other"


def test_inception_is_taken_where_there_are_weights(monkeypatch):
    monkeypatch.setattr(evaluation.extractors.features, "inception", lambda path: f"of {path}")
    examples = data.digits()[:20]
    assert Reference.of(examples, inception_weights="a.pth").extractor == "of a.pth"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("digits", "digits"),
        ("digits_outlines", "digits_outlines"),  # They are enlarged.
        ("fashion_mnist_outlines", "fashion_mnist"),
    ],
)
def test_the_classifier_of_pairs_is_that_of_their_images(name, known):
    config = default_config().data
    config.name = name
    assert evaluation.extractors._known(Reference(config, seed=0)) == known


@pytest.mark.parametrize(
    ("name", "path", "word"),
    [("npz", "a/my set_train.npz", "my_set"), ("my.pictures", "", "my_pictures")],
)
def test_names_of_classifiers(name, path, word):
    section = types.SimpleNamespace(name=name, path=path)
    assert evaluation.extractors._name(section) == word


def test_inception_needs_its_weights(reference):
    with pytest.raises(UserError, match=r"--inception_weights=FILE. Received: no file"):
        _ = Reference(reference.config, seed=0, extractor="inception").extractor


def test_sharpness_is_that_of_samples_over_that_of_the_reference(reference):
    halved = Samples("x", lambda n: reference.unit(reference.test, n) / 2, 100)
    ours = Reference(reference.config, seed=0, held_out=reference.held_out, count=100)
    score = evaluation.get("sharpness").score(halved, ours)[0]
    # It goes with the square of the contrast.
    assert (score.name, score.value) == ("sharpness_100", pytest.approx(1 / 4, rel=1e-5))
    assert score.details["samples"] == pytest.approx(score.value * score.details["images"])
    assert score.error == pytest.approx(
        0.25 * 2**0.5 * spread(reference.test.spread(100)), rel=0.15
    )
    assert score.protocol == (
        f"mean of 100 samples over that of 100 evenly spaced images of {reference.held_out};"
        " error: bootstrap over both"
    )


def spread(examples):
    """The standard error of the mean sharpness, relative to it."""
    values = metrics.sharpness(Reference.unit(examples))
    return values.std() / values.mean() / len(values) ** 0.5


def test_ms_ssim_of_real_images_stands_beside_that_of_samples():
    images = np.random.default_rng(0).integers(0, 256, (12, 16, 16, 1), np.uint8)
    reference = Reference.of(data.Examples(images))
    alike = Samples("x", lambda n: np.full((n, 16, 16, 1), 0.5, np.float32), 30)
    (score,) = evaluation.get("ms_ssim").score(alike, reference)
    assert (score.name, score.value) == ("ms_ssim_30", pytest.approx(1))
    real = metrics.ms_ssim_diversity(images, value_range=(0, 255)).ms_ssim
    assert score.details == {"real": pytest.approx(real, abs=1e-5)} and real < 0.5


def test_memorization_looks_at_2000_images_of_each():
    images = np.random.default_rng(0).integers(0, 256, (5000, 1, 2, 1), np.uint8)
    reference = Reference.of(data.Examples(images[:10]), data.Examples(images[10:]))
    samples = Samples("x", lambda n: images[:n] / np.float32(255), 2500)
    for score in evaluation.get("memorization").score(samples, reference):
        assert score.name.endswith("_2k") and "2,000 samples and 2,000 images" in score.protocol


def test_the_first_validation_images_choose_sigma(monkeypatch):
    sets = []

    def record(samples, validation, test, **settings):
        sets.extend([validation, test])
        return metrics.parzen.ParzenResult(0.0, 0.0, 0.1)

    monkeypatch.setattr(evaluation.get("parzen"), "parzen_log_likelihood", record)
    images = np.arange(3000, dtype=np.float32).reshape(3000, 1, 1, 1)
    part = data.Examples(images[:1500], value_range=(0, 3000))
    other = data.Examples(images[1500:], value_range=(0, 3000))
    reference = Reference.of(part, other, validation=part)
    evaluation.get("parzen").score(Samples("x", lambda n: images[:n], 10), reference)
    for found, expected in zip(sets, (images[:1000], images[1500:]), strict=True):
        np.testing.assert_allclose(found, expected / 3000, atol=1e-6)


def test_the_inception_score_needs_classes(reference):
    with pytest.raises(UserError, match="The extractor 'stand_in' has no class probabilities"):
        evaluation.get("inception_score").score(real(reference, 20), reference)


def test_class_histogram_needs_classes(reference):
    with pytest.raises(UserError, match="--extractor=classifier"):
        evaluation.get("class_histogram").score(real(reference, 20), reference)


def test_class_histogram_of_equal_shares_and_of_one_class():
    probabilities = np.eye(4)[np.arange(100) % 4]
    extractor = types.SimpleNamespace(name="stub", checksum="0" * 8)
    reference = types.SimpleNamespace(
        extractor=extractor,
        features=(None, probabilities),
        probabilities_of=lambda s: s.images,
        describe=lambda: "the data",
        protocol={},
    )
    same = evaluation.get("class_histogram").score(
        Samples("x", lambda n: probabilities, 100), reference
    )[0]
    one = evaluation.get("class_histogram").score(
        Samples("x", lambda n: np.eye(4)[np.zeros(100, int)], 100), reference
    )[0]
    assert same.value == pytest.approx(0)
    assert one.value == pytest.approx(np.log(4))
    assert one.details["shares"] == [1, 0, 0, 0]
    # Classes that the reference lacks count as one image each: shares still sum to 1.
    few = np.eye(10)[np.arange(10) % 2]
    reference.features = (None, few)
    all_ten = np.eye(10)[np.arange(100) % 10]
    value = (
        evaluation.get("class_histogram")
        .score(Samples("x", lambda n: all_ten, 100), reference)[0]
        .value
    )
    floored = np.array([0.5, 0.5] + [0.1] * 8) / 1.8
    assert value == pytest.approx(np.mean(np.log(0.1 / floored))) and value > 0


def test_the_gaussian_of_numbers():
    numbers = np.random.default_rng(0).normal(3, 2, (500, 1)).astype(np.float32)
    made = baselines.gaussian(numbers, 4000, 0)
    assert made.shape == (4000, 1)
    assert made.std() == pytest.approx(numbers.std(), rel=0.05)
    pairs = numbers @ np.array([[1.0, -2.0]], np.float32)
    made = baselines.gaussian(pairs + np.flip(numbers, axis=0), 4000, 0)
    expected = np.cov(pairs + np.flip(numbers, axis=0), rowvar=False)
    np.testing.assert_allclose(np.cov(made, rowvar=False), expected, rtol=0.15)


# === Baselines ===


def test_baselines():
    train = np.random.default_rng(0).normal([1, -2, 3], [1, 2, 0.5], (4000, 3)).astype(np.float32)
    drawn = baselines.real(train, 100, 0)
    assert all((row == train).all(axis=1).any() for row in drawn[:5])
    np.testing.assert_allclose(
        baselines.mean(train, 3, 0), np.tile(train.mean(0), (3, 1)), atol=1e-5
    )
    gaussian = baselines.gaussian(train, 20_000, 0)
    np.testing.assert_allclose(gaussian.mean(0), train.mean(0), atol=0.06)
    np.testing.assert_allclose(gaussian.std(0), train.std(0), rtol=0.03)
    # Lloyd's iteration never raises the mean squared distance to the nearest centroid.
    start, centroids = baselines.real(train, 50, 0), baselines.kmeans(train, 50, 0)

    def distortion(points):
        return np.square(train[:, None] - points).sum(-1).min(1).mean()

    assert distortion(centroids) < 0.8 * distortion(start)
    with pytest.raises(
        UserError, match=r"Expected some of \['gaussian', 'kmeans', 'mean', 'real'\]"
    ):
        baselines.baseline("k-means", None, 10)


def test_samples_of_a_model_are_those_of_generate():
    class GenerativeModel:
        data_range = (-1.0, 1.0)

        def generate(self, n, seed):
            return np.full((n, 2, 2, 1), -1.0 + seed, np.float32)

    samples = of_model(GenerativeModel(), count=3, seed=1)
    assert samples.images.shape == (3, 2, 2, 1)
    np.testing.assert_allclose(samples.images, 0.5)
    assert isinstance(tf.constant(samples.images), tf.Tensor)
    with pytest.raises(UserError, match="at least one sample"):
        of_model(GenerativeModel(), count=0)


# === Of models ===


def test_label_agreement_counts_requested_labels():
    labels = np.array([0, 1, 2, 3] * 5)
    model = types.SimpleNamespace(
        num_classes=4, sample_inputs=lambda n, seed: (None, tf.constant(labels))
    )
    found = np.where(np.arange(20) < 5, (labels + 1) % 4, labels)
    extractor = types.SimpleNamespace(
        name="stub", describe=lambda: "stub, weights 1a2b3c4d", protocol=dict
    )
    reference = types.SimpleNamespace(
        extractor=extractor, probabilities_of=lambda s: np.eye(4)[found]
    )
    score = evaluation.get("label_agreement").score(Samples("x", None, 20, model), reference)[0]
    assert (score.name, score.value) == ("label_agreement_stub_20", 0.75)
    assert score.protocol.endswith("classes by stub, weights 1a2b3c4d")
    model.num_classes = 1008
    with pytest.raises(
        UserError, match=r"1008 classes, such as --extractor=classifier. Received: 'stub', with 4"
    ):
        evaluation.get("label_agreement").score(Samples("x", None, 20, model), reference)
    model.num_classes = None
    with pytest.raises(UserError, match="conditional run"):
        evaluation.get("label_agreement").score(Samples("x", None, 20, model), reference)


def test_features_of_a_discriminator_are_classified():
    def half_bright(n, seed):
        labels = np.arange(n) % 2
        images = np.random.default_rng(seed).integers(0, 100, (n, 8, 8, 1)).astype(np.uint8)
        images[:, :4] += (100 * labels)[:, None, None, None].astype(np.uint8)
        return data.Examples(images, labels.astype(np.int32), name="halves")

    images = keras.Input((8, 8, 1))
    x = keras.layers.LeakyReLU(0.2)(keras.layers.Conv2D(4, 3, padding="same")(images))
    discriminator = keras.Model(images, keras.layers.Dense(1)(keras.layers.Flatten()(x)))
    reference = types.SimpleNamespace(
        train_in_memory=half_bright(240, 0),
        need=lambda split: half_bright(60, 1),
        config=types.SimpleNamespace(name="halves"),
    )
    samples = Samples(
        "x",
        None,
        10,
        types.SimpleNamespace(discriminator=discriminator, roles=("generator", "discriminator")),
    )
    score = evaluation.get("feature_classification").score(samples, reference)[0]
    assert (
        score.name == "feature_classification_100"
        and score.value == 1.0
        and "60 images of halves" in score.protocol
    )
    unknown = half_bright(260, 0)
    unknown.labels[240:] = -1
    reference.train_in_memory = unknown
    assert evaluation.get("feature_classification").score(samples, reference)[0].value == 1.0
    reference.need = lambda split: data.Examples(half_bright(60, 1).images, name="pictures")
    with pytest.raises(UserError, match=r"with labels\. Received: pictures, which has none"):
        evaluation.get("feature_classification").score(samples, reference)
    with pytest.raises(
        UserError, match=r"expected a model that has one\. Received: SimpleNamespace"
    ):
        evaluation.get("feature_classification").score(
            Samples("x", None, 10, types.SimpleNamespace(roles=("generator",))), reference
        )

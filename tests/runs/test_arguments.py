"""From sections of a config to values that move."""

import inspect

import numpy as np
import pytest

from tf_gan.config import default_config
from tf_gan.evaluation import Reference
from tf_gan.penalties import R1
from tf_gan.runs import arguments


def scheduled(**fields):
    """Returns a config whose values move over 6,400 images, 100 steps of 64."""
    config = default_config()
    config.batch_size = 64
    config.schedule.images = 6.4
    for name, value in fields.items():
        section, field = name.split("__")
        config[section][field] = value
    return config


def at(value, steps=(0, 50, 100, 500)):
    return [float(value(step)) for step in steps]


def rates(optimizer):
    values = []
    for step in (0, 50, 100, 500):
        optimizer.iterations.assign(step)
        values.append(float(optimizer.learning_rate))
    return values


def test_the_learning_rates_fall_by_half_a_cosine():
    config = scheduled(schedule__learning_rate=0.25, optimizer__generator_learning_rate=4e-3)
    taken = {"generator_optimizer", "discriminator_optimizer"}
    made = arguments.compile_arguments(config, taken, 50)
    rate = rates(made["generator_optimizer"])
    np.testing.assert_allclose(rate, [4e-3, 2.5e-3, 1e-3, 1e-3], rtol=1e-5)
    rate = rates(made["discriminator_optimizer"])
    np.testing.assert_allclose(rate, [1e-3, 0.625e-3, 0.25e-3, 0.25e-3], rtol=1e-5)


def test_beta_2_moves_to_its_end():
    config = scheduled(schedule__beta_2=0.99, optimizer__beta_2=0.9)
    made = arguments.compile_arguments(config, {"generator_optimizer"}, 50)["generator_optimizer"]
    np.testing.assert_allclose(at(made.beta_2), [0.9, 0.945, 0.99, 0.99], rtol=1e-5)


def test_the_weight_of_the_penalties_falls_to_a_share():
    config = scheduled(
        schedule__penalty_weight=0.1, objective__penalties="r1,r2", objective__penalty_weight=5.0
    )
    penalties = arguments.compile_arguments(config, {"penalties"}, 50)["penalties"]
    assert [type(each).__name__ for each in penalties] == ["R1", "R2"]
    for penalty in penalties:
        np.testing.assert_allclose(at(penalty.weight), [5.0, 2.75, 0.5, 0.5], rtol=1e-5)


def test_the_augmentation_rises():
    config = scheduled(schedule__augment_p=True, objective__augment="ada", objective__augment_p=0.3)
    augment = arguments.compile_arguments(config, {"augment"}, 50)["augment"]
    np.testing.assert_allclose(at(augment.p), [0.0, 0.15, 0.3, 0.3], atol=1e-6)
    config = scheduled(objective__augment="color", objective__augment_p=0.3)
    augment = arguments.compile_arguments(config, {"augment"}, 50)["augment"]
    assert (augment.p, augment.policy) == (0.3, "color")


def test_what_is_set_arrives():
    config = scheduled(objective__generator_batch_factor=2, objective__discriminator_steps=3)
    taken = {"generator_batch_factor", "discriminator_steps"}
    assert arguments.compile_arguments(config, taken, 50) == {
        "generator_batch_factor": 2,
        "discriminator_steps": 3,
    }
    assert arguments.schedule_steps(config) == pytest.approx(6400 / (64 * 3))


@pytest.mark.parametrize(
    ("name", "field", "values"),
    [
        ("jit_compile", "jit_compile", {"auto": "auto", "true": True, "False": False}),
        ("steps_per_execution", "steps_per_execution", {0: "auto", 7: 7}),
        ("updates", "objective.updates", {"simultaneous": "simultaneous"}),
    ],
)
def test_values_of_compile(name, field, values):
    for value, expected in values.items():
        config = default_config()
        config.update_from_flattened_dict({field: value})
        assert arguments.compile_arguments(config, {name}, 50)[name] == expected


def test_the_loss_has_its_smoothing_and_penalties_their_weight():
    config = default_config()
    config.objective.label_smoothing, config.objective.penalties = 0.1, "r1"
    for weight in (0.0, 3.0):
        config.objective.penalty_weight = weight
        made = arguments.compile_arguments(config, {"loss", "penalties"}, 50)
        assert made["loss"].label_smoothing == 0.1 and made["penalties"][0].weight == weight
    config.objective.penalty_weight = -1.0  # Their own.
    (penalty,) = arguments.compile_arguments(config, {"penalties"}, 50)["penalties"]
    assert penalty.weight == R1().weight > 0


def test_an_epoch_has_more_updates_of_d(monkeypatch):
    """The rate, the updates of an epoch and of the schedule, those between lazy losses."""
    monkeypatch.setattr(
        arguments.optimizers,
        "build",
        lambda section, rate, steps, schedule, most, lazy: (rate, steps, most, lazy),
    )
    config = scheduled(
        optimizer__generator_learning_rate=4e-3,
        optimizer__discriminator_learning_rate=2e-3,
        objective__discriminator_steps=2,
        objective__penalty_interval=4,
    )
    names = {"optimizer", "generator_optimizer", "discriminator_optimizer"}
    made = arguments.compile_arguments(config, names, 50, lazy=8)
    assert made["generator_optimizer"] == made["optimizer"] == (4e-3, 50, 50.0, 8)
    assert made["discriminator_optimizer"] == (2e-3, 100, 100.0, 8)


@pytest.mark.parametrize(
    ("fields", "half_lives"),  # In steps, at step 50 and at step 1,000.
    [
        ({"model__average_ramp": False, "model__moving_average": 0.5}, (1.0, 1.0)),
        ({"model__half_life": 6.4}, (2.5, 50.0)),  # At most a twentieth of the steps so far.
        ({"model__half_life": 6.4, "model__average_ramp": False}, (100.0, 100.0)),
        ({"model__half_life": 6.4, "schedule__half_life": True}, (50.0, 100.0)),
    ],
)
def test_the_half_life_of_the_average(fields, half_lives):
    average = arguments.moving_average(scheduled(**fields))
    np.testing.assert_allclose(at(average, (50, 1000)), np.exp2(-1 / np.array(half_lives)), 1e-6)


def test_the_decay_of_the_average():
    for decay, expected in ((0.75, 0.75), (0.0, None)):
        assert arguments.moving_average(scheduled(model__moving_average=decay)) == expected


@pytest.mark.parametrize(("groups", "color"), [("blit, cutout", 0.5), ("blit", 1.0)])
def test_with_cutout_colours_change_half_as_often(groups, color):
    config = scheduled(objective__augment="ada", objective__augment_groups=groups)
    made = arguments.augmentation(config).get_config()
    assert made["groups"] == groups.split(", ")
    assert (made["multipliers"] or {}).get("color", 1.0) == color


def test_fields_of_evaluations_are_arguments_of_the_reference():
    fields = [name for name in default_config() if name.startswith("evaluate_")]
    own = {"evaluate_every", "evaluate_metrics", "evaluate_samples"}
    names = {name.removeprefix("evaluate_") for name in fields if name not in own}
    assert names <= set(inspect.signature(Reference).parameters)
    assert {"extractor", "inception_weights", "held_out", "validation"} <= names


def test_schedules_count_the_updates_of_each_network():
    config = default_config()
    config.batch_size, config.schedule.images = 64, 10.24
    config.schedule.learning_rate, config.schedule.beta_2, config.optimizer.beta_2 = 0.25, 0.99, 0.9
    config.objective.penalties, config.objective.penalty_interval = "r1", 4
    config.objective.discriminator_steps = 2
    names = {"generator_optimizer", "discriminator_optimizer"}
    made = arguments.compile_arguments(config, names, 50)
    # 80 steps; D makes 160 updates in them, and 20 lazy ones.
    for name, updates, c in zip(sorted(names), (180, 80), (8 / 9, 1.0), strict=True):
        adam, first, last = made[name], 0.9**c, 0.99**c
        values = [float(adam.beta_2(step)) for step in (0, updates // 2, updates, 999)]
        np.testing.assert_allclose(values, [first, (first + last) / 2, last, last], rtol=1e-5)
        adam.iterations.assign(updates // 2)
        assert float(adam.learning_rate) == pytest.approx(1e-3 * c * 0.625, rel=1e-5)

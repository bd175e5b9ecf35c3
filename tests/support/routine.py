"""What every model can do, as functions of a `make(**compile_arguments)` that builds
and compiles a small one from a fixed seed.
"""

import json

import keras
import numpy as np
import tensorflow as tf

import tf_gan


def state(model) -> list[np.ndarray]:
    """Returns all weights, the model's own variables and those of its optimizers."""
    return model.get_weights() + [
        variable.numpy()
        for objective in model.objectives
        for variable in objective.optimizer.variables
    ]


def largest_difference(model, other) -> float:
    """Returns the largest difference of two models, NaN if one holds NaN."""
    differences = [
        np.abs(np.subtract(a, b, dtype=np.float64)).max(initial=0)
        for a, b in zip(finite(model), finite(other), strict=True)
    ]
    return float(np.max(differences))  # Python's max would pass over NaN.


def finite(model):
    """Returns the state with 1e30 in the place of infinity, of which none can be subtracted."""
    return [
        np.where(np.isposinf(array), np.float32(1e30), array) if array.dtype.kind == "f" else array
        for array in state(model)
    ]


def check_trains(make, images, names) -> None:
    """Two epochs leave finite logs of exactly these names, and every trainable weight
    has moved.
    """
    model = make()
    before = [variable.numpy() for variable in model.trainable_variables]
    history = model.fit(images, batch_size=32, epochs=2, verbose=0).history
    assert set(history) == set(names)
    assert np.isfinite(list(history.values())).all()
    after = [variable.numpy() for variable in model.trainable_variables]
    assert all((a != b).any() for a, b in zip(before, after, strict=True))


def check_forms(make, images, tolerance=1e-4) -> None:
    """XLA, TensorFlow's graphs, eager execution and several steps a call agree."""
    models = [
        make(**form)
        for form in (
            {"jit_compile": False},
            {"run_eagerly": True},
            {"jit_compile": True, "steps_per_execution": 2},
        )
    ]
    for model in models:
        model.fit(images, batch_size=16, epochs=1, verbose=0)
    assert max(largest_difference(models[0], model) for model in models[1:]) < tolerance


def check_resume(make, images, tmp_path, tolerance=0.0) -> None:
    """A run that is saved after two of four epochs, loaded and gone on with is the run
    that never stopped, by a `.keras` file (`model.keras`) and by checkpoints.
    """
    whole, fresh, saved = make(), make(), {}

    def configs(model):
        return json.dumps([model.get_config(), model.get_compile_config()], default=str)

    def save(epoch, logs):
        if epoch != 1:
            return
        whole.save(tmp_path / "model.keras")
        tf_gan.callbacks.checkpoints.manager(whole, tmp_path / "checkpoints").save()
        if hasattr(whole, "set_sources"):  # Models that translate images start from some.
            saved["sources"] = whole.sample_inputs(8, 1)[0].numpy()
            whole.set_sources(saved["sources"])
        saved["images"] = whole.generate(3, seed=0)
        saved["configs"] = configs(whole)

    callback = keras.callbacks.LambdaCallback(on_epoch_end=save)
    whole.fit(images, batch_size=16, epochs=4, verbose=0, callbacks=[callback])
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert configs(loaded) == saved["configs"]
    if "sources" in saved:
        loaded.set_sources(saved["sources"])
    np.testing.assert_array_equal(loaded.generate(3, seed=0), saved["images"])
    assert tf_gan.callbacks.checkpoints.restore_latest(fresh, tmp_path / "checkpoints")
    for model in (loaded, fresh):
        model.fit(images, batch_size=16, epochs=4, initial_epoch=2, verbose=0)
        assert largest_difference(whole, model) <= tolerance


def check_two_replicas(make, images, mirrored, forms=(False,), tolerance=1e-5, logs=1e-3) -> None:
    """Two replicas do what one does, with the given values of `jit_compile`, and hold
    the same values; their logs differ by a share of `logs`.
    """
    one = make(jit_compile=False)
    history = one.fit(images, batch_size=32, epochs=3, verbose=0).history
    for jit_compile in forms:
        with mirrored.scope():
            two = make(jit_compile=jit_compile)
        for name, values in two.fit(images, batch_size=32, epochs=3, verbose=0).history.items():
            np.testing.assert_allclose(
                values, history[name], rtol=logs, atol=logs / 100, err_msg=name
            )
        for a, b in zip(finite(one), finite(two), strict=True):
            assert np.abs(a - b).max(initial=0) <= tolerance * max(np.abs(a).max(initial=0), 1e-3)
        check_same_copies(mirrored, two)


def check_same_copies(strategy, model) -> None:
    """All replicas hold the same bytes."""
    for variable in model.weights + [
        variable for objective in model.objectives for variable in objective.optimizer.variables
    ]:
        local = strategy.experimental_local_results(variable.value)
        assert len({copy.numpy().tobytes() for copy in local}) == 1, variable.path


def all_reduces(strategy, model, batch) -> int:
    """Returns in how many all-reduces a replica takes part in a step."""
    model.trackers  # noqa: B018, before a program is traced.
    step = tf.function(lambda batch: strategy.run(model.train_step, (batch,)), autograph=False)
    graph = step.get_concrete_function(batch).graph.as_graph_def()
    nodes = [*graph.node, *(node for each in graph.library.function for node in each.node_def)]
    count = sum(node.op == "CollectiveReduceV2" for node in nodes)
    return count // len(strategy.extended.worker_devices)

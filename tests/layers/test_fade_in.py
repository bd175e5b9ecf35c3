import keras
import numpy as np

from tf_gan.layers import FadeIn

OLD, NEW = np.random.default_rng(0).normal(size=(2, 3, 4, 4, 2)).astype(np.float32)


def test_the_ends_are_exact_and_the_middle_is_between():
    layer = FadeIn()
    np.testing.assert_array_equal(layer([OLD, NEW]), NEW)
    layer.alpha.assign(0.0)
    np.testing.assert_array_equal(layer([OLD, NEW]), OLD)
    layer.alpha.assign(0.25)
    np.testing.assert_allclose(layer([OLD, NEW]), 0.75 * OLD + 0.25 * NEW, rtol=1e-6)
    assert not layer.trainable_weights


def test_saves_and_loads(tmp_path):
    inputs = [keras.Input((4, 4, 2)), keras.Input((4, 4, 2))]
    model = keras.Model(inputs, FadeIn(name="fade")(inputs))
    model.get_layer("fade").alpha.assign(0.5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded([OLD, NEW]), model([OLD, NEW]))

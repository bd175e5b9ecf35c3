"""Files of models that compute in half precision."""

import keras
import numpy as np
import pytest
from support.networks import dtype_policy

import tf_gan
from tf_gan.export import onnx_file, tflite
from tf_gan.export.precision import in_float32
from tf_gan.networks import dcgan, pix2pix, stylegan2

SHAPE = (8, 8, 3)


def mixed(make):
    """Returns what a function makes under the policy mixed_bfloat16."""
    with dtype_policy("mixed_bfloat16"):
        return make()


def a_dcgan():
    networks = dcgan.build_generator(SHAPE, 4, width=8), dcgan.build_discriminator(SHAPE, width=8)
    return tf_gan.GAN(*networks, latent_dim=4, moving_average=0.9)


def a_stylegan2():
    sizes = {"base_width": 64, "max_width": 8}
    return tf_gan.StyleGAN2(
        stylegan2.build_generator(SHAPE, 4, style_dim=6, mapping_layers=2, **sizes),
        stylegan2.build_discriminator(SHAPE, **sizes),
        latent_dim=4,
    )


def opened(path, format):
    """Returns the images of a file as a function of latents, and the types of its tensors."""
    if format == "keras":
        network = keras.saving.load_model(path)
        types = {layer.compute_dtype for layer in network._flatten_layers()}
        return lambda latents: network.predict(latents, verbose=0), types
    if format == "tflite":
        runner = tflite._Runner(path)
        types = {np.dtype(each["dtype"]).name for each in runner.interpreter.get_tensor_details()}
        return lambda latents: runner.call(latents=latents)["images"], types
    import onnx

    model = onnx.load(path)
    shown = onnx.shape_inference.infer_shapes(model).graph
    values = [*shown.input, *shown.value_info, *shown.output]
    numbers = [each.data_type for each in shown.initializer]
    numbers += [each.type.tensor_type.elem_type for each in values]
    types = {onnx.TensorProto.DataType.Name(number).lower() for number in numbers}
    return lambda latents: onnx_file.run(model, {"latents": latents}), types


@pytest.mark.parametrize("make", [a_dcgan, a_stylegan2])
@pytest.mark.parametrize("format", ["onnx", "keras", "tflite"])
def test_files_compute_in_float32(make, format, tmp_path):
    if format == "onnx":
        pytest.importorskip("tf2onnx")
    gan = mixed(make)
    path = tmp_path / f"g.{format}"
    gan.export(path, format)
    network, types = opened(path, format)
    assert not types & {"float16", "bfloat16"}, types
    latents = gan.sample_inputs(9, 5)[0].numpy()
    images = network(latents)
    live = np.clip((gan.images_from(latents) + 1) / 2, 0, 1)
    # Roundings of bfloat16, and the same pictures.
    assert np.abs(images - live).mean() < 0.02 * np.std(live)
    assert np.std(images) > 0.001 and keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize("what", [{"augment": "ada"}, {"penalties": "lecam"}])
def test_what_compile_adds_is_not_copied(what, tmp_path):
    def make():
        gan = a_dcgan()
        gan.compile(**what)
        return gan

    gan = mixed(make)
    copy = in_float32(gan)
    for ours, theirs in ((copy.sampler, gan.sampler), (copy.generator, gan.generator)):
        np.testing.assert_equal(ours.get_weights(), theirs.get_weights())
    gan.export(tmp_path / "g.keras", "keras")


class Own(tf_gan.GAN):
    """A model that its config does not make again."""

    def __init__(self, width):
        self.width = width
        super().__init__(
            dcgan.build_generator(SHAPE, 4, width=width),
            dcgan.build_discriminator(SHAPE, width=width),
            latent_dim=4,
        )


def test_a_model_without_a_config_is_exported_as_it_is(caplog, tmp_path):
    gan = mixed(lambda: Own(8))
    assert in_float32(gan) is gan
    assert "The Own cannot be made again in float32" in caplog.text
    gan.export(tmp_path / "g", jit_compile=False)


def test_networks_of_a_pure_policy():
    with dtype_policy("bfloat16"):
        gan = a_dcgan()
    copy = in_float32(gan)
    assert {weight.dtype for weight in copy.sampler.weights} == {"float32"}


def test_a_copy_has_the_weights_and_the_sources():
    gan = mixed(
        lambda: tf_gan.Pix2Pix(
            pix2pix.build_generator(SHAPE, width=4, dropout=0.0),
            pix2pix.build_discriminator(SHAPE, width=4, stages=1),
        )
    )
    sources = np.random.default_rng(0).uniform(-1, 1, (5, *SHAPE)).astype(np.float32)
    gan.set_sources(sources)
    gan.step.assign(7)
    copy = in_float32(gan)
    assert copy is not gan and in_float32(copy) is copy
    assert {layer.compute_dtype for layer in copy.generator.layers} == {"float32"}
    np.testing.assert_array_equal(copy.sources, sources)
    np.testing.assert_equal(copy.get_weights(), gan.get_weights())

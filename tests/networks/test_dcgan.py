"""The DCGAN: sizes, the paper's layers and initial weights."""

import keras
import numpy as np
import pytest
from support.networks import check_copy, dtype_policy, trainable_count

import tf_gan
from tf_gan import networks
from tf_gan.errors import UserError
from tf_gan.layers import UpsampleConv2D
from tf_gan.models.network_checks import last_activation

dcgan = networks.get("dcgan")


@pytest.mark.parametrize(
    ("size", "stages"),
    [
        (8, 1),
        (12, 1),
        (16, 2),
        (20, 2),
        (28, 2),
        (32, 3),
        (44, 2),
        (48, 3),
        (64, 4),
        (96, 4),
        (100, 2),
        (124, 2),
        (128, 5),
    ],
)
def test_stages_follow_from_the_size(size, stages):
    assert dcgan.stages((size, size, 3)) == stages


def test_every_size_is_made():
    for size in dcgan.SIZES:
        small = size >> dcgan.stages((size, size, 1))
        assert small << dcgan.stages((size, size, 1)) == size and (small % 2 == 1 or small <= 7)
    assert list(dcgan.SIZES) == list(range(8, 129, 4))


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (12, 20, 3), (32, 32, 3)])
def test_shapes_copies_and_types(shape, upsampling):
    with dtype_policy("mixed_bfloat16" if shape[0] == 8 else "float32"):
        generator = dcgan.build_generator(shape, 5, width=4, upsampling=upsampling)
        discriminator = dcgan.build_discriminator(shape, width=4)
    assert generator.output_shape == discriminator.input_shape == (None, *shape)
    images = generator(np.random.default_rng(0).normal(size=(3, 5)).astype("float32"))
    assert images.dtype == discriminator(images).dtype == "float32"
    assert discriminator(images).shape == (3, 1) and np.abs(images).max() <= 1
    assert last_activation(generator) == "tanh"
    check_copy(generator)


def test_classes_are_joined_to_the_latents_and_projected():
    shape, rng = (8, 8, 1), np.random.default_rng(0)
    generator = dcgan.build_generator(shape, 5, 3, width=4)
    discriminator = dcgan.build_discriminator(shape, 3, width=4)
    gan = tf_gan.ConditionalGAN(generator, discriminator, latent_dim=5, num_classes=3)
    assert gan.generate(2, labels=[0, 2]).shape == (2, *shape)
    joined = next(layer for layer in generator.layers if layer.name.startswith("concatenate"))
    latents, labels = rng.normal(size=(2, 5)).astype("float32"), np.array([2, 0])
    np.testing.assert_array_equal(
        keras.Model(generator.inputs, joined.output)([latents, labels]),
        np.concatenate([latents, np.eye(3)[labels]], axis=1, dtype="float32"),
    )
    # f(h) + <e_y, h>, h the flat smallest maps.
    images = rng.uniform(-1, 1, (2, *shape)).astype("float32")
    of = {type(layer).__name__: layer for layer in discriminator.layers}
    h = keras.Model(discriminator.inputs[0], of["Flatten"].output)(images).numpy()
    kernel, bias = of["Dense"].get_weights()
    (vectors,) = of["Embedding"].get_weights()
    expected = h @ kernel + bias + (vectors[labels] * h).sum(1, keepdims=True)
    np.testing.assert_allclose(discriminator([images, labels]), expected, atol=1e-6)
    assert 0.5 < vectors.std() / 0.02 < 1.5 and h.std() > 0


def test_the_papers_network_for_64x64():
    generator, discriminator = (
        dcgan.build_generator((64, 64, 3)),
        dcgan.build_discriminator((64, 64, 3)),
    )
    up = [layer for layer in generator.layers if isinstance(layer, keras.layers.Conv2DTranspose)]
    assert [layer.output.shape[1:] for layer in up] == [
        (8, 8, 512),
        (16, 16, 256),
        (32, 32, 128),
        (64, 64, 3),
    ]
    down = [layer for layer in discriminator.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.output.shape[1:] for layer in down] == [
        (32, 32, 128),
        (16, 16, 256),
        (8, 8, 512),
        (4, 4, 1024),
    ]
    assert {(layer.kernel_size, layer.strides) for layer in up + down} == {((5, 5), (2, 2))}
    units = 4 * 4 * 1024
    kernels = 25 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 3) + 3
    assert trainable_count(generator) == 100 * units + 2 * units + kernels + 2 * (512 + 256 + 128)
    assert (
        trainable_count(discriminator)
        == 25 * (3 * 128 + 128 * 256 + 256 * 512 + 512 * 1024)
        + 128
        + 2 * (256 + 512 + 1024)
        + units
        + 1
    )


def test_the_guidelines():
    for upsampling in ("transposed", "resize"):
        generator = dcgan.build_generator((16, 16, 3), 20, width=32, upsampling=upsampling)
        discriminator = dcgan.build_discriminator((16, 16, 3), width=32)
        kinds = {"transposed": "Conv2DTranspose", "resize": "UpsampleConv2D"}
        names = [type(layer).__name__.removeprefix("Image") for layer in generator.layers[1:]]
        norm, up = ["BatchNormalization", "ReLU"], kinds[upsampling]
        assert names == ["Dense", *norm, "Reshape", up, *norm, up, "Activation"]
        names = [type(layer).__name__.removeprefix("Image") for layer in discriminator.layers[1:]]
        assert names == [
            "Conv2D",
            "LeakyReLU",
            "Conv2D",
            "BatchNormalization",
            "LeakyReLU",
            "Flatten",
            "Dense",
        ]
        slopes = [
            float(layer.negative_slope)
            for layer in discriminator.layers
            if isinstance(layer, keras.layers.LeakyReLU)
        ]
        assert slopes == pytest.approx([0.2, 0.2])
        for model in (generator, discriminator):
            for layer in model.layers:
                if isinstance(layer, keras.layers.BatchNormalization):
                    assert (
                        float(np.mean(layer.gamma)) == pytest.approx(1, abs=0.01)
                        and 0.005 < np.std(layer.gamma) < 0.035
                    )
                elif hasattr(layer, "kernel"):
                    assert float(np.std(layer.kernel)) == pytest.approx(0.02, rel=0.05)
                    assert layer.use_bias == (
                        layer is model.layers[-2]
                        or layer in (discriminator.layers[1], discriminator.layers[-1])
                    )
    assert isinstance(generator.layers[-2], UpsampleConv2D)


@pytest.mark.parametrize(
    ("shape", "near"),
    [
        ((27, 33, 1), (28, 32)),
        ((4, 4, 3), (8, 8)),
        ((200, 64, 3), (128, 64)),
        ((30, 30, 1), (28, 28)),
    ],
)
def test_sizes_that_cannot_be_made_name_the_nearest(shape, near):
    for build in (dcgan.build_generator, dcgan.build_discriminator):
        with pytest.raises(UserError, match="multiples of 4 from 8 to 128") as error:
            build(shape)
        assert f"the nearest are {near}. Received: image_shape={shape}" in str(error.value)


def test_bad_upsampling():
    with pytest.raises(UserError, match=r"'transposed', 'resize'.*upsampling='bilinear'"):
        dcgan.build_generator((28, 28, 1), upsampling="bilinear")

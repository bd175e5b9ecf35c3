"""The rows of `benchmarks/train_step.py` beside those of the plain GAN: BEGAN, InfoGAN, the VAE, the conditional GAN, DCGAN, SRResNet.

BEGAN has the networks of `configs/mnist_began.py`, InfoGAN those of its paper, the VAE the MLP of Kingma and Welling with 20 latents; the conditional
rows have those of `configs/mnist_conditional_best.py` and `configs/mnist_conditional_dcgan.py`, `dcgan_paper` those of `configs/mnist_dcgan.py`,
`srresnet` that of `configs/srresnet.py`; both sides make the small images in the step.
"""

import keras
import numpy as np

BATCH = {"began": 16, "info_gan": 128, "vae": 100, "conditional": 64, "conditional_dcgan": 128, "dcgan_paper": 128, "srresnet": 8}


def images(row: str = "") -> np.ndarray:
    if row == "srresnet":
        return np.random.default_rng(0).uniform(-1, 1, (256, 96, 96, 3)).astype(np.float32)
    return np.random.default_rng(0).uniform(0, 1, (6400, 28, 28, 1)).astype(np.float32)


def labels() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 10, 6400)


def examples(row: str):
    """Returns what `fit` takes: images, with labels for the rows whose game has classes."""
    import tf_gan

    return tf_gan.data.Examples(images(row), labels() if row.startswith("conditional") else None, None)


def game(row: str):
    """Returns the compiled game of a row and the floating-point operations of its step."""
    import tf_gan
    from benchmarks import arithmetic
    from tf_gan import networks

    names = {"vae": "vae_mlp", "conditional": "conditional_mlp", "dcgan_paper": "dcgan"}
    module, shape = networks.get(names.get(row, row)), (28, 28, 1)
    pair = [keras.optimizers.Adam(1e-4, beta_1=0.5, epsilon=1e-8) for _ in range(2)]
    if row == "srresnet":
        one = tf_gan.SRResNet(module.build_generator((96, 96, 3), filters=32, blocks=8))
        one.compile(pair[0], steps_per_execution=5)
        # Its layers take images of any size; a copy says how large their outputs are.
        sized = keras.models.clone_model(one.generator, input_tensors=keras.Input(one.source_shape))
        return one, BATCH[row] * (3 * arithmetic.forward_flops(sized) - arithmetic.first_flops(sized))
    if row == "vae":
        one = tf_gan.VAE(module.build_encoder(shape, 20), module.build_generator(shape, 20), 20)
        one.compile(keras.optimizers.Adagrad(0.02), steps_per_execution=50)
        # Forward, gradients of the weights, gradients between the layers.
        forward = arithmetic.forward_flops(one.encoder) + arithmetic.forward_flops(one.generator)
        return one, BATCH[row] * (3 * forward - arithmetic.first_flops(one.encoder))
    if row == "began":
        one = tf_gan.BEGAN(module.build_generator(shape, 64, filters=16), module.build_discriminator(shape, filters=16), 64)
    elif row == "conditional":
        one = tf_gan.ConditionalGAN(module.build_generator(shape, 100, 10, activation="sigmoid"), module.build_discriminator(shape, 10), 100, 10)
    elif row == "conditional_dcgan":
        small = {"filters": 16, "units": 256}
        one = tf_gan.ConditionalGAN(module.build_generator(shape, 100, 10, **small), module.build_discriminator(shape, 10, **small), 100, 10)
    elif row == "dcgan_paper":
        one = tf_gan.GAN(module.build_generator(shape, width=32), module.build_discriminator(shape, width=32))
    else:
        one = tf_gan.InfoGAN(module.build_generator(shape, 74), module.build_discriminator(shape, code_dim=12), 74)
    one.compile(*pair, steps_per_execution=10)
    return one, arithmetic.step_flops(one.generator, one.discriminator, BATCH[row])


def optimizer_words(row: str) -> int:
    """Returns the reads and writes of a row's optimizer for each parameter: Adam 7, Adagrad 5."""
    return 5 if row == "vae" else 7


# === PyTorch ===


def pytorch(row: str):
    """Returns a function of a number of steps that trains the same networks in eager PyTorch."""
    import torch

    data = torch.from_numpy(np.ascontiguousarray(images(row).transpose(0, 3, 1, 2)))
    classes = torch.from_numpy(labels())
    build = {"began": _began, "info_gan": _info_gan, "vae": _vae, "dcgan_paper": _dcgan_paper, "srresnet": _srresnet}
    step = _conditional(row) if row.startswith("conditional") else build[row]()

    def train(steps):
        for _ in range(steps):
            chosen = torch.randint(0, len(data), (BATCH[row],))
            step(data[chosen], *([classes[chosen]] if row.startswith("conditional") else []))

    return train


def _adam(network):
    import torch

    return torch.optim.Adam(network.parameters(), lr=1e-4, betas=(0.5, 0.999))


def _began():
    import torch
    from torch import nn

    n = 16

    def convolution(inputs, outputs, stride=1):
        return [nn.Conv2d(inputs, outputs, 3, stride, 1), nn.ELU()]

    def decoder():
        scale = [*convolution(n, n), *convolution(n, n)]
        up = [nn.Upsample(scale_factor=2), *convolution(n, n), *convolution(n, n)]
        again = [nn.Upsample(scale_factor=2), *convolution(n, n), *convolution(n, n)]
        return [nn.Linear(64, 49 * n), nn.Unflatten(1, (n, 7, 7)), *scale, *up, *again, nn.Conv2d(n, 1, 3, padding=1)]

    encoder = [*convolution(1, n), *convolution(n, n), *convolution(n, n), *convolution(n, n, 2)]
    encoder += [*convolution(n, 2 * n), *convolution(2 * n, 2 * n), *convolution(2 * n, 2 * n, 2)]
    encoder += [*convolution(2 * n, 3 * n), *convolution(3 * n, 3 * n), nn.Flatten(), nn.Linear(49 * 3 * n, 64)]
    generator, discriminator = nn.Sequential(*decoder()), nn.Sequential(*encoder, *decoder())
    g_optimizer, d_optimizer = _adam(generator), _adam(discriminator)
    k = 0.0

    def step(batch):
        nonlocal k
        g_optimizer.zero_grad()
        fakes = generator(2 * torch.rand(len(batch), 64) - 1)
        g_loss = (discriminator(fakes) - fakes).abs().mean()
        g_loss.backward()
        g_optimizer.step()
        d_optimizer.zero_grad()
        fakes = fakes.detach()
        real_error = (discriminator(batch) - batch).abs().mean()
        (real_error - k * (discriminator(fakes) - fakes).abs().mean()).backward()
        d_optimizer.step()
        k = min(max(k + 0.001 * (0.5 * real_error.item() - g_loss.item()), 0.0), 1.0)

    return step


def _info_gan():
    import torch
    from torch import nn
    from torch.nn import functional

    def dense(inputs, outputs, activation):
        return [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), activation]

    up = [nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.ConvTranspose2d(64, 1, 4, 2, 1), nn.Sigmoid()]
    generator = nn.Sequential(*dense(74, 1024, nn.ReLU()), *dense(1024, 6272, nn.ReLU()), nn.Unflatten(1, (128, 7, 7)), *up)
    down = [nn.Conv2d(1, 64, 4, 2, 1), nn.LeakyReLU(0.01), nn.Conv2d(64, 128, 4, 2, 1, bias=False), nn.BatchNorm2d(128), nn.LeakyReLU(0.01)]
    body = nn.Sequential(*down, nn.Flatten(), *dense(6272, 1024, nn.LeakyReLU(0.01)))
    heads = nn.ModuleList([nn.Linear(1024, 1), nn.Sequential(*dense(1024, 128, nn.LeakyReLU(0.01)), nn.Linear(128, 12))])
    g_optimizer, d_optimizer = _adam(generator), _adam(nn.ModuleList([body, heads]))
    loss = nn.BCEWithLogitsLoss()
    real, fake = torch.ones(BATCH["info_gan"], 1), torch.zeros(BATCH["info_gan"], 1)

    def judge(x):
        features = body(x)
        return heads[0](features), heads[1](features)

    def code_loss(outputs, categories, continuous):
        return functional.cross_entropy(outputs[:, :10], categories) + 0.1 * 0.5 * (outputs[:, 10:] - continuous).square().sum(1).mean()

    def step(batch):
        categories, continuous = torch.randint(0, 10, (len(batch),)), 2 * torch.rand(len(batch), 2) - 1
        latents = torch.cat([torch.rand(len(batch), 62) * 2 - 1, functional.one_hot(categories, 10).float(), continuous], 1)
        g_optimizer.zero_grad()
        fakes = generator(latents)
        logits, outputs = judge(fakes)
        (loss(logits, real) + code_loss(outputs, categories, continuous)).backward()
        g_optimizer.step()
        d_optimizer.zero_grad()
        logits, outputs = judge(fakes.detach())
        (loss(judge(batch)[0], real) + loss(logits, fake) + code_loss(outputs, categories, continuous)).backward()
        d_optimizer.step()

    return step


def _vae():
    import torch
    from torch import nn
    from torch.nn import functional

    body = nn.Sequential(nn.Flatten(), nn.Linear(784, 500), nn.Tanh())
    heads = nn.ModuleList([nn.Linear(500, 20), nn.Linear(500, 20)])
    decoder = nn.Sequential(nn.Linear(20, 500), nn.Tanh(), nn.Linear(500, 784), nn.Sigmoid())
    optimizer = torch.optim.Adagrad(nn.ModuleList([body, heads, decoder]).parameters(), lr=0.02)

    def step(batch):
        optimizer.zero_grad()
        features = body(batch)
        mean, log_variance = heads[0](features), heads[1](features)
        outputs = decoder(mean + (0.5 * log_variance).exp() * torch.randn_like(mean))
        reconstruction = functional.binary_cross_entropy(outputs, batch.flatten(1), reduction="sum")
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum()
        ((reconstruction + kl) / len(batch)).backward()
        optimizer.step()

    return step


def _adversarial_step(fakes_of, generator, discriminator, flat=False):
    """Returns a step of PyTorch-GAN's loop, with labels where the players take them."""
    import torch
    from torch import nn

    g_optimizer, d_optimizer = _adam(generator), _adam(discriminator)
    loss = nn.BCEWithLogitsLoss()

    def step(batch, *classes):
        batch = batch.flatten(1) if flat else batch
        real, fake = torch.ones(len(batch), 1), torch.zeros(len(batch), 1)
        g_optimizer.zero_grad()
        fakes = fakes_of(len(batch), *classes)
        loss(discriminator(fakes, *classes), real).backward()
        g_optimizer.step()
        d_optimizer.zero_grad()
        (loss(discriminator(batch, *classes), real) + loss(discriminator(fakes.detach(), *classes), fake)).backward()
        d_optimizer.step()

    return step


def _conditional(row):
    import torch
    from torch import nn
    from torch.nn import functional

    def join(x, classes):
        one_hot = functional.one_hot(classes, 10).float()
        return torch.cat([x, one_hot if x.ndim == 2 else one_hot[:, :, None, None].expand(-1, -1, *x.shape[2:])], 1)

    class Joined(nn.Module):
        """The label joined to the input of each part."""

        def __init__(self, *parts):
            super().__init__()
            self.parts = nn.ModuleList(parts)

        def forward(self, x, classes):
            for part in self.parts:
                x = part(join(x, classes))
            return x

    if row == "conditional":

        def block(inputs, outputs, normalize=True):
            return [nn.Linear(inputs, outputs), *([nn.BatchNorm1d(outputs, 0.8)] if normalize else []), nn.LeakyReLU(0.2)]

        layers = [*block(110, 128, False), *block(128, 256), *block(256, 512), *block(512, 1024), nn.Linear(1024, 784), nn.Sigmoid()]
        generator = Joined(nn.Sequential(*layers))
        discriminator = Joined(nn.Sequential(*block(794, 512, False), *block(512, 256, False), nn.Linear(256, 1)))
        fakes = lambda n, classes: generator(torch.randn(n, 100), classes)  # noqa: E731
        return _adversarial_step(fakes, generator, discriminator, flat=True)

    def plain(*layers):
        return nn.Sequential(*layers)

    generator = Joined(
        plain(nn.Linear(110, 256, bias=False), nn.BatchNorm1d(256, affine=False), nn.ReLU()),
        plain(nn.Linear(266, 49 * 32, bias=False), nn.BatchNorm1d(49 * 32, affine=False), nn.ReLU(), nn.Unflatten(1, (32, 7, 7))),
        plain(nn.ConvTranspose2d(42, 16, 5, 2, 2, 1, bias=False), nn.BatchNorm2d(16, affine=False), nn.ReLU()),
        plain(nn.ConvTranspose2d(26, 1, 5, 2, 2, 1, bias=False), nn.Sigmoid()),
    )
    discriminator = Joined(
        plain(nn.Conv2d(11, 16, 5, 2, 2, bias=False), nn.LeakyReLU(0.2)),
        plain(nn.Conv2d(26, 32, 5, 2, 2, bias=False), nn.BatchNorm2d(32, affine=False), nn.LeakyReLU(0.2), nn.Flatten()),
        plain(nn.Linear(49 * 32 + 10, 256, bias=False), nn.BatchNorm1d(256, affine=False), nn.LeakyReLU(0.2)),
        plain(nn.Linear(266, 1, bias=False)),
    )
    return _adversarial_step(lambda n, classes: generator(torch.randn(n, 100), classes), generator, discriminator)


def _dcgan_paper():
    import torch
    from torch import nn

    up = [nn.ConvTranspose2d(64, 32, 5, 2, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.ConvTranspose2d(32, 1, 5, 2, 2, 1), nn.Tanh()]
    generator = nn.Sequential(nn.Linear(100, 49 * 64, bias=False), nn.BatchNorm1d(49 * 64), nn.ReLU(), nn.Unflatten(1, (64, 7, 7)), *up)
    down = [nn.Conv2d(1, 32, 5, 2, 2), nn.LeakyReLU(0.2), nn.Conv2d(32, 64, 5, 2, 2, bias=False), nn.BatchNorm2d(64), nn.LeakyReLU(0.2)]
    discriminator = nn.Sequential(*down, nn.Flatten(), nn.Linear(49 * 64, 1))
    return _adversarial_step(lambda n: generator(torch.randn(n, 100)), generator, discriminator)


def _srresnet():
    from torch import nn
    from torch.nn import functional

    n = 32

    class Sum(nn.Module):
        def __init__(self, *layers):
            super().__init__()
            self.inner = nn.Sequential(*layers)

        def forward(self, x):
            return x + self.inner(x)

    def normalized():
        return [nn.Conv2d(n, n, 3, padding=1), nn.BatchNorm2d(n)]

    body = Sum(*[Sum(*normalized(), nn.PReLU(n), *normalized()) for _ in range(8)], *normalized())
    up = [layer for _ in range(2) for layer in (nn.Conv2d(n, 4 * n, 3, padding=1), nn.PixelShuffle(2), nn.PReLU(n))]
    generator = nn.Sequential(nn.Conv2d(3, n, 9, padding=4), nn.PReLU(n), body, *up, nn.Conv2d(n, 3, 9, padding=4))
    optimizer = _adam(generator)

    def step(batch):
        small = functional.interpolate(batch, scale_factor=0.25, mode="bicubic", antialias=True)
        small = (0.5 * small + 0.5).clamp(0, 1).mul(255).round() / 255
        optimizer.zero_grad()
        (generator(small) - batch).square().mean().backward()
        optimizer.step()

    return step

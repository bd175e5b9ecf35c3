"""The rows of `benchmarks/train_step.py` beside those of the plain GAN: BEGAN, InfoGAN,
the VAE, the conditional GAN, DCGAN, BiGAN, the semi-supervised GAN, pix2pix, CycleGAN,
SRResNet.

BEGAN has the networks of `configs/mnist_began.py`, InfoGAN those of its paper, the VAE
the MLP of Kingma and Welling with 20 latents; the conditional rows have those of
`configs/mnist_conditional_best.py` and `configs/mnist_conditional_dcgan.py`,
`dcgan_paper` those of `configs/mnist_dcgan.py`, `bigan` those of
`configs/mnist_bigan.py`, all moved at once in both programs; `semi_supervised` those of
`configs/mnist_semi_supervised.py`, with 100 labelled and 100 other images a step and an
average of D's weights; `pix2pix` and `cycle_gan` those of `configs/mnist_pix2pix.py`
and `configs/mnist_cycle_gan.py`; `srresnet` that of `configs/srresnet.py`, where both
programs make the small images in the step.
"""

import itertools

import numpy as np

from benchmarks.loops import block, iteration, parts, random_images

BATCH = {
    "began": 16,
    "info_gan": 128,
    "vae": 100,
    "conditional": 64,
    "conditional_dcgan": 128,
    "dcgan_paper": 128,
    "bigan": 128,
    "semi_supervised": 200,
    "pix2pix": 64,
    "cycle_gan": 16,
    "srresnet": 8,
}


def images(row: str = "") -> np.ndarray:
    if row == "srresnet":
        return random_images(256, (96, 96, 3))
    return random_images(6400, (28, 28, 1), 0)


def labels() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 10, 6400)


def examples(row: str):
    """Returns what `fit` takes: images, with labels for the rows whose model has
    classes.
    """
    import tf_gan

    if row == "semi_supervised":
        return tf_gan.data.keep_labels(tf_gan.data.Examples(images(), labels(), None), 10)
    if row in ("pix2pix", "cycle_gan"):
        return tf_gan.data.ImagePairs(
            images(), value_range=None, sources=images()[::-1], paired=row == "pix2pix"
        )
    return tf_gan.data.Examples(
        images(row), labels() if row.startswith("conditional") else None, None
    )


def model(row: str):
    """Returns the compiled model of a row and the floating-point operations of its
    step.
    """
    import keras

    import tf_gan
    from benchmarks import arithmetic
    from tf_gan import networks

    row, way = parts(row)
    updates = way or "alternating"
    names = {
        "vae": "vae_mlp",
        "conditional": "conditional_mlp",
        "dcgan_paper": "dcgan",
        "bigan": "bigan_mlp",
        "semi_supervised": "semi_supervised_mlp",
    }
    module, shape = networks.get(names.get(row, row)), (28, 28, 1)
    pair = [keras.optimizers.Adam(1e-4, beta_1=0.5, epsilon=1e-8) for _ in range(2)]
    if row == "srresnet":
        one = tf_gan.SRResNet(module.build_generator((96, 96, 3), filters=32, blocks=8))
        one.compile(pair[0], steps_per_execution=5)
        # Its layers take images of any size; a copy says how large their outputs are.
        sized = keras.models.clone_model(one.generator, input_tensors=keras.Input(one.source_shape))
        return one, BATCH[row] * (
            3 * arithmetic.forward_flops(sized) - arithmetic.first_flops(sized)
        )
    if row == "vae":
        one = tf_gan.VAE(module.build_encoder(shape, 20), module.build_generator(shape, 20), 20)
        one.compile(keras.optimizers.Adagrad(0.02), steps_per_execution=50)
        # Forward, gradients of the weights, gradients between the layers.
        forward = arithmetic.forward_flops(one.encoder) + arithmetic.forward_flops(one.generator)
        return one, BATCH[row] * (3 * forward - arithmetic.first_flops(one.encoder))
    if row == "semi_supervised":
        one = tf_gan.SemiSupervisedGAN(
            module.build_generator(shape),
            module.build_discriminator(shape),
            classifier_average=0.9999,
        )
        one.compile(steps_per_execution=50)
        g, d = (arithmetic.forward_flops(network) for network in (one.generator, one.discriminator))
        first = arithmetic.first_flops(one.discriminator)
        # For each of 100 fakes. D's step: G forward, D three ways on it and two images.
        # G's step: D forward on it and one image, the gradient through D, G three ways.
        return one, BATCH[row] // 2 * (
            g + 9 * d - 3 * first + 3 * d + 3 * g - arithmetic.first_flops(one.generator)
        )
    if row == "bigan":
        one = tf_gan.BiGAN(
            *(getattr(module, f"build_{role}")(shape, 50) for role in tf_gan.BiGAN.roles),
            50,
            prior=(-1, 1),
        )
        one.compile(*pair, updates="simultaneous", steps_per_execution=50)
        g, d, e = (
            arithmetic.forward_flops(network)
            for network in (one.generator, one.discriminator, one.encoder)
        )
        # Two passes through D, forward and back to its weights; back through it to G's
        # images and to E's latents, but not to the real images.
        first = (
            arithmetic.first_flops(one.generator)
            + 3 * arithmetic.first_flops(one.discriminator)
            + arithmetic.first_flops(one.encoder)
        )
        return one, BATCH[row] * (3 * g + 8 * d + 3 * e - first)
    if row == "began":
        one = tf_gan.BEGAN(
            module.build_generator(shape, 64, filters=16),
            module.build_discriminator(shape, filters=16),
            64,
        )
    elif row == "conditional":
        one = tf_gan.ConditionalGAN(
            module.build_generator(shape, 100, 10, activation="sigmoid"),
            module.build_discriminator(shape, 10),
            100,
            10,
        )
    elif row == "conditional_dcgan":
        small = {"filters": 16, "units": 256}
        one = tf_gan.ConditionalGAN(
            module.build_generator(shape, 100, 10, **small),
            module.build_discriminator(shape, 10, **small),
            100,
            10,
        )
    elif row == "pix2pix":
        small = {"width": 16, "normalization": "instance"}
        one = tf_gan.Pix2Pix(
            module.build_generator(shape, dropout=0.0, **small),
            module.build_discriminator(shape, stages=2, **small),
        )
    elif row == "cycle_gan":
        one = tf_gan.CycleGAN(
            module.build_generator(shape, width=16, blocks=3),
            module.build_discriminator(shape, width=16, stages=2),
        )
        one.compile(*pair, updates=updates, steps_per_execution=10)
        # D's step: both D on reals and fakes, forward and backward. G's step: both G there
        # and back, forward and backward, both D on the fakes, forward and their inputs'
        # gradients.
        g, d = arithmetic.forward_flops(one.generator), arithmetic.forward_flops(one.discriminator)
        first = 2 * arithmetic.first_flops(one.generator) + 4 * arithmetic.first_flops(
            one.discriminator
        )
        return one, BATCH[row] * (12 * g + 16 * d - first)
    elif row == "dcgan_paper":
        one = tf_gan.GAN(
            module.build_generator(shape, width=32), module.build_discriminator(shape, width=32)
        )
    else:
        one = tf_gan.InfoGAN(
            module.build_generator(shape, 74), module.build_discriminator(shape, code_dim=12), 74
        )
    one.compile(*pair, updates=updates, steps_per_execution=10)
    flops = arithmetic.step_flops(one.generator, one.discriminator, BATCH[row], bool(way))
    if row == "pix2pix" and not way:  # One pass of G serves both updates.
        flops -= BATCH[row] * arithmetic.forward_flops(one.generator)
    return one, flops


# === PyTorch ===


def pytorch(row: str, simultaneous: bool):
    """Returns a function of a number of steps that trains the same networks in eager
    PyTorch.

    Args:
        row: A key of `BATCH`.
        simultaneous: Whether both networks of a GAN see the same fakes, or D's step has
            fakes of its own.
    """
    import torch

    data = torch.from_numpy(np.ascontiguousarray(images(row).transpose(0, 3, 1, 2)))
    classes = torch.from_numpy(labels())
    build = {
        "began": lambda: _began(simultaneous),
        "info_gan": lambda: _info_gan(simultaneous),
        "vae": _vae,
        "conditional": lambda: _conditional(row, simultaneous),
        "conditional_dcgan": lambda: _conditional(row, simultaneous),
        "dcgan_paper": lambda: _dcgan_paper(simultaneous),
        "bigan": _bigan,
        "semi_supervised": _semi_supervised,
        "pix2pix": _pix2pix,
        "cycle_gan": _cycle_gan,
        "srresnet": _srresnet,
    }
    step = build[row]()

    def train(steps):
        for _ in range(steps):
            chosen = torch.randint(0, len(data), (BATCH[row],))
            beside = (
                [classes[chosen]]
                if row.startswith("conditional")
                else [data[-1 - chosen]]
                if row in ("pix2pix", "cycle_gan")
                else []
            )
            step(data[chosen], *beside)

    return train


def _adam(network):
    import torch

    return torch.optim.Adam(network.parameters(), lr=1e-4, betas=(0.5, 0.999))


def _began(simultaneous):
    import torch
    from torch import nn

    n = 16

    def convolution(inputs, outputs, stride=1):
        return [nn.Conv2d(inputs, outputs, 3, stride, 1), nn.ELU()]

    def decoder():
        scale = [*convolution(n, n), *convolution(n, n)]
        up = [nn.Upsample(scale_factor=2), *convolution(n, n), *convolution(n, n)]
        again = [nn.Upsample(scale_factor=2), *convolution(n, n), *convolution(n, n)]
        return [
            nn.Linear(64, 49 * n),
            nn.Unflatten(1, (n, 7, 7)),
            *scale,
            *up,
            *again,
            nn.Conv2d(n, 1, 3, padding=1),
        ]

    encoder = [*convolution(1, n), *convolution(n, n), *convolution(n, n), *convolution(n, n, 2)]
    encoder += [*convolution(n, 2 * n), *convolution(2 * n, 2 * n), *convolution(2 * n, 2 * n, 2)]
    encoder += [
        *convolution(2 * n, 3 * n),
        *convolution(3 * n, 3 * n),
        nn.Flatten(),
        nn.Linear(49 * 3 * n, 64),
    ]
    generator, discriminator = nn.Sequential(*decoder()), nn.Sequential(*encoder, *decoder())
    g_optimizer, d_optimizer = _adam(generator), _adam(discriminator)
    k = real_error = fake_error = 0.0

    def make(batch):
        return generator(2 * torch.rand(len(batch), 64) - 1)

    def error(images):
        return (discriminator(images) - images).abs().mean()

    def step_discriminator(fakes, batch):
        nonlocal real_error
        d_optimizer.zero_grad()
        real = error(batch)
        (real - k * error(fakes)).backward()
        d_optimizer.step()
        real_error = real.item()

    def step_generator(fakes, batch):
        nonlocal fake_error
        g_optimizer.zero_grad()
        loss = error(fakes)
        loss.backward()
        g_optimizer.step()
        fake_error = loss.item()

    both = iteration(make, step_discriminator, step_generator, simultaneous)

    def step(batch):
        nonlocal k
        both(batch)
        k = min(max(k + 0.001 * (0.5 * real_error - fake_error), 0.0), 1.0)

    return step


def _info_gan(simultaneous):
    import torch
    from torch import nn
    from torch.nn import functional

    def dense(inputs, outputs, activation):
        return [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), activation]

    up = [
        nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 1, 4, 2, 1),
        nn.Sigmoid(),
    ]
    generator = nn.Sequential(
        *dense(74, 1024, nn.ReLU()),
        *dense(1024, 6272, nn.ReLU()),
        nn.Unflatten(1, (128, 7, 7)),
        *up,
    )
    down = [
        nn.Conv2d(1, 64, 4, 2, 1),
        nn.LeakyReLU(0.01),
        nn.Conv2d(64, 128, 4, 2, 1, bias=False),
        nn.BatchNorm2d(128),
        nn.LeakyReLU(0.01),
    ]
    body = nn.Sequential(*down, nn.Flatten(), *dense(6272, 1024, nn.LeakyReLU(0.01)))
    heads = nn.ModuleList(
        [
            nn.Linear(1024, 1),
            nn.Sequential(*dense(1024, 128, nn.LeakyReLU(0.01)), nn.Linear(128, 12)),
        ]
    )
    g_optimizer, d_optimizer = _adam(generator), _adam(nn.ModuleList([body, heads]))
    loss = nn.BCEWithLogitsLoss()
    real, fake = torch.ones(BATCH["info_gan"], 1), torch.zeros(BATCH["info_gan"], 1)

    def judge(x):
        features = body(x)
        return heads[0](features), heads[1](features)

    def code_loss(outputs, categories, continuous):
        return (
            functional.cross_entropy(outputs[:, :10], categories)
            + 0.1 * 0.5 * (outputs[:, 10:] - continuous).square().sum(1).mean()
        )

    code = ()  # Of the last fakes.

    def make(batch):
        nonlocal code
        n = len(batch)
        categories, continuous = code = torch.randint(0, 10, (n,)), 2 * torch.rand(n, 2) - 1
        one_hot = functional.one_hot(categories, 10).float()
        return generator(torch.cat([torch.rand(n, 62) * 2 - 1, one_hot, continuous], 1))

    def step_discriminator(fakes, batch):
        d_optimizer.zero_grad()
        logits, outputs = judge(fakes)
        real_loss = loss(judge(batch)[0], real)
        (real_loss + loss(logits, fake) + code_loss(outputs, *code)).backward()
        d_optimizer.step()

    def step_generator(fakes, batch):
        g_optimizer.zero_grad()
        logits, outputs = judge(fakes)
        (loss(logits, real) + code_loss(outputs, *code)).backward()
        g_optimizer.step()

    return iteration(make, step_discriminator, step_generator, simultaneous)


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


def _semi_supervised():
    import torch
    from torch import nn
    from torch.nn import functional
    from torch.nn.utils.parametrizations import weight_norm

    class Noise(nn.Module):
        def __init__(self, deviation):
            super().__init__()
            self.deviation = deviation

        def forward(self, x):
            return x + self.deviation * torch.randn_like(x)

    def normalized(inputs, outputs, train_scale=False):
        layer = weight_norm(nn.Linear(inputs, outputs), dim=0)
        layer.parametrizations.weight.original0.requires_grad_(train_scale)
        return layer

    def hidden(inputs, outputs):
        return [
            nn.Linear(inputs, outputs, bias=False),
            nn.BatchNorm1d(outputs, 1e-6),
            nn.Softplus(),
        ]

    generator = nn.Sequential(
        *hidden(100, 500), *hidden(500, 500), normalized(500, 784, True), nn.Sigmoid()
    )
    sizes = (784, 1000, 500, 250, 250, 250)
    layers = [Noise(0.3)]
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [normalized(inputs, outputs), nn.ReLU(), Noise(0.5)]
    body, last_noise, head = nn.Sequential(*layers[:-1]), layers[-1], normalized(250, 10, True)
    discriminator = nn.ModuleList([body, head])
    trained = [
        [p for p in network.parameters() if p.requires_grad]
        for network in (generator, discriminator)
    ]
    g_optimizer, d_optimizer = (
        torch.optim.Adam(parameters, lr=3e-3, betas=(0.5, 0.999)) for parameters in trained
    )
    averages = [p.detach().clone() for p in trained[1]]
    data = torch.from_numpy(images()[:100].reshape(100, 784))
    classes = torch.from_numpy(labels()[:100])

    def step(batch):
        batch = batch.flatten(1)[:100]
        chosen = torch.randperm(100)
        d_optimizer.zero_grad()
        with torch.no_grad():
            fakes = generator(torch.rand(100, 100))
        # One pass for the labelled images, the others and the fakes.
        logits = head(last_noise(body(torch.cat([data[chosen], batch, fakes]))))
        log_z = logits.logsumexp(1)
        labelled = functional.cross_entropy(logits[:100], classes[chosen])
        (
            labelled
            + 0.5
            * (
                functional.softplus(-log_z[100:200]).mean()
                + functional.softplus(log_z[200:]).mean()
            )
        ).backward()
        d_optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(averages, trained[1], 1e-4)
        g_optimizer.zero_grad()
        with torch.no_grad():
            real = body(batch).mean(0)
        for parameter in trained[1]:
            parameter.requires_grad_(False)  # G's step needs no gradients of D's weights.
        (body(generator(torch.rand(100, 100))).mean(0) - real).square().mean().backward()
        g_optimizer.step()
        for parameter in trained[1]:
            parameter.requires_grad_(True)

    return step


def _adversarial_step(generator, discriminator, simultaneous, flat=False):
    """Returns an iteration with labels where the networks take them."""
    import torch
    from torch import nn

    g_optimizer, d_optimizer = _adam(generator), _adam(discriminator)
    loss = nn.BCEWithLogitsLoss()

    def make(batch, *classes):
        return generator(torch.randn(len(batch), 100), *classes)

    def judge(images, classes, label):
        logits = discriminator(images, *classes)
        return loss(logits, torch.full_like(logits, label))

    def step_discriminator(fakes, batch, *classes):
        d_optimizer.zero_grad()
        batch = batch.flatten(1) if flat else batch
        (judge(batch, classes, 1.0) + judge(fakes, classes, 0.0)).backward()
        d_optimizer.step()

    def step_generator(fakes, batch, *classes):
        g_optimizer.zero_grad()
        judge(fakes, classes, 1.0).backward()
        g_optimizer.step()

    return iteration(make, step_discriminator, step_generator, simultaneous)


def _conditional(row, simultaneous):
    import torch
    from torch import nn
    from torch.nn import functional

    def join(x, classes):
        one_hot = functional.one_hot(classes, 10).float()
        return torch.cat(
            [x, one_hot if x.ndim == 2 else one_hot[:, :, None, None].expand(-1, -1, *x.shape[2:])],
            1,
        )

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
        layers = [
            *block(110, 128, False),
            *block(128, 256),
            *block(256, 512),
            *block(512, 1024),
            nn.Linear(1024, 784),
            nn.Sigmoid(),
        ]
        generator = Joined(nn.Sequential(*layers))
        discriminator = Joined(
            nn.Sequential(*block(794, 512, False), *block(512, 256, False), nn.Linear(256, 1))
        )
        return _adversarial_step(generator, discriminator, simultaneous, flat=True)

    generator = Joined(
        nn.Sequential(
            nn.Linear(110, 256, bias=False), nn.BatchNorm1d(256, affine=False), nn.ReLU()
        ),
        nn.Sequential(
            nn.Linear(266, 49 * 32, bias=False),
            nn.BatchNorm1d(49 * 32, affine=False),
            nn.ReLU(),
            nn.Unflatten(1, (32, 7, 7)),
        ),
        nn.Sequential(
            nn.ConvTranspose2d(42, 16, 5, 2, 2, 1, bias=False),
            nn.BatchNorm2d(16, affine=False),
            nn.ReLU(),
        ),
        nn.Sequential(nn.ConvTranspose2d(26, 1, 5, 2, 2, 1, bias=False), nn.Sigmoid()),
    )
    discriminator = Joined(
        nn.Sequential(nn.Conv2d(11, 16, 5, 2, 2, bias=False), nn.LeakyReLU(0.2)),
        nn.Sequential(
            nn.Conv2d(26, 32, 5, 2, 2, bias=False),
            nn.BatchNorm2d(32, affine=False),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
        ),
        nn.Sequential(
            nn.Linear(49 * 32 + 10, 256, bias=False),
            nn.BatchNorm1d(256, affine=False),
            nn.LeakyReLU(0.2),
        ),
        nn.Sequential(nn.Linear(266, 1, bias=False)),
    )
    return _adversarial_step(generator, discriminator, simultaneous)


def _dcgan_paper(simultaneous):
    from torch import nn

    up = [
        nn.ConvTranspose2d(64, 32, 5, 2, 2, 1, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 5, 2, 2, 1),
        nn.Tanh(),
    ]
    generator = nn.Sequential(
        nn.Linear(100, 49 * 64, bias=False),
        nn.BatchNorm1d(49 * 64),
        nn.ReLU(),
        nn.Unflatten(1, (64, 7, 7)),
        *up,
    )
    down = [
        nn.Conv2d(1, 32, 5, 2, 2),
        nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 5, 2, 2, bias=False),
        nn.BatchNorm2d(64),
        nn.LeakyReLU(0.2),
    ]
    discriminator = nn.Sequential(*down, nn.Flatten(), nn.Linear(49 * 64, 1))
    return _adversarial_step(generator, discriminator, simultaneous)


def _bigan():
    import torch
    from torch import nn
    from torch.nn.functional import softplus

    def dense(inputs, outputs):
        layer = nn.Linear(inputs, outputs, bias=False)
        nn.init.normal_(layer.weight, std=0.02)
        return layer

    def hidden(inputs, activation, normalize=True):
        return nn.Sequential(
            dense(inputs, 1024),
            *([nn.BatchNorm1d(1024, 1e-5, affine=False)] if normalize else []),
            activation,
        )

    generator = nn.ModuleList(
        [
            hidden(50, nn.ReLU()),
            hidden(1074, nn.ReLU()),
            nn.Sequential(dense(1024, 784), nn.Sigmoid()),
        ]
    )
    discriminator = nn.ModuleList(
        [hidden(784, nn.LeakyReLU(0.2), False), hidden(1074, nn.LeakyReLU(0.2)), dense(1024, 1)]
    )
    encoder = nn.Sequential(
        hidden(784, nn.LeakyReLU(0.2), False),
        hidden(1024, nn.LeakyReLU(0.2)),
        dense(1024, 50),
        nn.Tanh(),
    )
    d_parameters = list(discriminator.parameters())
    ge_parameters = [*generator.parameters(), *encoder.parameters()]
    d_optimizer, ge_optimizer = (
        torch.optim.Adam(each, lr=2e-4, betas=(0.5, 0.999))
        for each in (d_parameters, ge_parameters)
    )

    def judge(x, z):
        return discriminator[2](discriminator[1](torch.cat([discriminator[0](x), z], 1)))

    def step(batch):
        """All three at once from one pass: each loss goes back to its own networks."""
        x, z = batch.flatten(1), 2 * torch.rand(len(batch), 50) - 1
        fakes = generator[2](generator[1](torch.cat([generator[0](z), z], 1)))
        fake, real = judge(fakes, z), judge(x, encoder(x))
        d_loss = softplus(-real).mean() + softplus(fake).mean()
        ge_loss = softplus(real).mean() + softplus(-fake).mean()
        d_gradients = torch.autograd.grad(d_loss, d_parameters, retain_graph=True)
        ge_gradients = torch.autograd.grad(ge_loss, ge_parameters)
        for parameters, gradients, optimizer in (
            (d_parameters, d_gradients, d_optimizer),
            (ge_parameters, ge_gradients, ge_optimizer),
        ):
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient
            optimizer.step()

    return step


def _patches(channels):
    """A PatchGAN of two stages, 16 channels wide."""
    from torch import nn

    def block(inputs, outputs, stride):
        return [
            nn.Conv2d(inputs, outputs, 4, stride, 1, bias=False),
            nn.InstanceNorm2d(outputs),
            nn.LeakyReLU(0.2),
        ]

    return nn.Sequential(
        nn.Conv2d(channels, 16, 4, 2, 1),
        nn.LeakyReLU(0.2),
        *block(16, 32, 2),
        *block(32, 64, 1),
        nn.Conv2d(64, 1, 4, 1, 1),
    )


def _pix2pix():
    import torch
    from torch import nn

    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = (
                nn.Conv2d(1, 16, 4, 2, 1),
                nn.Sequential(nn.LeakyReLU(0.2), nn.Conv2d(16, 32, 4, 2, 1)),
            )
            self.up = nn.Sequential(
                nn.ReLU(), nn.ConvTranspose2d(32, 16, 4, 2, 1, bias=False), nn.InstanceNorm2d(16)
            )
            self.last = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(32, 1, 4, 2, 1), nn.Tanh())

        def forward(self, x):
            first = self.first(x)
            return self.last(torch.cat([self.up(self.second(first)), first], 1))

    generator, discriminator = UNet(), _patches(2)
    g_optimizer, d_optimizer = _adam(generator), _adam(discriminator)
    loss = nn.BCEWithLogitsLoss()

    def judge(images, sources, label):
        logits = discriminator(torch.cat([images, sources], 1))
        return loss(logits, torch.full_like(logits, label))

    def step(batch, sources):
        fakes = generator(sources)
        d_optimizer.zero_grad()
        (judge(batch, sources, 1.0) + judge(fakes.detach(), sources, 0.0)).backward()
        d_optimizer.step()
        g_optimizer.zero_grad()
        (judge(fakes, sources, 1.0) + 100 * (batch - fakes).abs().mean()).backward()
        g_optimizer.step()

    return step


def _cycle_gan():
    import random

    import torch
    from torch import nn

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            half = [nn.ReflectionPad2d(1), nn.Conv2d(64, 64, 3, bias=False), nn.InstanceNorm2d(64)]
            again = [nn.ReflectionPad2d(1), nn.Conv2d(64, 64, 3, bias=False), nn.InstanceNorm2d(64)]
            self.change = nn.Sequential(*half, nn.ReLU(), *again)

        def forward(self, x):
            return x + self.change(x)

    def build():
        def block(layer, channels):
            return [layer, nn.InstanceNorm2d(channels), nn.ReLU()]

        down = [
            *block(nn.Conv2d(16, 32, 3, 2, 1, bias=False), 32),
            *block(nn.Conv2d(32, 64, 3, 2, 1, bias=False), 64),
        ]
        up = [block(nn.ConvTranspose2d(2 * n, n, 3, 2, 1, 1, bias=False), n) for n in (32, 16)]
        first = [nn.ReflectionPad2d(3), *block(nn.Conv2d(1, 16, 7, bias=False), 16)]
        last = [nn.ReflectionPad2d(3), nn.Conv2d(16, 1, 7), nn.Tanh()]
        return nn.Sequential(
            *first, *down, Residual(), Residual(), Residual(), *up[0], *up[1], *last
        )

    there, back, d_b, d_a = build(), build(), _patches(1), _patches(1)
    g_optimizer, d_optimizer = _adam(nn.ModuleList([there, back])), _adam(nn.ModuleList([d_b, d_a]))
    pools = ([], [])

    def earlier(fakes, pool):
        shown = []
        for image in fakes.detach():
            if len(pool) < 50:
                pool.append(image)
            elif random.random() < 0.5:
                place = random.randrange(50)
                image, pool[place] = pool[place], image
            shown.append(image)
        return torch.stack(shown)

    def judge(discriminator, images, label):
        return (discriminator(images) - label).square().mean()

    def step(b, a):
        g_optimizer.zero_grad()
        fake_b, fake_a = there(a), back(b)
        cycle = (back(fake_b) - a).abs().mean() + (there(fake_a) - b).abs().mean()
        (judge(d_b, fake_b, 1.0) + judge(d_a, fake_a, 1.0) + 10 * cycle).backward()
        g_optimizer.step()
        d_optimizer.zero_grad()
        real = judge(d_b, b, 1.0) + judge(d_a, a, 1.0)
        (
            0.5
            * (
                real
                + judge(d_b, earlier(fake_b, pools[0]), 0.0)
                + judge(d_a, earlier(fake_a, pools[1]), 0.0)
            )
        ).backward()
        d_optimizer.step()

    return step


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
    up = [
        layer
        for _ in range(2)
        for layer in (nn.Conv2d(n, 4 * n, 3, padding=1), nn.PixelShuffle(2), nn.PReLU(n))
    ]
    generator = nn.Sequential(
        nn.Conv2d(3, n, 9, padding=4), nn.PReLU(n), body, *up, nn.Conv2d(n, 3, 9, padding=4)
    )
    optimizer = _adam(generator)

    def step(batch):
        small = functional.interpolate(batch, scale_factor=0.25, mode="bicubic", antialias=True)
        small = (0.5 * small + 0.5).clamp(0, 1).mul(255).round() / 255
        optimizer.zero_grad()
        (generator(small) - batch).square().mean().backward()
        optimizer.step()

    return step

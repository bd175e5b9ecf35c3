"""The rows of `benchmarks/train_step.py` for other games than the plain GAN: BEGAN, InfoGAN, the VAE.

BEGAN has the networks of `configs/mnist_began.py`, InfoGAN those of its paper, the VAE the MLP of Kingma and Welling with 20 latents.
"""

import keras
import numpy as np

BATCH = {"began": 16, "info_gan": 128, "vae": 100}


def images() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 1, (6400, 28, 28, 1)).astype(np.float32)


def game(row: str):
    """Returns the compiled game of a row and the floating-point operations of its step."""
    import tf_gan
    from benchmarks import arithmetic
    from tf_gan import networks

    module, shape = networks.get({"vae": "vae_mlp"}.get(row, row)), (28, 28, 1)
    pair = [keras.optimizers.Adam(1e-4, beta_1=0.5, epsilon=1e-8) for _ in range(2)]
    if row == "vae":
        one = tf_gan.VAE(module.build_encoder(shape, 20), module.build_generator(shape, 20), 20)
        one.compile(keras.optimizers.Adagrad(0.02), steps_per_execution=50)
        # Forward, gradients of the weights, gradients between the layers.
        forward = arithmetic.forward_flops(one.encoder) + arithmetic.forward_flops(one.generator)
        return one, BATCH[row] * (3 * forward - arithmetic.first_flops(one.encoder))
    if row == "began":
        one = tf_gan.BEGAN(module.build_generator(shape, 64, filters=16), module.build_discriminator(shape, filters=16), 64)
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

    data = torch.from_numpy(np.ascontiguousarray(images().transpose(0, 3, 1, 2)))
    step = {"began": _began, "info_gan": _info_gan, "vae": _vae}[row]()

    def train(steps):
        for _ in range(steps):
            step(data[torch.randint(0, len(data), (BATCH[row],))])

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

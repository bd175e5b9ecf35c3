"""PyTorch's iterations of a GAN, and the networks of the plain rows. They need nothing but
NumPy and PyTorch: `benchmarks/accelerator.py` runs them where TensorFlow is not.
"""

import numpy as np

BATCH = {"mlp": 64, "maxout": 100, "dcgan": 64}
SHAPE = {"mlp": (28, 28, 1), "maxout": (28, 28, 1), "dcgan": (32, 32, 1)}


PLAIN = ("array", "dataset")


def parts(row: str) -> tuple[str, str]:
    """Returns the networks of a row, and how it trains them: `"simultaneous"`, one of
    `PLAIN`, or `""`.
    """
    for way in ("simultaneous", *PLAIN):
        if row.endswith("_" + way):
            return row.removesuffix("_" + way), way
    return row, ""


def random_images(count: int, shape: tuple[int, ...], low: float = -1.0) -> np.ndarray:
    """Returns images of noise between `low` and 1, always the same."""
    return np.random.default_rng(0).uniform(low, 1, (count, *shape)).astype(np.float32)


def images(name: str) -> np.ndarray:
    return random_images(6400, SHAPE[name], 0 if name == "maxout" else -1)


def iteration(make, step_discriminator, step_generator, simultaneous: bool):
    """Returns one iteration of a GAN: a step of each network on fakes of its own or, with
    `simultaneous`, on the same fakes, G's step first.

    Args:
        make: A function of a batch, and of what stands beside it, to fakes.
        step_discriminator: A function of fakes and the batch that moves D.
        step_generator: One that moves G.
        simultaneous: Whether they see the same fakes.
    """
    import torch

    def alternating(*batch):
        with torch.no_grad():
            fakes = make(*batch)
        step_discriminator(fakes, *batch)
        step_generator(make(*batch), *batch)

    def at_once(*batch):
        fakes = make(*batch)
        step_generator(fakes, *batch)
        step_discriminator(fakes.detach(), *batch)

    return at_once if simultaneous else alternating


def torch_step(row: str, device="cpu", capturable: bool = False):
    """Returns an iteration of PyTorch.

    Args:
        row: `"mlp"`, `"maxout"` or `"dcgan"`, or one of these with `"_simultaneous"`.
        device: Where it runs.
        capturable: Whether a CUDA graph can hold it.
    """
    import torch
    from torch import nn

    name, way = parts(row)
    generator, discriminator = (network.to(device) for network in torch_networks(name))
    loss = nn.BCEWithLogitsLoss()
    if name == "maxout":
        g_optimizer, d_optimizer = (
            torch.optim.SGD(m.parameters(), lr=0.1, momentum=0.5)
            for m in (generator, discriminator)
        )
    else:
        g_optimizer, d_optimizer = (
            torch.optim.Adam(m.parameters(), lr=2e-4, betas=(0.5, 0.999), capturable=capturable)
            for m in (generator, discriminator)
        )
    data = torch.from_numpy(np.ascontiguousarray(images(name).transpose(0, 3, 1, 2))).to(device)
    size = BATCH[name]
    real, fake = torch.ones(size, 1, device=device), torch.zeros(size, 1, device=device)

    def make():
        return generator(torch.randn(size, 100, device=device))

    def step_discriminator(fakes):
        batch = data[torch.randint(0, len(data), (size,), device=device)]
        d_optimizer.zero_grad()
        (0.5 * (loss(discriminator(batch), real) + loss(discriminator(fakes), fake))).backward()
        d_optimizer.step()

    def step_generator(fakes):
        g_optimizer.zero_grad()
        loss(discriminator(fakes), real).backward()
        g_optimizer.step()

    simultaneous = way == "simultaneous" or name == "maxout"
    return iteration(make, step_discriminator, step_generator, simultaneous)


def torch_networks(name: str):
    """Returns the generator and the discriminator of PyTorch for a key of `BATCH`."""
    return {"mlp": _torch_mlp, "maxout": _torch_maxout, "dcgan": _torch_dcgan}[name]()


def block(inputs: int, outputs: int, normalize: bool = True) -> list:
    """Returns the layers of PyTorch-GAN's MLPs from one size to the next."""
    from torch import nn

    return [
        nn.Linear(inputs, outputs),
        *([nn.BatchNorm1d(outputs, 0.8)] if normalize else []),
        nn.LeakyReLU(0.2),
    ]


def _torch_mlp():
    from torch import nn

    generator = nn.Sequential(
        *block(100, 128, False),
        *block(128, 256),
        *block(256, 512),
        *block(512, 1024),
        nn.Linear(1024, 784),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    )
    return generator, nn.Sequential(
        nn.Flatten(), *block(784, 512, False), *block(512, 256, False), nn.Linear(256, 1)
    )


def _torch_maxout():
    from torch import nn

    class Maxout(nn.Module):
        def __init__(self, inputs, units, pieces):
            super().__init__()
            self.shape, self.linear = (units, pieces), nn.Linear(inputs, units * pieces)

        def forward(self, x):
            return self.linear(x).unflatten(1, self.shape).amax(2)

    generator = nn.Sequential(
        nn.Linear(100, 1200),
        nn.ReLU(),
        nn.Linear(1200, 1200),
        nn.ReLU(),
        nn.Linear(1200, 784),
        nn.Sigmoid(),
        nn.Unflatten(1, (1, 28, 28)),
    )
    layers = [
        nn.Dropout(0.2),
        Maxout(784, 240, 5),
        nn.Dropout(0.5),
        Maxout(240, 240, 5),
        nn.Dropout(0.5),
        nn.Linear(240, 1),
    ]
    return generator, nn.Sequential(nn.Flatten(), *layers)


def _torch_dcgan():
    from torch import nn

    def up(inputs, outputs):
        return [
            nn.Upsample(scale_factor=2),
            nn.Conv2d(inputs, outputs, 3, padding=1),
            nn.BatchNorm2d(outputs, 0.8),
            nn.LeakyReLU(0.2),
        ]

    def down(inputs, outputs, normalize=True):
        norm = [nn.BatchNorm2d(outputs, 0.8)] if normalize else []
        return [nn.Conv2d(inputs, outputs, 3, 2, 1), nn.LeakyReLU(0.2), nn.Dropout2d(0.25), *norm]

    generator = nn.Sequential(
        nn.Linear(100, 128 * 64),
        nn.Unflatten(1, (128, 8, 8)),
        nn.BatchNorm2d(128),
        *up(128, 128),
        *up(128, 64),
        nn.Conv2d(64, 1, 3, padding=1),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        *down(1, 16, False),
        *down(16, 32),
        *down(32, 64),
        *down(64, 128),
        nn.Flatten(),
        nn.Linear(512, 1),
    )
    return generator, discriminator

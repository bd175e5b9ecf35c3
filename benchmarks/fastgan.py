"""The row `fastgan` of `benchmarks/train_step.py`: the networks that `own_pictures` takes
on one CPU core for 64x64 colour pictures, 8 wide, without augmentation and average, beside
the same in PyTorch.

Both programs make the whole step: fresh noise for each network, the hinge loss, two
decoders that rebuild the reals, spectral normalisation of every convolution with its
gradient, BatchNormalization.
"""

import numpy as np

from benchmarks.loops import random_images

BATCH, SIDE, LATENT, WIDTH = 8, 64, 128, 8
RECONSTRUCTION = 8.0


def images() -> np.ndarray:
    return random_images(512, (SIDE, SIDE, 3))


def model():
    """Returns the compiled model and the floating-point operations of its step.

    The decoders run for reals alone: forward, and for both gradients.
    """
    import keras

    import tf_gan
    from benchmarks import arithmetic
    from tf_gan.networks import fastgan

    shape = (SIDE, SIDE, 3)
    generator = fastgan.build_generator(shape, LATENT, width=WIDTH)
    discriminator = fastgan.build_discriminator(shape, width=WIDTH)
    gan = tf_gan.FastGAN(generator, discriminator, LATENT, reconstruction_weight=RECONSTRUCTION)
    gan.compile(*(keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)))
    judge = keras.Model(discriminator.inputs, discriminator.outputs[0])
    decoders = arithmetic.forward_flops(discriminator) - arithmetic.forward_flops(judge)
    flops = arithmetic.step_flops(generator, judge, BATCH) + 3 * BATCH * decoders
    return gan, flops


def pytorch():
    """Returns a function of a number of steps that trains in PyTorch."""
    import torch
    from torch import nn
    from torch.nn import functional
    from torch.nn.utils.parametrizations import spectral_norm

    def conv(inputs, outputs, size, stride=1):
        padding = (size - 1) // 2
        return spectral_norm(nn.Conv2d(inputs, outputs, size, stride, padding, bias=False))

    class Gated(nn.Module):
        def __init__(self, inputs, outputs, up):
            super().__init__()
            self.conv, self.norm = conv(inputs, 2 * outputs, 3), nn.BatchNorm2d(2 * outputs)
            self.up = up

        def forward(self, x):
            x = functional.interpolate(x, scale_factor=2) if self.up else x
            return functional.glu(self.norm(self.conv(x)), dim=1)

    class Excite(nn.Module):
        def __init__(self, small, channels):
            super().__init__()
            self.first = spectral_norm(nn.Conv2d(small, channels, 4, bias=False))
            self.second = conv(channels, channels, 1)

        def forward(self, x, small):
            y = functional.silu(self.first(functional.adaptive_avg_pool2d(small, 4)))
            return x * torch.sigmoid(self.second(y))

    # Channels of maps that are 4, 8, 16, 32, 64 high.
    widths = [16 * WIDTH, 8 * WIDTH, 4 * WIDTH, 2 * WIDTH, 2 * WIDTH]

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = spectral_norm(nn.Linear(LATENT, 16 * 2 * widths[0], bias=False))
            self.norm = nn.BatchNorm2d(2 * widths[0])
            self.stages = nn.ModuleList(
                [
                    nn.Sequential(
                        Gated(widths[n - 1], widths[n], True),
                        *([Gated(widths[n], widths[n], False)] if n % 2 else []),
                    )
                    for n in range(1, 5)
                ]
            )
            self.excite = Excite(widths[0], widths[4])
            self.images = conv(widths[4], 3, 3)

        def forward(self, z):
            x = self.dense(z).view(len(z), 2 * widths[0], 4, 4)
            smallest = x = functional.glu(self.norm(x), dim=1)
            for stage in self.stages:
                x = stage(x)
            return torch.tanh(self.images(self.excite(x, smallest)))

    class Down(nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            self.convs = nn.ModuleList(
                [conv(inputs, outputs, 4, 2), conv(outputs, outputs, 3), conv(inputs, outputs, 1)]
            )
            self.norms = nn.ModuleList([nn.BatchNorm2d(outputs) for _ in range(3)])

        def forward(self, x):
            y = x
            for n in range(2):
                y = functional.leaky_relu(self.norms[n](self.convs[n](y)), 0.2)
            x = self.norms[2](self.convs[2](functional.avg_pool2d(x, 2)))
            return 0.5 * (y + functional.leaky_relu(x, 0.2))

    class Decoder(nn.Module):
        def __init__(self, channels, times):
            super().__init__()
            layers, filters = [], max(4, channels // 4)
            for _ in range(times):
                layers.append(Gated(channels, filters, True))
                channels, filters = filters, max(4, filters // 2)
            self.layers = nn.Sequential(*layers, conv(channels, 3, 3), nn.Tanh())

        def forward(self, x):
            return self.layers(x)

    # Channels of maps that are 64, 32, 16, 8 high.
    narrow = [2 * WIDTH, 4 * WIDTH, 8 * WIDTH, 16 * WIDTH]

    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = conv(3, narrow[0], 3)
            self.downs = nn.ModuleList([Down(narrow[n], narrow[n + 1]) for n in range(3)])
            self.head, self.norm = conv(narrow[3], narrow[3], 1), nn.BatchNorm2d(narrow[3])
            self.logits = spectral_norm(nn.Conv2d(narrow[3], 1, 4))
            self.decoders = nn.ModuleList([Decoder(narrow[3], 3), Decoder(narrow[2], 2)])

        def forward(self, x, rebuild=False):
            maps = [functional.leaky_relu(self.first(x), 0.2)]
            for down in self.downs:
                maps.append(down(maps[-1]))
            logits = self.logits(functional.leaky_relu(self.norm(self.head(maps[-1])), 0.2))
            if not rebuild:
                return logits
            return logits, self.decoders[0](maps[-1]), self.decoders[1](maps[-2])

    generator, discriminator = Generator(), Discriminator()
    g_optimizer, d_optimizer = (
        torch.optim.Adam(each.parameters(), lr=2e-4, betas=(0.5, 0.999))
        for each in (generator, discriminator)
    )
    data = torch.from_numpy(np.ascontiguousarray(images().transpose(0, 3, 1, 2)))

    def train(steps):
        for _ in range(steps):
            reals = data[torch.randint(0, len(data), (BATCH,))]
            with torch.no_grad():
                fakes = generator(torch.randn(BATCH, LATENT))
            d_optimizer.zero_grad()
            loss = functional.relu(1 + discriminator(fakes)).mean()
            logits, *rebuilt = discriminator(reals, rebuild=True)
            loss = loss + functional.relu(1 - logits).mean()
            errors = sum(functional.mse_loss(each, reals) for each in rebuilt)
            (loss + RECONSTRUCTION * errors).backward()
            d_optimizer.step()
            g_optimizer.zero_grad()
            (-discriminator(generator(torch.randn(BATCH, LATENT))).mean()).backward()
            g_optimizer.step()

    train.networks = generator, discriminator
    return train

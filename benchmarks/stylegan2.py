"""The row `stylegan2` of `benchmarks/train_step.py`: the networks of
`configs/image_folder_stylegan2.py` for 64x64 colour images, without augmentation and
average, beside the same in PyTorch.

Both programs make the whole step: non-saturating losses, style mixing, noise, R1 in
every 16th step, path lengths in every 4th, fresh noise for each network. PyTorch's
convolutions are modulated in the same way, by factors of the maps.
"""

import itertools
import math

import numpy as np

from benchmarks.loops import random_images

BATCH, SIDE, STYLE, LATENT = 16, 64, 128, 64
WIDTH = {"base_width": 512, "max_width": 64}
R1_EVERY, PATHS_EVERY, MIXING = 16, 4, 0.9


def images() -> np.ndarray:
    return random_images(512, (SIDE, SIDE, 3))


def model():
    """Returns the compiled model and the floating-point operations of its step, those of
    the lazy losses left out.
    """
    import tf_gan
    from benchmarks import arithmetic
    from tf_gan.networks import stylegan2

    shape = (SIDE, SIDE, 3)
    gan = tf_gan.StyleGAN2(
        stylegan2.build_generator(shape, LATENT, style_dim=STYLE, mapping_layers=2, **WIDTH),
        stylegan2.build_discriminator(shape, **WIDTH),
        LATENT,
        mixing_probability=MIXING,
        path_length_interval=PATHS_EVERY,
    )
    gan.compile(penalty_interval=R1_EVERY, steps_per_execution=4)
    return gan, arithmetic.step_flops(gan.generator, gan.discriminator, BATCH)


def pytorch():
    """Returns a function of a number of steps that trains in PyTorch."""
    import torch
    from torch import nn
    from torch.nn import functional

    sizes = [4 << n for n in range(int(math.log2(SIDE)) - 1)]
    widths = [min(WIDTH["max_width"], WIDTH["base_width"] // size) for size in sizes]
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8

    def blur(x, padding, stride=1, gain=1.0):
        kernel = (gain * taps[:, None] * taps).expand(x.shape[1], 1, 4, 4)
        return functional.conv2d(x, kernel, None, stride, padding, groups=x.shape[1])

    def activate(x):
        return math.sqrt(2) * functional.leaky_relu(x, 0.2)

    class Dense(nn.Module):
        def __init__(self, inputs, outputs, rate=1.0, bias=0.0):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
            self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
            self.rate, self.scale = rate, rate / math.sqrt(inputs)

        def forward(self, x):
            return functional.linear(x, self.scale * self.weight, self.rate * self.bias)

    class Conv(nn.Module):
        def __init__(self, inputs, outputs, size, bias=True):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
            self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
            self.scale = 1 / math.sqrt(inputs * size * size)

        def forward(self, x, stride=1, padding=0):
            return functional.conv2d(x, self.scale * self.weight, self.bias, stride, padding)

    class Styled(Conv):
        """A modulated convolution with noise, and its affine layer."""

        def __init__(self, inputs, outputs, size, up=False, colors=False):
            super().__init__(inputs, outputs, size)
            self.affine, self.up, self.colors = Dense(STYLE, inputs, bias=1.0), up, colors
            self.strength = None if colors else nn.Parameter(torch.zeros(()))

        def forward(self, x, w):
            s, weight = self.affine(w), self.scale * self.weight
            x = x * s[:, :, None, None]
            if self.up:
                x = functional.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
                x = blur(x, 1, gain=4.0)
            else:
                x = functional.conv2d(x, weight, padding=weight.shape[-1] // 2)
            if self.colors:
                return x + self.bias[:, None, None]
            squares = s.square() @ weight.square().sum((2, 3)).t()
            x = x * torch.rsqrt(squares + 1e-8)[:, :, None, None]
            noise = torch.randn(len(x), 1, *x.shape[2:])
            return activate(x + self.bias[:, None, None] + self.strength * noise)

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            dense = [Dense(LATENT, STYLE, 0.01), Dense(STYLE, STYLE, 0.01)]
            self.mapping = nn.ModuleList(dense)
            self.constant = nn.Parameter(torch.randn(widths[0], 4, 4))
            self.layers = nn.ModuleList([Styled(widths[0], widths[0], 3)])
            self.colors = nn.ModuleList([Styled(widths[0], 3, 1, colors=True)])
            for small, width in itertools.pairwise(widths):
                self.layers.extend([Styled(small, width, 3, up=True), Styled(width, width, 3)])
                self.colors.append(Styled(width, 3, 1, colors=True))

        def map(self, z):
            x = z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8)
            for dense in self.mapping:
                x = activate(dense(x))
            return x

        def styles(self, n):
            first, second = self.map(torch.randn(n, LATENT)), self.map(torch.randn(n, LATENT))
            layers = 2 * len(sizes)
            cut = torch.randint(1, layers, (n,))
            cut = torch.where(torch.rand(n) < MIXING, cut, layers)
            is_first = torch.arange(layers)[None] < cut[:, None]
            return torch.where(is_first[..., None], first[:, None], second[:, None])

        def forward(self, w):
            x = self.layers[0](self.constant.expand(len(w), -1, -1, -1), w[:, 0])
            image = self.colors[0](x, w[:, 1])
            for stage in range(1, len(sizes)):
                x = self.layers[2 * stage - 1](x, w[:, 2 * stage - 1])
                x = self.layers[2 * stage](x, w[:, 2 * stage])
                image = functional.interpolate(image, scale_factor=2, mode="bilinear")
                image = image + self.colors[stage](x, w[:, 2 * stage + 1])
            return image

    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            pairs = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
            self.colors = Conv(3, widths[-1], 1)
            self.first = nn.ModuleList([Conv(a, a, 3) for a, _ in pairs])
            self.second = nn.ModuleList([Conv(a, b, 3) for a, b in pairs])
            self.beside = nn.ModuleList([Conv(a, b, 1, bias=False) for a, b in pairs])
            self.last = Conv(widths[0] + 1, widths[0], 3)
            self.dense, self.logits = Dense(16 * widths[0], widths[0]), Dense(widths[0], 1)

        def forward(self, x):
            x = activate(self.colors(x))
            for first, second, beside in zip(self.first, self.second, self.beside, strict=True):
                y = activate(first(x, padding=1))
                y = activate(second(blur(y, 2), stride=2))
                x = (beside(blur(x, 1, stride=2)) + y) / math.sqrt(2)
            groups = x.reshape(4, -1, *x.shape[1:])
            deviation = (groups.var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))
            maps = deviation.repeat(4)[:, None, None, None].expand(-1, 1, *x.shape[2:])
            x = activate(self.last(torch.cat([x, maps], 1), padding=1))
            return self.logits(activate(self.dense(x.flatten(1))))

    generator, discriminator = Generator(), Discriminator()

    def adam(network, interval):
        c = interval / (interval + 1)
        return torch.optim.Adam(network.parameters(), lr=0.002 * c, betas=(0.0, 0.99**c))

    g_optimizer, d_optimizer = adam(generator, PATHS_EVERY), adam(discriminator, R1_EVERY)
    data = torch.from_numpy(np.ascontiguousarray(images().transpose(0, 3, 1, 2)))
    mean, count = torch.zeros(()), 0

    def step(batch):
        nonlocal mean
        if count % R1_EVERY == 0:
            reals = batch.clone().requires_grad_()
            logits = discriminator(reals).sum()
            (slope,) = torch.autograd.grad(logits, reals, create_graph=True)
            d_optimizer.zero_grad()
            (R1_EVERY * 5.0 * slope.square().sum((1, 2, 3)).mean()).backward()
            d_optimizer.step()
        if count % PATHS_EVERY == 0:
            w = generator.styles(BATCH // 2)
            made = generator(w)
            product = (made * torch.randn_like(made)).sum() / SIDE
            (slope,) = torch.autograd.grad(product, w, create_graph=True)
            lengths = (slope.square().sum(2).mean(1) + 1e-12).sqrt()
            g_optimizer.zero_grad()
            (PATHS_EVERY * 2.0 * (lengths - mean).square().mean()).backward()
            g_optimizer.step()
            mean = mean + 0.01 * (lengths.detach().mean() - mean)
        with torch.no_grad():
            fakes = generator(generator.styles(BATCH))
        d_optimizer.zero_grad()
        loss = functional.softplus(discriminator(fakes)).mean()
        (loss + functional.softplus(-discriminator(batch)).mean()).backward()
        d_optimizer.step()
        g_optimizer.zero_grad()
        made = generator(generator.styles(BATCH))
        functional.softplus(-discriminator(made)).mean().backward()
        g_optimizer.step()

    def train(steps):
        nonlocal count
        for _ in range(steps):
            step(data[torch.randint(0, len(data), (BATCH,))])
            count += 1

    return train

"use strict";
/* The game of "Generative Adversarial Nets" (Goodfellow et al., 2014, algorithm 1) on points, by
   hand. One step is that of tf_gan.GAN: tests/replay/test_game.py compares them. */

/* === Networks: dense layers with ReLU between them. Weights and biases lie in one array, layer
   by layer, as Keras flattens them: weights (inputs, outputs), then biases. === */

function network(sizes, bias = true) {
  const layers = [];
  let length = 0;
  for (let l = 0; l + 1 < sizes.length; l++) {
    const [rows, columns] = [sizes[l], sizes[l + 1]];
    layers.push({rows, columns, w: length, b: length + rows * columns});
    length += (rows + 1) * columns;
  }
  return {layers, bias, weights: new Float64Array(length)};
}

/* Glorot's uniform weights, as Keras' Dense has them; biases 0. */
function initialize(net, random) {
  for (const {rows, columns, w, b} of net.layers) {
    const limit = Math.sqrt(6 / (rows + columns));
    for (let i = w; i < b; i++) net.weights[i] = limit * (2 * random() - 1);
  }
  return net;
}

/* Returns the inputs of each layer and the outputs of the last. With `masks`, those of an earlier
   pass, returns the derivatives of all of them in the direction x instead. */
function forward(net, x, n, masks = null) {
  const values = [x], last = net.layers.length - 1;
  net.layers.forEach(({rows, columns, w, b}, l) => {
    const input = values[l], output = new Float64Array(n * columns);
    for (let i = 0; i < n; i++) {
      const o = i * columns;
      if (!masks && net.bias)
        for (let c = 0; c < columns; c++) output[o + c] = net.weights[b + c];
      for (let r = 0; r < rows; r++) {
        const value = input[i * rows + r], row = w + r * columns;
        if (value !== 0)
          for (let c = 0; c < columns; c++) output[o + c] += value * net.weights[row + c];
      }
    }
    const mask = masks ? masks[l + 1] : output;
    if (l < last) for (let j = 0; j < output.length; j++) if (mask[j] <= 0) output[j] = 0;
    values.push(output);
  });
  return values;
}

/* Adds to `gradient` what `slopes`, the derivatives of a scalar by the outputs, give for the
   weights; returns the derivatives by the inputs. `values` and `masks` are as in `forward`. */
function backward(net, values, slopes, n, gradient, masks = values) {
  for (let l = net.layers.length - 1; l >= 0; l--) {
    const {rows, columns, w, b} = net.layers[l], input = values[l];
    const before = new Float64Array(n * rows);
    for (let i = 0; i < n; i++) {
      const o = i * columns;
      if (gradient && net.bias && values === masks)
        for (let c = 0; c < columns; c++) gradient[b + c] += slopes[o + c];
      for (let r = 0; r < rows; r++) {
        const j = i * rows + r, row = w + r * columns, value = input[j];
        let sum = 0;
        for (let c = 0; c < columns; c++) sum += slopes[o + c] * net.weights[row + c];
        if (gradient && value !== 0)
          for (let c = 0; c < columns; c++) gradient[row + c] += value * slopes[o + c];
        before[j] = l === 0 || masks[l][j] > 0 ? sum : 0;
      }
    }
    slopes = before;
  }
  return slopes;
}

/* R1: returns weight / 2 E|grad D(x)|^2 and adds its gradient, that of the product of grad D with
   the constant v = grad D: ReLU has no second derivative. `values` are those of D on the reals. */
function r1(net, values, n, weight, gradient) {
  const v = backward(net, values, new Float64Array(n).fill(1), n, null);
  const derivatives = forward(net, v, n, values);
  backward(net, derivatives, new Float64Array(n).fill(weight / n), n, gradient, values);
  return (weight / 2) * v.reduce((sum, each) => sum + each * each, 0) / n;
}

/* === Losses: the value and its derivatives by the logits a = D(x) and b = D(G(z)). === */

const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const mean = (x, f) => x.reduce((sum, each) => sum + f(each), 0) / x.length;

/* E[f(a)] + E[g(b)]; f and g are pairs of a function and its derivative. */
const sum = (f, g) => (a, b) => ({
  value: (f ? mean(a, f[0]) : 0) + mean(b, g[0]),
  a: f && a.map((each) => f[1](each) / a.length),
  b: b.map((each) => g[1](each) / b.length),
});
const swapped = (loss) => (a, b) => {
  const {value, a: da, b: db} = loss(b, a);
  return {value, a: db, b: da};
};
const pairs = (a, b) => {
  const slopes = a.map((each, i) => sigmoid(b[i] - each) / a.length);
  return {
    value: mean(a.map((each, i) => b[i] - each), softplus), a: slopes.map((each) => -each),
    b: slopes,
  };
};
const averages = (a, b) => {
  const n = a.length, meanA = mean(a, (x) => x), meanB = mean(b, (x) => x);
  const u = a.map((each) => sigmoid(meanB - each) / n), v = b.map((each) => sigmoid(each - meanA) / n);
  const [totalU, totalV] = [u, v].map((each) => each.reduce((x, y) => x + y, 0));
  return {
    value: mean(a, (x) => softplus(meanB - x)) + mean(b, (x) => softplus(x - meanA)),
    a: u.map((each) => -each - totalV / n), b: v.map((each) => each + totalU / n),
  };
};

const REAL = [(x) => softplus(-x), (x) => -sigmoid(-x)], FAKE = [softplus, sigmoid];
const UP = [(x) => -x, () => -1];
const LOSSES = {
  non_saturating: {discriminator: sum(REAL, FAKE), generator: sum(null, REAL)},
  minimax: {
    discriminator: sum(REAL, FAKE), generator: sum(null, [(x) => -softplus(x), (x) => -sigmoid(x)]),
  },
  least_squares: {
    discriminator: sum([(x) => (x - 1) ** 2 / 2, (x) => x - 1], [(x) => x * x / 2, (x) => x]),
    generator: sum(null, [(x) => (x - 1) ** 2 / 2, (x) => x - 1]),
  },
  wasserstein: {discriminator: sum(UP, [(x) => x, () => 1]), generator: sum(null, UP)},
  hinge: {
    discriminator: sum(
      [(x) => Math.max(0, 1 - x), (x) => -(x < 1)], [(x) => Math.max(0, 1 + x), (x) => +(x > -1)],
    ),
    generator: sum(null, UP),
  },
  relativistic: {discriminator: pairs, generator: swapped(pairs)},
  relativistic_average: {discriminator: averages, generator: swapped(averages)},
};

/* === Optimizers, as Keras has them. === */

function optimizer(settings, rate, length) {
  return {...settings, rate, t: 0, m: new Float64Array(length), v: new Float64Array(length)};
}

function descend(state, weights, gradient) {
  const {optimizer: name, beta1, beta2, epsilon, rate, m, v} = state, t = ++state.t;
  const size = rate * Math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t);
  for (let i = 0; i < weights.length; i++) {
    const g = gradient[i];
    if (name === "sgd") { weights[i] -= rate * g; continue; }
    m[i] += (g - m[i]) * (1 - beta1);
    v[i] += (g * g - v[i]) * (1 - beta2);
    weights[i] -= size * m[i] / (Math.sqrt(v[i]) + epsilon);
  }
}

/* === Random numbers and data === */

/* Mulberry32 (public domain): numbers in [0, 1), fixed by the seed. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const normal = (random) =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const angles = [...Array(8).keys()].map((i) => (2 * Math.PI * i) / 8);
const lattice = [-4, -2, 0, 2, 4];
const DENSITIES = {  // Mixtures of Gaussians with equal weights, and how far the pictures reach.
  ring: {means: angles.map((x) => [2 * Math.cos(x), 2 * Math.sin(x)]), deviation: 0.1, reach: 3},
  grid: {means: lattice.flatMap((x) => lattice.map((y) => [x, y])), deviation: 0.1, reach: 5.5},
  two_gaussians: {means: [[-2], [2]], deviation: 0.5, reach: 5},
  point: {means: [[0]], deviation: 0, reach: 2},  // All data at 0: the Dirac-GAN.
};

function drawReal(name, n, random) {
  const {means, deviation} = DENSITIES[name], points = [];
  for (let i = 0; i < n; i++)
    for (const x of means[Math.floor(random() * means.length)])
      points.push(x + (deviation && deviation * normal(random)));
  return Float64Array.from(points);
}

const drawLatents = (game, n) =>
  Float64Array.from({length: n * game.latents}, () => (game.dirac ? 0 : normal(game.random)));

/* === Algorithm 1 === */

const DEFAULTS = {
  density: "ring", loss: "non_saturating", r1: 0, k: 1, generatorRate: 2e-3,
  discriminatorRate: 2e-3, optimizer: "adam", beta1: 0.5, beta2: 0.99, epsilon: 1e-7, batch: 64,
  units: [32, 32], seed: 0,
};
const PRESETS = {
  works: {r1: 0.1},
  collapses: {generatorRate: 1e-2, discriminatorRate: 1e-3},
  circles: {
    density: "point", loss: "minimax", optimizer: "sgd", generatorRate: 0.1,
    discriminatorRate: 0.1,
  },
};

/* Returns a game before its first step. The Dirac-GAN has two numbers: all fakes lie at theta, and
   D(x) = psi x. */
function newGame(settings) {
  const game = {...DEFAULTS, ...settings, step: 0};
  game.random = generator(game.seed);
  game.dirac = game.density === "point";
  game.dimensions = DENSITIES[game.density].means[0].length;
  game.latents = game.dirac ? 1 : 2;
  const units = game.dirac ? [] : game.units;
  game.G = initialize(network([game.latents, ...units, game.dimensions]), game.random);
  game.D = initialize(network([game.dimensions, ...units, 1], !game.dirac), game.random);
  if (game.dirac) { game.G.weights.set([0, 1]); game.D.weights.set([0, 0]); }
  for (const [net, rate] of [["G", "generatorRate"], ["D", "discriminatorRate"]])
    game[`${net}state`] = optimizer(game, game[rate], game[net].weights.length);
  return game;
}

/* One step: k times D, each on fresh data and noise, then G once, on fresh noise. `draws` gives
   the numbers in place of game.random: {real: [k arrays], latents: [k + 1 arrays]}. */
function step(game, draws = null) {
  const {G, D} = game, n = game.batch, loss = LOSSES[game.loss], logs = {penalty: 0};
  let real, reals;
  for (let i = 0; i < game.k; i++) {
    real = draws ? draws.real[i] : drawReal(game.density, n, game.random);
    const fakes = forward(D, forward(G, draws ? draws.latents[i] : drawLatents(game, n), n).at(-1), n);
    reals = forward(D, real, n);
    const {value, a, b} = loss.discriminator(reals.at(-1), fakes.at(-1));
    const gradient = new Float64Array(D.weights.length);
    backward(D, reals, a, n, gradient);
    backward(D, fakes, b, n, gradient);
    if (game.r1 > 0) logs.penalty = r1(D, reals, n, game.r1, gradient);
    descend(game.Dstate, D.weights, gradient);
    logs.discriminator = value;
  }
  reals = forward(D, real, n);
  const images = forward(G, draws ? draws.latents[game.k] : drawLatents(game, n), n);
  const fakes = forward(D, images.at(-1), n);
  const {value, b} = loss.generator(reals.at(-1), fakes.at(-1));
  const gradient = new Float64Array(G.weights.length);
  backward(G, images, backward(D, fakes, b, n, null), n, gradient);
  descend(game.Gstate, G.weights, gradient);
  logs.generator = value;
  game.step += 1;
  return logs;
}

/* Returns how many modes have a point within three deviations, and the share of such points. */
function modes(points, {means, deviation}) {
  const d = means[0].length, found = new Set();
  let near = 0;
  for (let i = 0; i < points.length; i += d) {
    const squares = means.map((mean) =>
      mean.reduce((sum, x, j) => sum + (points[i + j] - x) ** 2, 0));
    const nearest = squares.indexOf(Math.min(...squares));
    if (!(squares[nearest] <= (3 * deviation) ** 2)) continue;
    near += 1;
    found.add(nearest);
  }
  return {count: found.size, share: (near * d) / points.length};
}

if (typeof module !== "undefined")
  module.exports = {
    DENSITIES, PRESETS, drawLatents, forward, modes, newGame, step,
  };

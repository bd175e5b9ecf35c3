// Points of latent space, and ways between them. The formulas are those of
// tf_gan/metrics/path_length.py and tf_gan/explorer/sprites.py.

// Codes of an InfoGAN are no noise: their weights have the sum 1.
function mix(weights, points, plain = weights) {
  const z = new Float32Array(points[0].length);
  const codes = data.codes ? data.codes.start : z.length;
  for (let i = 0; i < z.length; i++) {
    let sum = 0;
    points.forEach((point, k) => { sum += (i < codes ? weights : plain)[k] * point[i]; });
    z[i] = sum;
  }
  return z;
}

const straight = (a, b, t) => mix([1 - t, t], [a, b]);

// sin((1 - t) w) / sin(w) a + sin(t w) / sin(w) b, w the angle between a and b.
function spherical(a, b, t) {
  let dot = 0, aa = 0, bb = 0;
  a.forEach((value, i) => { dot += value * b[i]; aa += value * value; bb += b[i] * b[i]; });
  const cosine = dot / Math.max(Math.sqrt(aa * bb), 1e-12);
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  if (sine < 1e-6) return straight(a, b, t);
  const weights = [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine];
  return mix(weights, [a, b], [1 - t, t]);
}

// The point (x, y) of the unit square with the corners a, b, c, d: top left, top right,
// bottom left, bottom right. A mean of independent Gaussians is shorter than they are:
// divided by sqrt(sum w^2) it is one of the prior again.
function onPlane([a, b, c, d], x, y) {
  const weights = [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y];
  const scale = data.prior === "normal" ? Math.hypot(...weights) : 1;
  return mix(weights.map((weight) => weight / scale), [a, b, c, d], weights);
}

// Noise of the prior's mean times (1 - psi), its own times psi; codes stay.
function truncated(z, psi) {
  const mean = data.prior === "normal" ? 0 : (data.prior[0] + data.prior[1]) / 2;
  const noise = data.codes ? data.codes.start : z.length;
  return z.map((value, i) => (i < noise ? mean + psi * (value - mean) : value));
}

// Nine digits fix a float32.
const digits = (value) => String(Number(value.toPrecision(9)));

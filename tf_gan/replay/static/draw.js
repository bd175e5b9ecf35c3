"use strict";
/* Pictures of the game on canvases: the plane, the line, curves. */

const byId = (id) => document.getElementById(id);
const colour = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const channels = (name) => [1, 3, 5].map((i) => parseInt(colour(name).slice(i, i + 2), 16));

/* D's outputs from 0 to 1: probabilities where logits are log-odds, else from least to most. */
function outputs(logits, logOdds) {
  const values = Array.from(logits);
  if (logOdds) return values.map((a) => 1 / (1 + Math.exp(-a)));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return values.map((a) => (a - least) / (most - least || 1));
}

/* Returns an empty canvas, sharp on this screen, in CSS pixels. */
function paper(canvas) {
  const {clientWidth: width, clientHeight: height} = canvas, ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.font = "12px system-ui, sans-serif";
  return {context, width, height};
}

/* Colours n x n cells, x by x, by numbers from 0 (fake) to 1 (real); NaN stays empty. */
function heat({context, width, height}, values, n, smooth = true) {
  const cells = document.createElement("canvas"), real = channels("real"), fake = channels("fake");
  cells.width = cells.height = n;
  const image = cells.getContext("2d").createImageData(n, n);
  for (let x = 0; x < n; x++)
    for (let y = 0; y < n; y++) {
      const value = values[x * n + y];
      if (Number.isNaN(value)) continue;
      const strength = Math.abs(2 * value - 1) ** 0.6;  // Small differences show too.
      image.data.set([...(value > 0.5 ? real : fake), 150 * strength], 4 * ((n - 1 - y) * n + x));
    }
  cells.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = smooth;
  context.drawImage(cells, 0, 0, width, height);
}

function dots(context, points, size, name, place) {
  context.fillStyle = colour(name);
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = place(points[i], points[i + 1]);
    context.fillRect(x - size / 2, y - size / 2, size, size);
  }
}

function arrow(context, x, y, dx, dy) {
  const length = Math.hypot(dx, dy);
  if (!(length > 2)) return;
  const [ux, uy] = [dx / length, dy / length], head = Math.min(6, length / 2);
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + dx, y + dy);
  for (const side of [1, -1]) {
    context.moveTo(x + dx, y + dy);
    context.lineTo(
      x + dx - head * (ux + 0.6 * side * uy), y + dy - head * (uy - 0.6 * side * ux));
  }
  context.stroke();
}

/* Returns a factor for arrows: nine of ten are shorter than 7% of the picture. */
function arrowScale(gradients, dimensions) {
  const lengths = [];
  for (let i = 0; i < gradients.length; i += dimensions) {
    const length = Math.hypot(...gradients.slice(i, i + dimensions));
    if (Number.isFinite(length)) lengths.push(length);
  }
  lengths.sort((a, b) => a - b);
  return 0.07 / (lengths[Math.floor(0.9 * lengths.length)] || 1);
}

/* The plane: D as colours, points, D's gradient at the first fakes. */
function drawPlane(canvas, {low, high, d, smooth, real, fakes, gradients, scale}) {
  const sheet = paper(canvas), {context, width, height} = sheet, unit = high - low;
  const place = (x, y) => [((x - low) / unit) * width, height - ((y - low) / unit) * height];
  if (d) heat(sheet, d, Math.round(Math.sqrt(d.length)), smooth);
  if (real) dots(context, real, 4, "real", place);
  if (fakes) dots(context, fakes, 3, "fake", place);
  if (!gradients) return;
  context.strokeStyle = colour("arrow");
  context.lineWidth = 1;
  context.globalAlpha = 0.75;
  for (let i = 0; i < gradients.length; i += 2) {
    const [x, y] = place(fakes[i], fakes[i + 1]);
    const size = Math.hypot(gradients[i], gradients[i + 1]) * scale;
    const factor = scale * width * Math.min(1, 0.1 / (size || 1));
    arrow(context, x, y, gradients[i] * factor, -gradients[i + 1] * factor);
  }
}

/* The line: shares of real points and of fakes in cells, D and D* above them, D's gradient. */
function drawLine(canvas, {low, high, d, logOdds, optimal, real, shares, fakes, gradients, scale}) {
  const {context, width, height} = paper(canvas), floor = height - 40, top = 20;
  const place = (x) => ((x - low) / (high - low)) * width;
  const most = Math.max(...(real || [0]), 0) || Math.max(...shares);
  const level = (share) => floor - (floor - top) * Math.min(1, (0.8 * share) / most);
  const cell = width / shares.length;
  context.globalAlpha = 0.35;
  for (const [values, name] of [[real, "real"], [shares, "fake"]]) {
    context.fillStyle = colour(name);
    values?.forEach((share, i) =>
      context.fillRect(i * cell, level(share), cell - 1, floor - level(share)));
  }
  context.globalAlpha = 1;
  for (const [values, name, dash] of [[optimal, "quiet", [5, 4]], [d, "ink", []]]) {
    if (!values) continue;
    context.strokeStyle = colour(name);
    context.lineWidth = 2;
    context.setLineDash(dash);
    context.beginPath();
    let drawing = false;
    values.forEach((value, i) => {
      const [x, y] = [((i + 0.5) * width) / values.length, floor - (floor - top) * value];
      if (Number.isNaN(value)) drawing = false;
      else if (drawing) context.lineTo(x, y);
      else { context.moveTo(x, y); drawing = true; }
    });
    context.stroke();
  }
  context.setLineDash([]);
  context.fillStyle = colour("quiet");
  context.textAlign = "right";
  const marks = logOdds ? {"D = 0": 0, "D = 0.5": 0.5, "D = 1": 1} : {"least D": 0, "most D": 1};
  for (const [text, value] of Object.entries(marks))
    context.fillText(text, width - 6, floor - (floor - top) * value - 4);
  context.strokeStyle = colour("rule");
  context.strokeRect(0, floor, width, 0);
  context.fillStyle = colour("fake");
  fakes.forEach((x) => context.fillRect(place(x), floor + 6, 1, 10));
  context.strokeStyle = colour("arrow");
  context.lineWidth = 1;
  context.globalAlpha = 0.75;
  gradients?.forEach((slope, i) => {
    const dx = Math.max(-0.1, Math.min(0.1, slope * scale)) * width;
    arrow(context, place(fakes[i]), floor + 22 + 2 * (i % 6), dx, 0);
  });
}

/* The two numbers of the Dirac-GAN: theta to the right, psi upwards, and where they have been. */
function drawPhase(canvas, {path, reach}) {
  const {context, width, height} = paper(canvas);
  const place = ([x, y]) =>
    [((x / reach + 1) * width) / 2, height - ((y / reach + 1) * height) / 2];
  context.strokeStyle = colour("rule");
  context.strokeRect(0, height / 2, width, 0);
  context.strokeRect(width / 2, 0, 0, height);
  context.fillStyle = colour("quiet");
  context.fillText("psi: D's slope", width / 2 + 8, 18);
  context.textAlign = "right";
  context.fillText("theta: the fakes", width - 8, height / 2 - 8);
  context.strokeStyle = colour("fake");
  context.lineWidth = 1.5;
  context.beginPath();
  path.forEach((point) => context.lineTo(...place(point)));
  context.stroke();
  context.fillStyle = colour("fake");
  context.beginPath();
  context.arc(...place(path.at(-1)), 6, 0, 7);
  context.fill();
}

/* Curves over steps: `curves` are {name, values, colour}; `cursor` is the number of one value. */
function drawCurves(canvas, {steps, curves, cursor = null, low = null, high = null}) {
  const {context, width, height} = paper(canvas), all = curves.flatMap(({values}) => values);
  const seen = all.filter(Number.isFinite);
  if (!seen.length) return;
  const [bottom, top] = [low ?? Math.min(...seen), high ?? Math.max(...seen)];
  const [left, floor, last] = [44, height - 20, steps.at(-1) || 1];
  const place = (i, value) => [
    left + (steps[i] / last) * (width - left - 6),
    floor - ((value - bottom) / (top - bottom || 1)) * (floor - 22),
  ];
  const text = (value) => String(+value.toPrecision(3));
  context.strokeStyle = colour("rule");
  context.strokeRect(left, floor, width - left - 6, 0);
  context.fillStyle = colour("quiet");
  context.textAlign = "right";
  context.fillText(text(top), left - 6, 26);
  context.fillText(text(bottom), left - 6, floor);
  context.fillText(last.toLocaleString("en"), width - 6, height - 5);
  context.textAlign = "left";
  context.fillText("step 0", left, height - 5);
  let x = left;
  for (const {name, values, colour: hue} of curves) {
    context.strokeStyle = context.fillStyle = colour(hue);
    context.lineWidth = 1.5;
    context.beginPath();
    values.forEach((value, i) => {
      if (Number.isFinite(value)) context.lineTo(...place(i, value));
    });
    context.stroke();
    context.fillText(name, x, 13);
    x += context.measureText(name).width + 14;
  }
  if (cursor === null) return;
  context.strokeStyle = colour("ink");
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(place(cursor, 0)[0], 18);
  context.lineTo(place(cursor, 0)[0], floor);
  context.stroke();
}

/* Draws again where the size or the colours change. */
function whenShown(draw) {
  new ResizeObserver(draw).observe(document.querySelector(".stage"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

"use strict";
/* Training in the page: game.js plays, draw.js draws. */

const STORIES = {
  works: "The non-saturating loss with R1: the fakes find all eight modes within some hundred " +
    "steps, and then draw together on them. Turn R1 off and play on.",
  collapses: "G takes ten times D's steps, and nothing holds D: all fakes run to one place, D " +
    "learns that place, and they run to the next one. Give G the rate of D, and turn R1 on.",
  circles: "The Dirac-GAN: all data at 0, all fakes at theta, D(x) = psi x. The two numbers circle " +
    "the solution (0, 0) for ever. Turn R1 on, and they spiral in.",
};
const NUMBERS = ["k", "discriminatorRate", "generatorRate"], CELLS = 40, FAKES = 500, ARROWS = 60;

let game, shown, history, path, timer = null;

const pressed = (id) => byId(id).getAttribute("aria-pressed") === "true";

function settings() {
  const values = {
    density: byId("density").value, loss: byId("loss").value, optimizer: byId("optimizer").value,
    r1: byId("penalty").checked ? Math.max(0, +byId("r1").value || 0) : 0, seed: +byId("seed").value || 0,
  };
  for (const name of NUMBERS) values[name] = Math.max(0, +byId(name).value || 0);
  values.k = Math.min(10, Math.max(1, Math.round(values.k)));
  return values;
}

function begin() {
  game = newGame(settings());
  // What is drawn is drawn apart: looking changes nothing of the training.
  const other = {...game, random: generator(game.seed + 1)};
  shown = {
    latents: drawLatents(other, FAKES), real: drawReal(game.density, FAKES, other.random),
  };
  [history, path] = [{steps: [], discriminator: [], generator: [], modes: [], every: 1}, []];
  look(null);
}

/* Takes over what a running game can change. */
function change() {
  const values = settings();
  for (const name of ["loss", "r1", "k"]) game[name] = values[name];
  game.Gstate.rate = values.generatorRate;
  game.Dstate.rate = values.discriminatorRate;
}

function choose(preset) {
  const values = {...DEFAULTS, ...PRESETS[preset]};
  for (const name of ["density", "loss", "optimizer", "seed", ...NUMBERS]) byId(name).value = values[name];
  byId("penalty").checked = values.r1 > 0;
  byId("r1").value = values.r1 || (preset === "circles" ? 0.3 : 0.1);
  mark(preset);
  begin();
}

function mark(preset) {
  for (const button of document.querySelectorAll("[data-preset]"))
    button.setAttribute("aria-pressed", button.dataset.preset === preset);
  byId("story").textContent = STORIES[preset] || "Your own game.";
}

/* Keeps the numbers of a step for the curves, at most 400: every second goes when there are more. */
function look(logs) {
  const fakes = forward(game.G, shown.latents, FAKES).at(-1);
  shown.fakes = fakes;
  shown.logs = logs;
  shown.found = modes(fakes, DENSITIES[game.density]);
  if (!logs || game.step < (history.steps.at(-1) ?? 0) + history.every) return;
  history.steps.push(game.step);
  history.discriminator.push(logs.discriminator);
  history.generator.push(logs.generator);
  history.modes.push(shown.found.count);
  if (history.steps.length < 400) return;
  history.every *= 2;
  for (const name of ["steps", "discriminator", "generator", "modes"])
    history[name] = history[name].filter((_, i) => i % 2);
}

/* Takes steps for some milliseconds, at least one. */
function advance(milliseconds) {
  const end = performance.now() + milliseconds;
  let logs;
  do {
    logs = step(game);
    if (game.dirac) {
      path.push([game.G.weights[1], game.D.weights[0]]);
      if (path.length > 1500) path.shift();
    }
  } while (performance.now() < end);
  look(logs);
  if (![logs.discriminator, logs.generator].every(Number.isFinite)) play(false);
  draw();
}

const logOdds = () => ["non_saturating", "minimax"].includes(game.loss);
const outputsOn = (points, n) => outputs(forward(game.D, points, n).at(-1), logOdds());

function cells(low, high, points) {
  const counts = Array(CELLS).fill(0);
  for (const x of points) {
    const cell = Math.floor(((x - low) / (high - low)) * CELLS);
    if (cell >= 0 && cell < CELLS) counts[cell] += 1 / points.length;
  }
  return counts;
}

function draw() {
  const {reach} = DENSITIES[game.density], [low, high] = [-reach, reach];
  const ones = new Float64Array(ARROWS).fill(1), {fakes, real} = shown;
  const first = fakes.slice(0, ARROWS * game.dimensions);
  const gradients = backward(game.D, forward(game.D, first, ARROWS), ones, ARROWS, null);
  const scale = arrowScale(gradients, game.dimensions);
  const middle = (i, n) => low + ((high - low) * (i + 0.5)) / n;
  if (game.dirac) {
    const points = path.length ? path : [[game.G.weights[1], game.D.weights[0]]];
    drawPhase(byId("picture"), {path: points, reach});
  } else if (game.dimensions === 2) {
    const points = new Float64Array(2 * CELLS * CELLS);
    for (let i = 0; i < CELLS * CELLS; i++)
      points.set([middle(Math.floor(i / CELLS), CELLS), middle(i % CELLS, CELLS)], 2 * i);
    const d = outputsOn(points, CELLS * CELLS);
    drawPlane(byId("picture"), {low, high, d, real, fakes, gradients, scale});
  } else {
    const line = Float64Array.from({length: 200}, (_, i) => middle(i, 200));
    drawLine(byId("picture"), {
      low, high, gradients, scale, d: outputsOn(line, 200), logOdds: logOdds(),
      real: cells(low, high, real), shares: cells(low, high, fakes), fakes: Array.from(fakes),
    });
  }
  const {steps} = history;
  drawCurves(byId("losses"), {steps, curves: [
    {name: "D's loss", values: history.discriminator, colour: "real"},
    {name: "G's loss", values: history.generator, colour: "fake"},
  ]});
  byId("modes-part").hidden = game.dirac;
  const total = DENSITIES[game.density].means.length;
  if (!game.dirac)
    drawCurves(byId("modes"), {steps, low: 0, high: total, curves: [
      {name: `modes found, of ${total}`, values: history.modes, colour: "ink"},
    ]});
  byId("words").textContent = words(total);
}

function words(total) {
  const {logs, found} = shown, parts = [`Step ${game.step.toLocaleString("en")}`];
  if (logs && ![logs.discriminator, logs.generator].every(Number.isFinite))
    return `${parts[0]}: the numbers have left all bounds. Restart, with smaller rates or with R1.`;
  if (logs) parts.push(`D's loss ${logs.discriminator.toFixed(3)}`, `G's loss ${logs.generator.toFixed(3)}`);
  if (game.dirac) {
    const [theta, psi] = [game.G.weights[1], game.D.weights[0]];
    parts.push(`distance from (0, 0) ${Math.hypot(theta, psi).toFixed(3)}`);
  } else {
    parts.push(`${found.count} of ${total} modes found, ${Math.round(100 * found.share)}% of the fakes near one`);
  }
  return parts.join("; ") + ".";
}

function play(on) {
  clearTimeout(timer);
  timer = null;
  byId("play").textContent = on ? "Pause" : "Play";
  byId("words").setAttribute("aria-live", on ? "off" : "polite");
  if (!on) return;
  const slow = pressed("slow");
  timer = setTimeout(() => {
    timer = -1;
    advance(slow || game.dirac ? 0 : 30);
    if (timer !== null) play(true);
  }, slow ? 400 : 10);
}

function once() {
  play(false);
  advance(0);
}

for (const button of document.querySelectorAll("[data-preset]"))
  button.addEventListener("click", () => { choose(button.dataset.preset); play(true); });
byId("play").addEventListener("click", () => play(timer === null));
byId("once").addEventListener("click", once);
byId("restart").addEventListener("click", () => { begin(); draw(); });
byId("slow").addEventListener("click", () => {
  byId("slow").setAttribute("aria-pressed", !pressed("slow"));
  if (timer !== null) play(true);
});
for (const name of ["loss", "penalty", "r1", ...NUMBERS])
  byId(name).addEventListener("change", () => { mark(null); change(); draw(); });
for (const name of ["density", "optimizer", "seed"])
  byId(name).addEventListener("change", () => { mark(null); begin(); draw(); });
document.addEventListener("keydown", (event) => {
  const {tagName} = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || ["SELECT", "INPUT"].includes(tagName)) return;
  if (event.key === "ArrowRight") once();
  else if (event.key === " " && tagName !== "BUTTON") { event.preventDefault(); play(timer === null); }
});
whenShown(draw);
choose("works");
draw();

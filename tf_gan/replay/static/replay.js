"use strict";
/* Plays the frames of a training. */

const run = JSON.parse(byId("data").textContent);
const frames = run.step.length, dimensions = run.dimensions;

/* Numbers from base64: float16 (IEEE 754, little-endian) or uint16. */
function numbers(text, half = true) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const words = new DataView(bytes.buffer), values = new Float32Array(bytes.length / 2);
  for (let i = 0; i < values.length; i++) {
    const word = words.getUint16(2 * i, true);
    const [exponent, fraction] = [(word >> 10) & 31, word & 1023];
    const size = exponent === 0 ? fraction * 2 ** -24
      : exponent === 31 ? (fraction ? NaN : Infinity) : (1 + fraction / 1024) * 2 ** (exponent - 15);
    values[i] = half ? (word >> 15 ? -size : size) : word;
  }
  return values;
}

const arrays = {};
for (const name of ["fakes", "logits", "gradients", "optimal", "real"])
  arrays[name] = run[name] && numbers(run[name]);
arrays.counts = numbers(run.counts, false);
const of = (name, i) => {
  const length = arrays[name].length / frames;
  return arrays[name].subarray(i * length, (i + 1) * length);
};
const scale = arrowScale(arrays.gradients, dimensions);
const shares = (counts) => Array.from(counts, (each) => each / run.counted);
const d = (i) => outputs(of("logits", i), run.log_odds);

let frame = 0, timer = null;

function draw() {
  const checked = (id) => byId(id).checked, [low, high] = run.reach;
  const gradients = checked("arrows") ? of("gradients", frame) : null;
  if (dimensions === 2) {
    const shown = byId("colours").value;
    drawPlane(byId("picture"), {
      low, high, scale, gradients, fakes: of("fakes", frame), smooth: shown === "d",
      d: shown === "d" ? d(frame) : shown === "optimal" ? of("optimal", frame) : null,
      real: checked("reals") ? arrays.real : null,
    });
  } else {
    drawLine(byId("picture"), {
      low, high, scale, gradients, fakes: Array.from(of("fakes", frame)), d: d(frame),
      logOdds: run.log_odds,
      optimal: arrays.optimal && Array.from(of("optimal", frame)),
      real: checked("reals") ? run.shares : null, shares: shares(of("counts", frame)),
    });
  }
  const steps = run.step, cursor = frame;
  drawCurves(byId("losses"), {steps, cursor, curves: [
    {name: "D's loss", values: run.discriminator_loss, colour: "real"},
    {name: "G's loss", values: run.generator_loss, colour: "fake"},
  ]});
  if (run.jsd)
    drawCurves(byId("jsd"), {steps, cursor, low: 0, high: Math.log(2), curves: [
      {name: "JSD, from 0 (equal) to log 2 (apart)", values: run.jsd, colour: "ink"},
    ]});
  if (run.mode_total > 1)
    drawCurves(byId("modes"), {steps, cursor, low: 0, high: run.mode_total, curves: [
      {name: `modes found, of ${run.mode_total}`, values: run.modes, colour: "ink"},
    ]});
  byId("slider").value = frame;
  byId("words").textContent = words();
}

function words() {
  const value = (x, digits = 3) => (Number.isFinite(x) ? x.toFixed(digits) : "not finite");
  const parts = [
    `Step ${run.step[frame].toLocaleString("en")}`,
    `D's loss ${value(run.discriminator_loss[frame])}`,
    `G's loss ${value(run.generator_loss[frame])}`,
  ];
  if (run.mode_total > 1)
    parts.push(`${run.modes[frame] ?? "?"} of ${run.mode_total} modes found, ` +
      `${value(100 * (run.good_share[frame] ?? NaN), 0)}% of the fakes near one`);
  if (run.jsd) parts.push(`JSD ${value(run.jsd[frame], 4)} nat`);
  return parts.join("; ") + ".";
}

function show(i) {
  frame = Math.max(0, Math.min(frames - 1, i));
  draw();
}

function play(on) {
  clearInterval(timer);
  timer = null;
  if (on) {
    if (frame === frames - 1) show(0);
    const slow = byId("slow").getAttribute("aria-pressed") === "true";
    timer = setInterval(() => (frame < frames - 1 ? show(frame + 1) : play(false)), slow ? 500 : 80);
  }
  byId("play").textContent = on ? "Pause" : "Play";
  byId("words").setAttribute("aria-live", on ? "off" : "polite");
}

function step(by) {
  play(false);
  show(frame + by);
}

byId("play").addEventListener("click", () => play(timer === null));
byId("back").addEventListener("click", () => step(-1));
byId("forward").addEventListener("click", () => step(1));
byId("slow").addEventListener("click", () => {
  const slow = byId("slow").getAttribute("aria-pressed") !== "true";
  byId("slow").setAttribute("aria-pressed", slow);
  if (timer !== null) play(true);
});
byId("slider").max = frames - 1;
byId("slider").addEventListener("input", () => { play(false); show(+byId("slider").value); });
for (const id of ["colours", "reals", "arrows"]) byId(id).addEventListener("change", draw);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
  const own = ["BUTTON", "INPUT"].includes(event.target.tagName) && event.target.type !== "range";
  const keys = {
    ArrowLeft: () => step(-1), ArrowRight: () => step(1), Home: () => step(-frames),
    End: () => step(frames), ...(own ? {} : {" ": () => play(timer === null)}),
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
byId("jsd-part").hidden = !run.jsd;
byId("modes-part").hidden = !(run.mode_total > 1);
byId("colours-part").hidden = dimensions === 1;
if (!run.optimal) byId("colours").querySelector("[value=optimal]").remove();
whenShown(draw);
show(0);

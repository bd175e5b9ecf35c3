"use strict";
// The page of a run, or of several, from the facts in the element #facts. Whatever comes
// from a run is set as text, never as markup.

const facts = JSON.parse(document.getElementById("facts").textContent);
const runs = facts.runs;
const several = runs.length > 1;
const STATES = {
  running: "Running", starting: "Starting", done: "Done", stopped: "Stopped", failed: "Failed",
  ended: "Ended without closing", new: "Not trained yet",
};

// === Your place on the page, kept when it loads again ===

const PLACE = `tf_gan report ${location.pathname}`;
const place = Object.assign(
  { zoom: null, log: false, hidden: [], sample: null, open: {}, sort: {}, actual: false, scroll: 0 },
  (() => {
    try {
      return JSON.parse(sessionStorage.getItem(PLACE)) || {};
    } catch {
      return {}; // Storage is blocked: the page begins at its top.
    }
  })());

function keepPlace() {
  place.scroll = window.scrollY;
  place.focus = document.activeElement?.id || null;
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(place));
  } catch {
    // As above.
  }
}

// === Words ===

const count = (value) => Math.floor(value || 0).toLocaleString("en");
const plural = (n, word) => `${count(n)} ${word}${n === 1 ? "" : "s"}`;
const time = (seconds) => new Date(1000 * seconds).toLocaleString(
  "en", { dateStyle: "medium", timeStyle: "medium" });

function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86400).toFixed(1)} days`;
}

/** Returns the text of a picture's time. */
function moment(sample) {
  if (sample.step != null) return `Epoch ${count(sample.epoch)}, step ${count(sample.step)}`;
  return sample.epoch ? `Epoch ${count(sample.epoch)}` : "Before training";
}

const isLive = (run) => run.state.word === "running" || run.state.word === "starting";

/** Returns a part that folds; the page remembers whether it is open. */
function folded(id, title, open, ...children) {
  return make("details", {
    id, open: place.open[id] ?? open, ontoggle: (event) => { place.open[id] = event.target.open; },
  }, make("summary", {}, title), ...children);
}

/** Returns a table that sorts by a click on a heading; rows are lists of cells, {text, value, node}. */
function table(id, headings, rows) {
  const body = make("tbody");
  const buttons = headings.map((heading, column) => make("button", {
    type: "button", id: `${id}-${column}`, onclick: () => {
      const { by, down } = place.sort[id] || {};
      place.sort[id] = { by: column, down: by === column && !down };
      fill();
    },
  }, heading));
  const heads = buttons.map((button) => make("th", { scope: "col" }, button));
  function fill() {
    const { by, down } = place.sort[id] || {};
    const sorted = [...rows];
    heads.forEach((head, column) => head.setAttribute(
      "aria-sort", column !== by ? "none" : down ? "descending" : "ascending"));
    if (by != null) {
      const key = (row) => row[by]?.value ?? row[by]?.text ?? "";
      const missing = (value) => value === "";
      sorted.sort((a, b) => {
        const [p, q] = [key(a), key(b)];
        if (missing(p) || missing(q)) return missing(p) - missing(q); // Last in both directions.
        const both = typeof p === "number" && typeof q === "number";
        return (both ? p - q : String(p).localeCompare(String(q), "en", { numeric: true }))
          * (down ? -1 : 1);
      });
    }
    body.replaceChildren(...sorted.map((row) => make("tr", {}, ...row.map((cell) => make(
      "td", { class: typeof cell?.value === "number" ? "number" : null },
      cell?.node ?? cell?.text ?? "")))));
  }
  fill();
  return make("div", { class: "wide" },
    make("table", { id }, make("thead", {}, make("tr", {}, ...heads)), body));
}

// === The head: state and progress ===

function stateOf(run) {
  const badge = make("span", { class: `state ${run.state.word}` }, STATES[run.state.word]);
  const late = make("p", { class: "late", role: "status" });
  function look() {
    const silent = Date.now() / 1000 - (run.updated || facts.written);
    const isLate = isLive(run) && !facts.embedded && silent > Math.max(180, 6 * facts.reload);
    late.textContent = isLate
      ? `Nothing was written for ${duration(silent)}. The run may have ended without closing:`
        + ` tf-gan-report finds out.`
      : "";
  }
  look();
  setInterval(look, 5000);
  return { badge, late };
}

function progressOf(run) {
  const { step, steps, epoch, epochs, images, speed, images_per_step: each, seconds } = run.progress;
  const parts = [];
  if (step) {
    parts.push(["Epoch", epochs ? `${count(epoch)} of ${count(epochs)}` : count(epoch)]);
    parts.push(["Step", steps ? `${count(step)} of ${count(steps)}` : count(step)]);
    parts.push(["Images seen", count(images)]);
  }
  if (speed) parts.push(["Speed", `${short(speed)} images/s`]);
  if (isLive(run) && steps && speed && each) {
    const whole = Math.max(0, ((steps - step) * each) / speed);
    const limit = run.progress.until ? Math.max(0, run.progress.until - run.updated) : Infinity;
    parts.push(["Time left", limit < whole
      ? `about ${duration(limit)}, then it is stopped; the whole run: ${duration(whole)}`
      : `about ${duration(whole)}`]);
  }
  if (seconds) parts.push(["Trained for", duration(seconds)]);
  if (run.started) parts.push(["Started", time(run.started)]);
  if (run.updated) parts.push(["Last written", time(run.updated)]);
  return make("dl", { class: "facts" },
    ...parts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}

function header() {
  const title = several ? `${runs.length} runs` : runs[0].name;
  document.title = `${title} - tf_gan`;
  const root = make("header", {}, make("h1", {}, title));
  for (const run of several ? [] : runs) {
    const { badge, late } = stateOf(run);
    const { step, steps } = run.progress;
    root.firstChild.append(" ", badge);
    if (run.state.text) root.append(make("p", { class: "message" }, run.state.text));
    if (steps) {
      root.append(make("progress", { max: steps, value: Math.min(step, steps),
        "aria-label": "Share of the training that is done" }));
    }
    root.append(late, progressOf(run));
  }
  return root;
}

function comparison() {
  const fields = [...new Set(runs.flatMap((run) => Object.keys(run.config)))].filter((field) =>
    field !== "name" && runs.some((run) => run.config[field] !== runs[0].config[field]));
  const names = [...new Set(runs.flatMap((run) => Object.keys(ownScores(run))))];
  const rows = runs.map((run, index) => [
    { text: run.name, node: make("span", {}, swatch(index), ` ${run.name}`) },
    { text: STATES[run.state.word],
      node: make("span", { class: `state ${run.state.word}` }, STATES[run.state.word]) },
    { text: count(run.progress.epoch), value: Math.floor(run.progress.epoch) },
    { text: count(run.progress.images), value: run.progress.images },
    { text: duration(run.progress.seconds), value: run.progress.seconds },
    ...names.map((name) => scoreCell(ownScores(run)[name])),
    ...fields.map((field) => {
      const text = run.config[field] ?? "";
      const value = text.trim() === "" || Number.isNaN(Number(text)) ? undefined : Number(text);
      return { text, value };
    }),
  ]);
  return section("Side by side", "Scores, and the settings that differ. Click a heading to sort.",
    table("comparison", ["Run", "State", "Epochs", "Images seen", "Time", ...names, ...fields], rows),
    ...runs.filter((run) => run.state.text).map((run) =>
      make("p", { class: "message" }, `${run.name}: ${run.state.text}`)));
}

const swatch = (index) => make("svg", { width: 12, height: 12, "aria-hidden": "true" },
  make("circle", { class: `dot c${index % 8}`, cx: 6, cy: 6, r: 5 }));

function section(title, text, ...children) {
  return make("section", { "aria-label": title }, make("h2", {}, title),
    text ? make("p", { class: "hint" }, text) : null, ...children);
}

// === Warnings ===

function warnings() {
  const items = [];
  for (const run of runs) {
    const who = several ? `${run.name}: ` : "";
    for (const each of run.warnings) {
      const epochs = each.epochs.filter((epoch) => epoch != null).map(count).join(", ");
      items.push(make("li", {}, make("strong", {}, `${who}${each.text}`),
        epochs ? ` Epoch ${epochs}.` : "", make("p", {}, each.advice)));
    }
    for (const text of run.rollbacks) {
      items.push(make("li", {},
        make("strong", {}, `${who}Went back to a checkpoint, with other noise.`), make("p", {}, text)));
    }
    for (const text of run.notes) items.push(make("li", {}, `${who}${text}`));
  }
  return items.length
    ? section("Warnings", null, make("ul", { class: "warnings" }, ...items)) : null;
}

// === Samples ===

/** Returns the time of a picture in epochs. */
function epochsOf(run, sample) {
  const { steps, epochs } = run.progress;
  if (sample.step == null) return sample.epoch;
  const share = steps ? sample.step / (steps / epochs) - sample.epoch : 0.5;
  return sample.epoch + Math.max(0.001, Math.min(0.999, share));
}

function picture(each, alt, text) {
  const small = each.width < 320 ? "small" : "";
  const image = make("img", { src: each.src, alt, width: each.width, height: each.height,
    class: small, decoding: "async" });
  return make("figure", {}, make("figcaption", {}, text), image);
}

function samples() {
  const times = [...new Set(runs.flatMap((run) => run.samples.map((each) => epochsOf(run, each))))]
    .sort((a, b) => a - b);
  const pictures = make("div", { class: several ? "pictures many" : "pictures" });
  const shown = runs.map((run) => {
    if (!run.samples.length) return null;
    const figure = picture(run.samples[0], "", "");
    pictures.append(figure);
    return figure;
  });
  for (const run of runs) {
    if (run.real) {
      const who = several ? ` of ${run.name}` : "";
      pictures.append(picture(run.real, `Training images${who}`, `Real images${who}`));
    }
  }
  if (!pictures.children.length) return null;
  const last = times.length - 1;
  const slider = make("input", { type: "range", id: "time", min: 0, max: Math.max(0, last), step: 1,
    "aria-label": "Time of the samples", oninput: () => go(Number(slider.value)) });
  const play = make("button", { type: "button", id: "play", onclick: () => toggle() }, "Play");
  let timer = null;

  function go(index) {
    const chosen = Math.max(0, Math.min(last, index));
    place.sample = chosen === last ? null : times[chosen];
    slider.value = chosen;
    runs.forEach((run, number) => {
      if (!shown[number]) return;
      const before = run.samples.filter((each) => epochsOf(run, each) <= times[chosen]);
      const sample = before[before.length - 1] || run.samples[0];
      const who = several ? `${run.name}, ` : "";
      const [caption, image] = shown[number].children;
      caption.textContent = several ? `${run.name}: ${moment(sample)}` : `Samples: ${moment(sample)}`;
      image.alt = `Samples of ${who}${moment(sample)}`;
      if (image.getAttribute("src") !== sample.src) image.src = sample.src;
      slider.setAttribute("aria-valuetext", moment(sample));
    });
  }

  function toggle() {
    if (timer) clearInterval(timer);
    timer = timer ? null : setInterval(() => {
      const next = Number(slider.value) + 1;
      if (next > last) toggle();
      else go(next);
    }, 250);
    page.busy = Boolean(timer);
    play.textContent = timer ? "Pause" : "Play";
    if (timer && Number(slider.value) === last) go(0);
  }

  const step = (by, word) => make("button", {
    type: "button", onclick: () => go(Number(slider.value) + by) }, word);
  const actual = make("input", { type: "checkbox", id: "actual", onchange: () => {
    place.actual = actual.checked;
    pictures.classList.toggle("actual", actual.checked);
  } });
  actual.checked = place.actual;
  pictures.classList.toggle("actual", place.actual);
  const left = runs.map((run) => run.samples_of - run.samples.length);
  const controls = make("div", { class: "controls" }, play, step(-1, "Earlier"), step(1, "Later"),
    slider, make("label", {}, actual, " Actual size"));
  if (last >= 0) go(place.sample == null ? last : nearest(times, place.sample));
  return section("Samples",
    "The same latents at each time, not chosen. Move the slider to see how they developed.",
    last > 0 ? controls : null, pictures,
    left.some(Boolean) ? make("p", { class: "hint" },
      `${left.reduce((a, b) => a + b)} pictures were left out to keep this file small.`) : null);
}

// === Curves ===

function curves() {
  const titles = [...new Set(runs.flatMap((run) => run.charts.map((chart) => chart.title)))];
  if (!titles.length) return null;
  const xs = runs.flatMap((run) => run.charts.flatMap((chart) => chart.series.flatMap((line) =>
    [line.x[0], line.x[line.x.length - 1]])));
  const low = Math.min(...xs);
  const high = Math.max(...xs);
  const all = low < high ? [low, high] : [low - 0.5, high + 0.5];
  const reset = make("button", { type: "button", id: "reset", onclick: () => view.show(null) },
    "Show all epochs");
  const view = {
    ...place, all, cursor: null, charts: [], hidden: place.hidden,
    draw() {
      reset.hidden = !view.zoom;
      Object.assign(place, { zoom: view.zoom, log: view.log });
      for (const chart of view.charts) chart.draw();
    },
    point(x) {
      view.cursor = x;
      for (const chart of view.charts) chart.point();
    },
    show(range) {
      if (range) {
        const width = Math.min(all[1] - all[0], Math.max(range[1] - range[0], 1e-3));
        const start = Math.max(all[0], Math.min(range[0], all[1] - width));
        range = [start, start + width];
      }
      view.zoom = range && range[1] - range[0] < 0.999 * (all[1] - all[0]) ? range : null;
      view.draw();
    },
  };
  const log = make("input", { type: "checkbox", id: "log", onchange: () => {
    view.log = log.checked;
    view.draw();
  } });
  log.checked = place.log;
  const grid = make("div", { class: "charts" });
  for (const title of titles) {
    const found = runs.map((run) => run.charts.find((chart) => chart.title === title));
    const text = found.find(Boolean).text;
    const names = [...new Set(found.flatMap((chart) => chart?.series.map((line) => line.name) ?? []))];
    const lines = found.flatMap((chart, index) => (chart?.series ?? []).map((line) => ({
      ...line,
      name: several ? `${runs[index].name}: ${line.name}` : line.name,
      color: (several ? index : names.indexOf(line.name)) % 8,
      dash: several ? [null, "7 3", "2 3", "9 3 2 3"][names.indexOf(line.name) % 4] : null,
    })));
    grid.append(new Chart(title, text, lines, view).root);
  }
  new ResizeObserver(() => view.draw()).observe(grid);
  view.show(place.zoom);
  return section("Curves",
    "By epochs. Drag across a chart to zoom, double click to see all. With the keyboard: arrows"
    + " read values, + and - zoom, 0 shows all.",
    make("div", { class: "controls" }, make("label", {}, log, " Log scale"), reset), grid);
}

// === Scores ===

/** Returns a run's own scores by name, the newest of each. */
function ownScores(run) {
  const found = {};
  for (const score of run.scores) {
    if (score.step != null && !(found[score.name]?.step > score.step)) found[score.name] = score;
  }
  return found;
}

function scoreCell(score) {
  if (!score || score.value == null) return { text: "" };
  const error = score.error == null ? "" : ` ± ${Number(score.error.toPrecision(2))}`;
  return { text: `${short(score.value)}${error}`, value: score.value };
}

/** Returns a dot with its error bar, on the axis of all values of that name. */
function errorBar(score, rivals, color) {
  const low = Math.min(...rivals.map((each) => each.value - (each.error || 0)));
  const high = Math.max(...rivals.map((each) => each.value + (each.error || 0)));
  if (rivals.length < 2 || !(high > low)) return null;
  const x = (value) => 6 + (148 * (value - low)) / (high - low);
  const error = score.error || 0;
  return make("svg", { class: "bar", width: 160, height: 14, role: "img",
    "aria-label": `${short(score.value)}, between ${short(low)} and ${short(high)}` },
  make("line", { class: "grid", x1: 0, x2: 160, y1: 7, y2: 7 }),
  make("line", { class: `line c${color}`, x1: x(score.value - error), x2: x(score.value + error),
    y1: 7, y2: 7 }),
  make("circle", { class: `dot c${color}`, cx: x(score.value), cy: 7, r: 3.5 }));
}

function scores() {
  const all = runs.flatMap((run) => run.scores.map((score) => ({ ...score, run })))
    .filter((score) => score.value != null);
  const verdicts = runs.flatMap((run) => [run.verdict.text, run.verdict.note].filter(Boolean)
    .map((text) => make("p", { class: "verdict" }, several ? `${run.name}: ${text}` : text)));
  if (!all.length && !verdicts.length) return null;
  const names = [...new Set(all.map((score) => score.name))];
  all.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name)); // Those that compare, together.
  const rows = all.map((score, index) => {
    const details = Object.entries(score.details).map(([name, value]) => `${name}: ${value}`);
    const rivals = all.filter((each) => each.name === score.name);
    const source = several ? `${score.run.name}: ${score.source}` : score.source;
    return [
      { text: score.name, node: folded(`score-${index}`, score.name, false,
        make("p", { class: "protocol" }, score.protocol),
        details.length ? make("p", { class: "protocol" }, details.join(", ")) : null) },
      scoreCell(score),
      { text: score.good },
      { text: "", value: undefined, node: errorBar(score, rivals, runs.indexOf(score.run) % 8) ?? "" },
      { text: source },
      { text: count(score.step), value: score.step ?? undefined,
        node: score.step == null ? "" : count(score.step) },
      { text: score.weights },
    ];
  });
  return section("Scores",
    "By tf-gan-evaluate. Open a name to read how it was measured, and what the error is.",
    ...verdicts,
    table("scores", ["Score", "Value", "Good is", "Beside the others", "Images of", "Step", "Weights"], rows));
}

// === Further pictures, settings, commands ===

function pictures() {
  const found = runs.flatMap((run) => run.pictures.map((each) => ({ ...each, run })));
  if (!found.length) return null;
  return section("Nearest training images, and other pictures", "What tf-gan-sample left here.",
    make("div", { class: "pictures" }, ...found.map((each) => {
      const name = several ? `${each.run.name}: ${each.name}` : each.name;
      const figure = picture(each, `${name}. ${each.text}`, name);
      if (each.text) figure.append(make("p", { class: "hint" }, each.text));
      return figure;
    })));
}

function settings() {
  const parts = runs.map((run, index) => folded(`settings-${index}`,
    `${several ? `${run.name}: ` : ""}${plural(run.changed.length, "setting")} differ`
    + `${run.changed.length === 1 ? "s" : ""} from the default`, !several,
    run.changed.length ? table(`changed-${index}`, ["Setting", "This run", "Default"],
      run.changed.map((each) => [{ text: each.field }, { text: each.value }, { text: each.default }]))
      : null,
    folded(`all-${index}`, "All settings", false, table(`config-${index}`, ["Setting", "Value"],
      Object.entries(run.config).map(([field, text]) => [{ text: field }, { text }])))));
  return section("Settings", null, ...parts);
}

function commandLine({ text, command }) {
  const code = make("code", {}, command);
  const button = make("button", { type: "button", onclick: async () => {
    const range = document.createRange();
    range.selectNodeContents(code);
    getSelection().removeAllRanges();
    try {
      await navigator.clipboard.writeText(command);
      button.textContent = "Copied";
    } catch {
      getSelection().addRange(range); // Ctrl-C copies it.
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  } }, "Copy");
  return make("li", {}, make("span", {}, text), make("div", { class: "command" }, code, button));
}

function goingOn() {
  const parts = runs.map((run, index) => {
    const lists = [
      make("ul", { class: "commands" }, ...run.commands.map(commandLine)),
      make("dl", { class: "facts" }, ...[...run.about, ["Folder", run.folder]].map(([name, value]) =>
        make("div", {}, make("dt", {}, name), make("dd", {}, value)))),
    ];
    return several ? folded(`on-${index}`, run.name, false, ...lists) : make("div", {}, ...lists);
  });
  return section("Next commands", null, ...parts);
}

// === The page ===

const page = { busy: false };
const main = document.getElementById("report");
main.replaceChildren(...[
  header(), several ? comparison() : null, warnings(), samples(), curves(), scores(), pictures(),
  settings(), goingOn(),
  make("footer", {}, `Written ${time(facts.written)} in ${Math.max(1, Math.round(1000 * facts.seconds))}`
    + ` ms by tf_gan ${facts.version}.`),
].filter(Boolean));

history.scrollRestoration = "manual";
window.scrollTo(0, place.scroll);
if (place.focus) document.getElementById(place.focus)?.focus({ preventScroll: true });
addEventListener("pagehide", keepPlace);

// While a run lasts, load what it has written since; not in the middle of a movement.
let pointers = 0;
addEventListener("pointerdown", () => { pointers += 1; }, true);
for (const name of ["pointerup", "pointercancel"]) {
  addEventListener(name, () => { pointers = 0; }, true);
}
function loadAgain() {
  const isSelecting = !getSelection().isCollapsed;
  if (page.busy || pointers || isSelecting || document.hidden) setTimeout(loadAgain, 1000);
  else location.reload();
}
if (facts.reload && runs.some(isLive)) setTimeout(loadAgain, 1000 * facts.reload);

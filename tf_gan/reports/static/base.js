// What the parts of the page share: its facts, your place on it, words, tables.

const facts = JSON.parse(document.getElementById("facts").textContent);
const runs = facts.runs;
const several = runs.length > 1;
const STATES = {
  running: "Running", starting: "Starting", done: "Done", stopped: "Stopped", failed: "Failed",
  ended: "Ended without closing", new: "Not trained yet",
};

// === Your place on the page, kept when it loads again ===

const STORAGE_KEY = `tf_gan report ${location.pathname}`;
const viewState = Object.assign(
  { zoom: null, log: false, hidden: [], sample: null, open: {}, sort: {}, actual: false, scroll: 0 },
  (() => {
    try {
      return JSON.parse(sessionStorage.getItem(STORAGE_KEY)) || {};
    } catch {
      return {}; // Storage is blocked: the page begins at its top.
    }
  })());

/** Returns the elements that take the keyboard's focus, of a section or of what is in none. */
const focusable = (name) => [...document.querySelectorAll(
  "a[href], button, input, select, summary, [tabindex]")].filter((each) => sectionOf(each) === name);
const sectionOf = (element) => element.closest("section")?.getAttribute("aria-label") ?? null;

function saveViewState() {
  viewState.scroll = window.scrollY;
  const name = sectionOf(document.activeElement || document.body);
  viewState.focus = { section: name, index: focusable(name).indexOf(document.activeElement) };
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(viewState));
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
    id, open: viewState.open[id] ?? open,
    ontoggle: (event) => { viewState.open[id] = event.target.open; },
  }, make("summary", {}, title), ...children);
}

/** Returns a table that sorts by a click on a heading; rows are lists of cells, {text, value, node}. */
function table(id, headings, rows) {
  const body = make("tbody");
  const buttons = headings.map((heading, column) => make("button", {
    type: "button", id: `${id}-${column}`, onclick: () => {
      const { by, down } = viewState.sort[id] || {};
      viewState.sort[id] = { by: column, down: by === column && !down };
      fill();
    },
  }, heading));
  const heads = buttons.map((button) => make("th", { scope: "col" }, button));
  function fill() {
    const { by, down } = viewState.sort[id] || {};
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

const swatch = (index) => make("svg", { width: 12, height: 12, "aria-hidden": "true" },
  make("circle", { class: `dot c${index % 8}`, cx: 6, cy: 6, r: 5 }));

function section(title, text, ...children) {
  return make("section", { "aria-label": title }, make("h2", {}, title),
    text ? make("p", { class: "hint" }, text) : null, ...children);
}

function picture(each, alt, text) {
  const small = each.width < 320 ? "small" : "";
  const image = make("img", { src: each.src, alt, width: each.width, height: each.height,
    class: small, decoding: "async" });
  return make("figure", {}, make("figcaption", {}, text), image);
}

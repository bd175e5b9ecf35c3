"use strict";
// Line charts as SVG. Charts share the epochs that they show and the cursor: drag to
// zoom, double click to see all; the arrow keys, + - and 0 do the same.

/** Makes an element: attributes by name, children as elements or as plain text. */
function make(name, attributes = {}, ...children) {
  const isSvg = ["svg", "g", "path", "line", "text", "rect", "circle"].includes(name);
  const made = isSvg
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** Returns a number as short text. */
function short(value) {
  if (value == null) return "";
  const size = Math.abs(value);
  if (size >= 1e4 && size < 1e9) return Math.round(value).toLocaleString("en");
  if (size && (size < 1e-4 || size >= 1e9)) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

/** Returns the texts of an axis: all of them different. */
function labels(values) {
  const texts = values.map(short);
  if (new Set(texts).size === texts.length) return texts;
  const step = Math.abs(values[1] - values[0]);
  const places = Math.min(12, Math.max(0, -Math.floor(Math.log10(step))));
  return values.map((value) => value.toFixed(places));
}

/** Returns round numbers between two others. */
function ticks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * ([1, 2, 5, 10].find((factor) => factor * unit >= rough) || 10);
  const found = [];
  const first = Math.ceil(low / step - 1e-9);
  // Beyond 2^53 adding 1 changes nothing: so many at most.
  for (let i = first; i * step <= high + step * 1e-9 && found.length <= 2 * count + 2; i++) {
    found.push(i * step);
  }
  return found;
}

/** Returns the index of the value nearest to x in an ascending list. */
function nearest(xs, x) {
  let low = 0;
  let high = xs.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low && x - xs[low - 1] < xs[low] - x ? low - 1 : low;
}

const MARGIN = { left: 56, right: 10, top: 8, bottom: 24 };
const HEIGHT = 200;

class Chart {
  /**
   * series: [{name, x, y, color, dash}]; view: {zoom, log, cursor, hidden, charts,
   * spoken}, which all charts of a page share.
   */
  constructor(title, text, series, view) {
    Object.assign(this, { title, series, view });
    this.svg = make("svg", { class: "chart", tabindex: 0, role: "img", height: HEIGHT });
    this.legend = make("div", { class: "legend" });
    this.values = series.map((line) => {
      const value = make("span", { class: "value" });
      const key = `${title}/${line.name}`;
      const mark = make("svg", { width: 18, height: 8, "aria-hidden": "true" },
        make("line", { x1: 0, x2: 18, y1: 4, y2: 4, class: `line c${line.color}`,
          "stroke-dasharray": line.dash }));
      const button = make("button", {
        type: "button", "aria-pressed": String(!view.hidden.includes(key)), title: "Hide or show",
        onclick: () => this.toggle(key, button),
      }, mark, ` ${line.name} `, value);
      this.legend.append(button);
      return value;
    });
    this.root = make("figure", { class: "card" },
      make("h3", {}, title), make("p", { class: "hint" }, text), this.svg, this.legend);
    this.listen();
    view.charts.push(this);
  }

  toggle(key, button) {
    const hidden = this.view.hidden;
    if (hidden.includes(key)) hidden.splice(hidden.indexOf(key), 1);
    else hidden.push(key);
    button.setAttribute("aria-pressed", String(!hidden.includes(key)));
    this.draw();
  }

  get shown() {
    return this.series.filter((line) => !this.view.hidden.includes(`${this.title}/${line.name}`));
  }

  /** Draws all but the cursor. */
  draw() {
    this.width = Math.max(200, this.svg.clientWidth || 400);
    const { width, view } = this;
    const [low, high] = (this.range = view.zoom || view.all);
    const [bottom, top] = (this.heights = this.vertical(low, high));
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const levels = this.levels(bottom, top);
    const texts = labels(levels);
    levels.forEach((value, i) => {
      const y = this.toY(this.scaled(value));
      this.svg.append(
        make("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: y, y2: y }),
        make("text", { x: MARGIN.left - 6, y: y + 4, "text-anchor": "end" }, texts[i]));
    });
    const epochs = ticks(low, high, width / 90);
    labels(epochs).forEach((text, i) => {
      this.svg.append(
        make("text", { x: this.toX(epochs[i]), y: HEIGHT - 8, "text-anchor": "middle" }, text));
    });
    for (const line of this.shown) this.svg.append(this.line(line, low, high));
    this.overlay = make("g");
    this.svg.append(this.overlay);
    this.describe();
    this.point();
  }

  /** Returns the values that get a line; on a log scale, powers of ten if there are enough. */
  levels(bottom, top) {
    if (!this.isLog) return ticks(bottom, top, 4);
    const powers = ticks(bottom, top, 4).filter(Number.isInteger).map((power) => 10 ** power);
    if (powers.length > 2) return powers;
    const found = [];
    for (let power = Math.floor(bottom); power <= top; power++) {
      found.push(...[1, 2, 5].map((factor) => factor * 10 ** power));
    }
    const inside = found.filter((y) => Math.log10(y) >= bottom && Math.log10(y) <= top);
    return inside.length > 1 ? inside : ticks(10 ** bottom, 10 ** top, 4).filter((y) => y > 0);
  }

  /** Returns the curve of a series within some epochs and to the next point beyond. */
  line(line, low, high) {
    const parts = [];
    const first = Math.max(0, line.x.findIndex((x) => x >= low) - 1);
    for (let i = first; i < line.x.length; i++) {
      if (this.isLog && line.y[i] <= 0) continue;
      const x = Math.max(-1e7, Math.min(1e7, this.toX(line.x[i])));
      parts.push(`${x.toFixed(1)} ${this.toY(this.scaled(line.y[i])).toFixed(1)}`);
      if (line.x[i] > high) break;
    }
    if (!parts.length) return make("g");  // On a log scale, without a positive value.
    if (parts.length === 1) {
      const [cx, cy] = parts[0].split(" ");
      if (cx < this.toX(low) || cx > this.toX(high)) return make("g");
      return make("circle", { class: `dot c${line.color}`, cx, cy, r: 3 });
    }
    return make("path", {
      class: `line c${line.color}`, "stroke-dasharray": line.dash, d: `M${parts.join("L")}`,
      style: `clip-path: inset(0 ${MARGIN.right}px ${MARGIN.bottom}px ${MARGIN.left}px) view-box`,
    });
  }

  vertical(low, high) {
    const inside = [];
    for (const line of this.shown) {
      const found = line.y.filter((y, i) => line.x[i] >= low && line.x[i] <= high);
      // Between two points the line is seen, too.
      const next = line.x.findIndex((x) => x > high);
      inside.push(...(found.length || next < 1 ? found : line.y.slice(next - 1, next + 1)));
    }
    this.isLog = this.view.log && inside.some((y) => y > 0);
    const values = (this.isLog ? inside.filter((y) => y > 0) : inside).map((y) => this.scaled(y));
    let bottom = values.reduce((a, b) => Math.min(a, b), Infinity);
    let top = values.reduce((a, b) => Math.max(a, b), -Infinity);
    if (!values.length) [bottom, top] = [0, 1];
    const room = 0.06 * (top - bottom) || 0.1 * Math.abs(top) || 1;
    return [bottom - room, top + room];
  }

  scaled(y) {
    return this.isLog ? Math.log10(y) : y;
  }

  toX(value) {
    const [low, high] = this.range;
    return MARGIN.left + ((value - low) / (high - low)) * (this.width - MARGIN.left - MARGIN.right);
  }

  toY(value) {
    const [bottom, top] = this.heights;
    return HEIGHT - MARGIN.bottom
      - ((value - bottom) / (top - bottom)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  }

  toEpoch(pixels) {
    const [low, high] = this.range;
    const share = (pixels - MARGIN.left) / (this.width - MARGIN.left - MARGIN.right);
    return low + Math.max(0, Math.min(1, share)) * (high - low);
  }

  /** Draws the cursor, and the values there. */
  point() {
    if (!this.overlay) return;
    const x = this.view.cursor;
    this.overlay.replaceChildren();
    if (x != null && x >= this.range[0] && x <= this.range[1]) {
      const at = this.toX(x);
      this.overlay.append(make("line", {
        class: "cursor", x1: at, x2: at, y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }));
    }
    if (this.dragged) {
      const [a, b] = this.dragged.map((value) => this.toX(value)).sort((p, q) => p - q);
      this.overlay.append(make("rect", {
        class: "zoomed", x: a, width: b - a, y: MARGIN.top,
        height: HEIGHT - MARGIN.top - MARGIN.bottom }));
    }
    this.series.forEach((line, index) => {
      const last = line.x.length - 1;
      const gap = (line.x[last] - line.x[0]) / Math.max(1, last);
      const ended = x != null && (x > line.x[last] + gap || x < line.x[0] - gap);
      const i = x == null ? last : nearest(line.x, x);
      this.values[index].textContent = ended ? "" : short(line.y[i]);
    });
  }

  describe() {
    const [low, high] = this.range;
    const lasts = this.series.map((line) => `${line.name} last ${short(line.y[line.y.length - 1])}`);
    this.svg.setAttribute("aria-label",
      `${this.title}, epochs ${short(low)} to ${short(high)}: ${lasts.join(", ")}`);
  }

  listen() {
    const { svg, view } = this;
    const epoch = (event) => this.toEpoch(event.clientX - svg.getBoundingClientRect().left);
    svg.addEventListener("pointerdown", (event) => {
      this.dragged = [epoch(event), epoch(event)];
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointermove", (event) => {
      if (this.dragged) this.dragged[1] = epoch(event);
      view.point(epoch(event));
    });
    svg.addEventListener("pointerup", () => {
      const [a, b] = (this.dragged || [0, 0]).sort((p, q) => p - q);
      this.dragged = null;
      if (Math.abs(this.toX(b) - this.toX(a)) > 8) view.show([a, b]);
      else this.point();
    });
    svg.addEventListener("pointercancel", () => { this.dragged = null; this.point(); });
    svg.addEventListener("pointerleave", () => this.dragged || view.point(null));
    svg.addEventListener("dblclick", () => view.show(null));
    svg.addEventListener("blur", () => view.point(null));
    svg.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const { view } = this;
    const [low, high] = this.range;
    const at = view.cursor ?? (low + high) / 2;
    const xs = this.shown[0]?.x || [];
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const factor = { "+": 0.5, "=": 0.5, "-": 2 }[event.key];
    if (move && xs.length) {
      const i = view.cursor == null ? nearest(xs, high) : nearest(xs, at) + move;
      const x = xs[Math.max(0, Math.min(xs.length - 1, i))];
      if (x < low || x > high) view.show([low + x - at, high + x - at]);
      view.point(x);
      view.spoken.textContent = `Epoch ${short(x)}: ${this.legend.textContent.trim()}`;
    } else if (factor) {
      view.show([at + (low - at) * factor, at + (high - at) * factor]);
    } else if (event.key === "0" || event.key === "Escape") view.show(null);
    else return;
    event.preventDefault();
  }
}

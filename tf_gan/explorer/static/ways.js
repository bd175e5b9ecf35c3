// Between the pinned pictures: the plane, the way from A to B, and A - B + C.

const point = (latents, label, name) => ({latents, label, name, picture: null});

// The pinned pictures, with buttons that show them again.
function slotsPanel() {
  const canvases = {};
  const figures = SLOTS.map((slot) => {
    canvases[slot] = element("canvas");
    return element("button", {
      type: "button", class: "slot", onclick: () => choose(stage.slots[slot]),
    }, canvases[slot], element("span", {text: slot}));
  });
  listeners.push((slots) => {
    for (const slot of slots) {
      const {values, name} = stage.slots[slot];
      draw(canvases[slot], values, data.shape);
      figures[SLOTS.indexOf(slot)].setAttribute("aria-label", `Show ${slot}, ${name}`);
    }
  });
  return panel("pinned", "Pinned", "The four pictures that the panels below mix. Click one to see it.",
    element("div", {class: "slots"}, ...figures));
}

const SIDE = 7;  // Pictures along a side of the plane,
const TILE = 64;  // at least as large as this, in pixels,
const GAP = 2;  // and so far from each other.

function planePanel() {
  const sheet = element("canvas");
  const marker = element("div", {class: "marker"});
  const plane = element("div", {
    class: "plane", tabindex: 0, role: "application",
    "aria-label": "Plane between A, B, C and D. Drag, or use the arrow keys.",
  }, sheet, marker);
  const place = {x: 0, y: 0};
  const corners = () => SLOTS.map((slot) => stage.slots[slot].latents);
  const go = (x, y) => {
    [place.x, place.y] = [x, y].map((value) => Math.min(1, Math.max(0, value)));
    marker.style.left = `${100 * place.x}%`;
    marker.style.top = `${100 * place.y}%`;
    const name = `plane at ${place.x.toFixed(2)}, ${place.y.toFixed(2)}`;
    return choose(point(onPlane(corners(), place.x, place.y), stage.slots.A.label, name));
  };
  plane.addEventListener("pointerdown", (event) => plane.setPointerCapture(event.pointerId));
  followPointer(plane, go);
  followArrows(plane, (x, y, {shiftKey}) => {
    const step = shiftKey ? 0.2 : 0.02;
    go(place.x + step * x, place.y + step * y);
  });
  const fill = latest(async () => {
    const factor = Math.max(1, Math.ceil(TILE / Math.min(data.shape[0], data.shape[1])));
    const [height, width] = data.shape.map((side) => factor * side);
    sheet.width = SIDE * (width + GAP) - GAP;
    sheet.height = SIDE * (height + GAP) - GAP;
    const context = sheet.getContext("2d");
    context.imageSmoothingEnabled = false;
    const tile = element("canvas");
    const points = Array.from({length: SIDE * SIDE}, (_, i) => point(
      onPlane(corners(), (i % SIDE) / (SIDE - 1), Math.floor(i / SIDE) / (SIDE - 1)),
      stage.slots.A.label,
    ));
    await generateMany(points, (i, values) => {
      draw(tile, values, data.shape);
      const [column, row] = [i % SIDE, Math.floor(i / SIDE)];
      context.drawImage(tile, column * (width + GAP), row * (height + GAP), width, height);
    });
  });
  listeners.push(() => fill());
  return panel("plane", "Plane", "The pictures between A (top left), B (top right), C and D: mixtures"
    + " of their latents. Drag across it.", plane);
}

function pathPanel() {
  const select = element("select", {"aria-label": "Kind of path"},
    element("option", {value: "straight", text: "straight"}),
    element("option", {value: "spherical", text: "on the sphere"}));
  const ways = {straight, spherical};
  if (data.prior === "normal") select.value = "spherical";
  const go = (t) => {
    const {A, B} = stage.slots;
    const z = ways[select.value](A.latents, B.latents, t);
    return choose(point(z, A.label, `${select.value} path from A to B at ${t.toFixed(2)}`));
  };
  const row = slider("A to B", {min: 0, max: 1, step: 0.01, value: 0, oninput: go, id: "path-t"});
  select.addEventListener("change", () => go(Number(row.input.value)));
  let start = null, offset = 0, own = null, loop = 0;
  const stop = () => {
    start = null;
    play.textContent = "Play";
    stage.caption.setAttribute("aria-live", "polite");
  };
  const frame = async (now, mine) => {
    if (own && stage.point !== own) stop();  // Something else was chosen.
    if (start === null || mine !== loop) return;
    const t = (((now - start) / 3000 + offset) % 2 + 2) % 2;  // There in 3 s, and back.
    row.input.set(t > 1 ? 2 - t : t);
    const shown = go(Number(row.input.value));
    own = stage.point;
    await shown;
    requestAnimationFrame((next) => frame(next, mine));
  };
  const play = element("button", {type: "button", text: "Play", onclick: () => {
    if (start !== null) {
      stop();
      return;
    }
    [start, offset, own] = [performance.now(), Number(row.input.value), null];
    play.textContent = "Pause";
    stage.caption.setAttribute("aria-live", "off");
    const mine = ++loop;  // The frames of a loop before may still come.
    requestAnimationFrame((now) => frame(now, mine));
  }});
  return panel("path", "Path", "A walk through latent space: in small steps from the latents of A to"
    + " those of B. On the sphere they stay as long as random ones are.", row,
    element("div", {class: "buttons"}, play, select));
}

function arithmeticPanel() {
  const go = (amount) => {
    const {A, B, C} = stage.slots;
    const z = mix([1, -amount, amount], [A.latents, B.latents, C.latents]);
    return choose(point(z, A.label, `A + ${amount} (C - B)`));
  };
  const row = slider("Amount", {min: 0, max: 2, step: 0.05, value: 1, oninput: go, id: "amount"});
  const button = element("button", {
    type: "button", text: "Show A − B + C", onclick: () => go(Number(row.input.value)),
  });
  return panel("arithmetic", "A − B + C",
    "Arithmetic with latents: take what B has from A, and add what C has.", row,
    element("div", {class: "buttons"}, button));
}

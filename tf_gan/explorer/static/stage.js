// The large picture: a point of latent space, changed by the sliders.

const SLOTS = ["A", "B", "C", "D"];
const stage = {
  point: null,  // {latents, label, name, picture}; picture is the number on the wall, or null
  psi: 1,
  label: null,  // A class instead of the point's own, or null.
  codes: {},  // Values of codes instead of the point's own: {index: value}.
  amounts: [],  // Of the directions.
  shown: null,  // {latents, label, values}: what is on the canvas.
  slots: {},
};

function changedLatents() {
  const z = truncated(stage.point.latents, stage.psi);
  for (const [index, value] of Object.entries(stage.codes)) z[index] = value;
  stage.amounts.forEach((amount, k) => {
    if (amount) data.directions[k].vector.forEach((value, i) => { z[i] += amount * value; });
  });
  return z;
}

const isChanged = () =>
  stage.psi !== 1 || Object.keys(stage.codes).length > 0 || stage.amounts.some(Boolean);

const show = latest(async () => {
  const point = stage.point;
  const latents = changedLatents();
  const label = stage.label === null ? point.label : stage.label;
  const [values] = await generate([latents], [label]);
  stage.shown = {latents, label, values, point, changed: isChanged()};
  draw(stage.canvas, values, data.shape);
  const kind = data.classes ? `, class ${label}` : "";
  const name = `${point.name}${kind}${stage.shown.changed ? ", changed" : ""}`;
  stage.caption.textContent = name;
  stage.canvas.setAttribute("aria-label", `Picture of the generator: ${name}`);
  stage.copySeed.disabled = point.picture === null;
  stage.python.value = pythonLine();
});

function choose(point) {
  stage.point = point;
  for (const button of document.querySelectorAll("#wall button")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.picture) === point.picture));
  }
  return show();
}

function pythonLine() {
  const {latents, label, point, changed} = stage.shown;
  const labels = data.classes ? `, labels=${stage.label === null ? "None" : label}` : "";
  if (point.picture !== null && !changed) {
    const made = `gan.generate(${data.count}, seed=${data.seed}${labels})[${point.picture}]`;
    return `image = ${made.replace(", labels=None", "")}`;
  }
  const numbers = Array.from(latents, digits).join(", ");
  const last = data.classes ? `, [${label}]` : "";
  return `image = gan.images_from(np.array([[${numbers}]], np.float32)${last})[0]`;
}

const python = () => [...data.load, pythonLine()].join("\n");

function stagePanel() {
  stage.canvas = element("canvas", {id: "picture", role: "img"});
  stage.caption = element("figcaption", {"aria-live": "polite"});
  stage.python = element("textarea", {
    readonly: true, rows: 3, id: "python", "aria-label": "Python that makes this picture",
  });
  const button = (text, onclick) => element("button", {type: "button", text, onclick});
  stage.copySeed = button("Copy seed", () =>
    copy(`seed=${data.seed}, picture=${stage.shown.point.picture}`, "the seed"));
  const slots = SLOTS.map((slot) =>
    button(slot, () => {
      stage.slots[slot] = pinned();
      slotsChanged(slot);
      say(`${slot} is ${stage.slots[slot].name}.`);
    }));
  slots.forEach((made, i) => made.setAttribute("aria-label", `Pin this picture as ${SLOTS[i]}`));
  return element(
    "div", {id: "stage"},
    element("figure", {}, stage.canvas, stage.caption),
    element("div", {class: "buttons"}, element("span", {text: "Pin as"}), ...slots),
    element(
      "div", {class: "buttons"},
      button("Save PNG", () => savePicture(stage.canvas, stage.shown.point.name.replace(/\W+/g, "-"))),
      stage.copySeed,
      button("Copy latents", () =>
        copy(JSON.stringify(Array.from(stage.shown.latents, (x) => Number(digits(x)))), "the latents")),
      button("Copy Python", () => copy(python(), "the Python lines")),
    ),
    stage.python,
  );
}

// The picture that is shown, as a point of its own.
function pinned() {
  const {latents, label, values, point, changed} = stage.shown;
  const own = !changed && (stage.label === null || stage.label === point.label);
  return {
    latents, label, values,
    name: own ? point.name : `${point.name} (changed)`,
    picture: own ? point.picture : null,
  };
}

const listeners = [];

function slotsChanged(slot) {
  for (const listener of listeners) listener(slot);
}

// Letters pin the picture, wherever the focus is but in a field.
function pinByKey(event) {
  const slot = event.key.toUpperCase();
  const inField = /^(input|textarea|select)$/i.test(event.target.tagName) &&
    event.target.type !== "range";
  if (!SLOTS.includes(slot) || inField || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!stage.shown) return;
  stage.slots[slot] = pinned();
  slotsChanged(slot);
  say(`${slot} is ${stage.slots[slot].name}.`);
}

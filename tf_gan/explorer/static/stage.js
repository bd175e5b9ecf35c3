// The large picture: a point of latent space, changed by the sliders.

const SLOTS = ["A", "B", "C", "D"];
const stage = {
  point: null,  // {latents, label, name, picture}; picture is the number on the wall, or null
  psi: 1,
  label: null,  // A class instead of the point's own, or null.
  codes: {},  // Values of codes instead of the point's own: {index: value}.
  codeInputs: [],  // Their sliders: [input, index].
  amounts: [],  // Of the directions.
  shown: null,  // What is on the canvas: {latents, label, values}, and of what it was made.
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
  const {point, label: chosen} = stage;
  const latents = changedLatents(), changed = isChanged();
  const label = chosen === null ? point.label : chosen;
  const [values] = await generate([latents], [label]);
  stage.shown = {latents, label, values, point, chosen, changed};
  draw(stage.canvas, values, data.shape);
  const kind = data.classes.length ? `, ${data.classes[label]}` : "";
  const name = `${point.name}${kind}${changed ? ", changed" : ""}`;
  stage.caption.textContent = name;
  stage.canvas.setAttribute("aria-label", `Picture of the generator: ${name}`);
  stage.copySeed.disabled = point.picture === null;
  stage.python.value = pythonLine();
  for (const [input, i] of stage.codeInputs) {
    if (!(i in stage.codes)) input.set(point.latents[i].toFixed(2));
  }
});

function choose(point) {
  stage.point = point;
  for (const button of document.querySelectorAll("#wall .grid button")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.picture) === point.picture));
  }
  return show();
}

function pythonLine() {
  const {latents, label, point, chosen, changed} = stage.shown;
  const labels = data.classes.length ? `, labels=${chosen === null ? "None" : label}` : "";
  if (data.seeded && point.picture !== null && !changed) {
    const made = `gan.generate(${data.count}, seed=${data.seed}${labels})[${point.picture}]`;
    return `image = ${made.replace(", labels=None", "")}`;
  }
  const numbers = Array.from(latents, digits).join(", ");
  const given = data.classes.length ? data.labelCall.replace("{}", label) : "";
  const call = data.call.replace("{latents}", `np.array([[${numbers}]], np.float32)`);
  return `image = ${call.replace("{labels}", given)}`;
}

const python = () => [...data.load, pythonLine()].join("\n");

function stagePanel() {
  stage.canvas = element("canvas", {id: "picture", role: "img"});
  stage.caption = element("figcaption", {"aria-live": "polite"});
  stage.python = element("textarea", {
    readonly: true, rows: 3, id: "python", "aria-label": "Python that makes this picture",
  });
  // Nothing is shown before the first picture is made.
  const button = (text, onclick, label = null, title = null) =>
    element("button", {type: "button", text, onclick: () => stage.shown && onclick(),
      "aria-label": label, title});
  stage.copySeed = button("seed", () =>
    copy(`seed=${data.seed}, picture=${stage.shown.point.picture}`, "the seed"), "Copy the seed",
    "The seed is the number that fixes the pictures of the wall: the same seed, the same wall");
  const slots = SLOTS.map((slot) =>
    button(slot, () => pin(slot), `Pin this picture as ${slot}`));
  return element(
    "div", {id: "stage"},
    element("figure", {}, stage.canvas, stage.caption, element(
      "div", {class: "buttons"}, element("span", {text: "Pin as"}), ...slots,
      button("Save PNG", () =>
        savePicture(stage.canvas, stage.shown.point.name.replace(/\W+/g, "-"))),
    )),
    element(
      "div", {class: "buttons"}, element("span", {text: "Copy"}), stage.copySeed,
      button("latents", () => copy(`[${Array.from(stage.shown.latents, digits)}]`, "the latents"),
        "Copy the latents", "The numbers from which the generator makes this picture"),
      button("Python", () => copy(python(), "the Python lines"), "Copy the Python lines",
        "Lines of Python that make this picture"),
    ),
    stage.python,
  );
}

// The picture that is shown, as a point of its own.
function pinned() {
  const {latents, label, values, point, chosen, changed} = stage.shown;
  const own = !changed && (chosen === null || chosen === point.label);
  return {
    latents, label, values,
    name: own ? point.name : `${point.name} (changed)`,
    picture: own ? point.picture : null,
  };
}

const listeners = [];  // Functions of the slots whose pictures have changed.

function slotsChanged(...slots) {
  for (const listener of listeners) listener(slots);
}

// What is seen is pinned, changes included; then the sliders start anew from it.
function pin(slot) {
  const point = pinned();
  stage.slots[slot] = point;
  slotsChanged(slot);
  if (point.name !== stage.point.name && stage.shown.point === stage.point) {
    stage.reset();
    choose(point);
  }
  say(`${slot} is ${point.name}.`);
}

// Letters pin the picture, wherever the focus is but in a field.
function pinByKey(event) {
  const slot = event.key.toUpperCase();
  const inField = /^(input|textarea|select)$/i.test(event.target.tagName) &&
    event.target.type !== "range";
  if (!SLOTS.includes(slot) || inField || event.ctrlKey || event.metaKey || event.altKey) return;
  if (stage.shown) pin(slot);
}

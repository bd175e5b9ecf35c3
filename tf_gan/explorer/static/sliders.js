// Sliders that change the large picture: truncation, class, codes, directions.

function controlsPanel() {
  const rows = [];
  const resets = [];
  const add = (text, settings) => {
    const {oninput, onreset = oninput} = settings;
    const shown = (call) => (value) => {
      call(value);
      show();
    };
    const row = slider(text, {...settings, oninput: shown(oninput), onreset: shown(onreset)});
    resets.push(() => row.input.reset());
    rows.push(row);
    return row;
  };
  if (data.truncates) {
    add("Truncation", {
      min: 0, max: 1.5, step: 0.05, value: 1, id: "truncation",
      oninput: (value) => { stage.psi = value; },
    });
    rows.push(hint("Truncation, also called psi, scales the latents: below 1 pictures are more"
      + " usual and more alike, above 1 stranger."));
  }
  if (data.classes.length) rows.push(classRow(resets));
  if (data.codes) codeRows(add, resets, rows);
  if (data.directions.length) rows.push(...directionRows(add));
  stage.reset = () => {
    stage.psi = 1;
    stage.label = null;
    stage.codes = {};
    stage.amounts = data.directions.map(() => 0);
    resets.forEach((call) => call());
  };
  const reset = element("button", {type: "button", text: "Reset", id: "reset", onclick: () => {
    stage.reset();
    show();
  }});
  const help = "Sliders change the large picture; a double click puts one back.";
  return panel("controls", "Change it", help, ...rows, element("div", {class: "buttons"}, reset));
}

function options(select, first, names) {
  select.append(element("option", {value: "", text: first}));
  names.forEach((name, i) => select.append(element("option", {value: i, text: name})));
}

function classRow(resets) {
  const select = element("select", {id: "class", "aria-label": "Class", onchange: () => {
    stage.label = select.value === "" ? null : Number(select.value);
    show();
  }});
  options(select, "as drawn", data.classes);
  resets.push(() => { select.value = ""; });
  return element("div", {class: "slider"}, element("span", {text: "Class"}), select);
}

// Categorical codes are one-hot, then come the continuous ones.
function codeRows(add, resets, rows) {
  rows.push(hint("Codes are latents to which training gave a meaning of their own, one each, such"
    + " as a kind or a slant."));
  let start = data.codes.start;
  data.codes.categorical.forEach((size, k) => {
    const first = start;
    const name = `Category ${k + 1}`;
    const select = element("select", {id: `category-${k}`, "aria-label": name, onchange: () => {
      for (let i = 0; i < size; i++) {
        if (select.value === "") delete stage.codes[first + i];
        else stage.codes[first + i] = Number(i === Number(select.value));
      }
      show();
    }});
    options(select, "as drawn", Array.from({length: size}, (_, i) => String(i)));
    resets.push(() => { select.value = ""; });
    rows.push(element("div", {class: "slider"}, element("span", {text: name}), select));
    start += size;
  });
  for (let k = 0; k < data.codes.continuous; k++) {
    const index = start + k;
    const row = add(`Code ${k + 1}`, {
      min: -2, max: 2, step: 0.05, value: 0, id: `code-${k}`,
      oninput: (value) => { stage.codes[index] = value; },
      onreset: () => { delete stage.codes[index]; },
    });
    stage.codeInputs.push([row.input, index]);
  }
}

function directionRows(add) {
  stage.amounts = data.directions.map(() => 0);
  const before = [element("h3", {text: "Directions"}), hint("A direction is a change of all latents"
    + " at once. These are the ones that the generator's first layer stretches most (SeFa): see what"
    + " each does to the picture, and name it.")];
  const made = data.directions.map((direction, k) => {
    const name = element("input", {
      type: "text", "aria-label": `Name of direction ${k + 1}`, maxlength: 40,
      oninput: () => { direction.name = name.value; },
    });
    name.value = direction.name;
    const limit = Number((5 * data.deviation).toPrecision(2));
    const row = add(name, {
      min: -limit, max: limit, step: Number((limit / 100).toPrecision(3)), value: 0, id: `direction-${k}`,
      oninput: (value) => { stage.amounts[k] = value; },
    });
    row.input.setAttribute("aria-label", `Direction ${k + 1}`);
    return row;
  });
  const save = element("button", {type: "button", text: "Save directions.json", onclick: () => {
    const names = data.directions.map(({name}) => name.trim());
    if (names.includes("") || new Set(names).size < names.length) {
      say("Give each direction a name of its own first.", true);
      return;
    }
    const vectors = data.directions.map(({name, vector}) => ({name, vector: Array.from(vector)}));
    const text = JSON.stringify({latent_dim: data.latentDim, directions: vectors}, null, 1);
    download("directions.json", new Blob([text], {type: "application/json"}));
    say("Put directions.json into the run directory: tf-gan-explore and Python read it there.");
  }});
  return [...before, ...made, element("div", {class: "buttons"}, save)];
}

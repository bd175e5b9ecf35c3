// Puts the page together.

// The large picture first, then those that are pinned, then the wall.
async function latentPage() {
  SLOTS.forEach((slot, i) => { stage.slots[slot] = wallPoint(i); });
  const slots = {...stage.slots};
  await choose(wallPoint(0));
  running();
  document.addEventListener("keydown", pinByKey);
  const points = Object.values(slots);
  const made = await generate(points.map((p) => p.latents), points.map((p) => p.label));
  points.forEach((point, i) => { point.values = made[i]; });
  slotsChanged(...SLOTS.filter((slot) => stage.slots[slot] === slots[slot]));
  await wall.grow();
}

function running() {
  say(`The generator runs in this page. It started in ${(performance.now() / 1000).toFixed(1)} s;`
    + " nothing leaves your computer.");
}

function footer() {
  const parts = [element("p", {text: data.footer})];
  if (data.networks.length) {
    const text = element("pre");
    const details = element("details", {ontoggle: async () => {
      if (!details.open || text.textContent) return;
      text.textContent = new TextDecoder().decode(await readPart("licences"));
    }}, element("summary", {text: "Licences of ONNX Runtime Web"}), text);
    parts.push(details);
  }
  document.getElementById("footer").append(...parts);
}

async function start() {
  document.title = `${data.title}: explorer`;
  document.getElementById("title").textContent = data.title;
  document.getElementById("facts").textContent = data.facts;
  footer();
  const main = document.getElementById("main");
  main.classList.toggle("alpha", data.shape[2] === 4);  // On a checkerboard.
  if (!data.networks.length) {
    await spritePage(main);
    const instead = data.sheets.length
      ? "The pictures below were made before."
      : "There are no pictures in its place, for want of source images.";
    say(`${data.reason} ${instead}`, true);
    return;
  }
  await startRuntime();
  if (data.kind === "images") {
    const {parts, start: first} = translationPage();
    main.classList.add("single");
    main.append(...parts);
    running();
    await first();
  } else {
    const panels = [wallPanel(), slotsPanel(), planePanel(), pathPanel(), arithmeticPanel()];
    if (data.networks.includes("encoder")) panels.splice(1, 0, encodePanel());
    main.append(
      element("div", {class: "left"}, stagePanel(), controlsPanel()),
      element("div", {class: "panels"}, ...panels),
    );
    await latentPage();
  }
}

// For tests and the console.
window.explorer = {
  data, stage, busy: show.busy,
  wall: (i) => wall.values[i],
  ways: {straight, spherical, onPlane, truncated},
};
window.explorer.ready = start().catch((error) => {
  say(error.message, true);
  throw error;
});

// Samples over time, and other pictures.

/** Returns the time of a picture in epochs. */
function epochsOf(run, sample) {
  const { steps, epochs } = run.progress;
  if (sample.step == null) return sample.epoch;
  if (!steps) return sample.epoch + 1 - 1 / (sample.step + 2);
  const share = sample.step / (steps / epochs) - sample.epoch;
  return sample.epoch + Math.max(0.001, Math.min(0.999, share));
}

function samples() {
  const times = [...new Set(runs.flatMap((run) => run.samples.map((each) => epochsOf(run, each))))]
    .sort((a, b) => a - b);
  const pictures = make("div", { class: several ? "pictures many" : "pictures" });
  const shown = runs.map((run) => {
    if (!run.samples.length) return null;
    const figure = picture(run.samples[run.samples.length - 1], "", "");
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
    viewState.sample = chosen === last ? null : times[chosen];
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
    viewState.actual = actual.checked;
    pictures.classList.toggle("actual", actual.checked);
  } });
  actual.checked = viewState.actual;
  pictures.classList.toggle("actual", viewState.actual);
  const left = runs.map((run) => run.samples_of - run.samples.length);
  const controls = make("div", { class: "controls" }, play, step(-1, "Earlier"), step(1, "Later"),
    slider, make("label", {}, actual, " Actual size"));
  if (last >= 0) go(viewState.sample == null ? last : nearest(times, viewState.sample));
  return section("Samples",
    "The same latents at each time, not chosen. Move the slider to see how they developed.",
    last > 0 ? controls : null, pictures,
    left.some(Boolean) ? make("p", { class: "hint" },
      `${left.reduce((a, b) => a + b)} pictures were left out to keep this file small.`) : null);
}

function pictures() {
  const found = runs.flatMap((run) => run.pictures.map((each) => ({ ...each, run })));
  const left = runs.reduce((sum, run) => sum + run.left_out, 0);
  if (!found.length && !left) return null;
  const hint = left ? make("p", { class: "hint" },
    `${left} pictures were left out to keep this file small.`) : null;
  return section("Nearest training images, and other pictures", "What tf-gan-sample left here.",
    hint,
    make("div", { class: "pictures" }, ...found.map((each) => {
      const name = several ? `${each.run.name}: ${each.name}` : each.name;
      const figure = picture(each, `${name}. ${each.text}`, name);
      if (each.text) figure.append(make("p", { class: "hint" }, each.text));
      return figure;
    })));
}

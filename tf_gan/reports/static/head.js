// The head: state and progress, runs side by side, warnings.

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
  const differing = names.filter((name) => new Set(runs.map((run) => ownScores(run)[name])
    .filter((score) => score?.value != null).map((score) => score.protocol)).size > 1);
  return section("Side by side", "Scores, and the settings that differ. Click a heading to sort.",
    table("comparison", ["Run", "State", "Epochs", "Images seen", "Time", ...names, ...fields], rows),
    differing.length ? make("p", { class: "message" },
      `These scores were measured in different ways and cannot be compared: ${differing.join("; ")}. `
      + "Open the scores below to see how.") : null,
    ...runs.filter((run) => run.state.text).map((run) =>
      make("p", { class: "message" }, `${run.name}: ${run.state.text}`)));
}

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

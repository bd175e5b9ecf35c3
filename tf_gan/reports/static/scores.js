// The table of scores.

/** Returns a run's own scores by name, the newest of each; those of trained weights apart if the
 * run has averaged ones too. */
function ownScores(run) {
  const found = {};
  const averages = run.scores.some(({ weights }) => weights === "averaged");
  for (const score of run.scores) {
    const key = averages && score.weights === "trained" ? `${score.name}, trained weights` : score.name;
    if (score.step != null && !(found[key]?.step > score.step)) found[key] = score;
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
    const rivals = all.filter((each) => each.name === score.name && each.protocol === score.protocol);
    const source = several ? `${score.run.name}: ${score.source}` : score.source;
    return [
      { text: score.name, node: folded(`score-${index}`, score.name, false,
        make("p", { class: "protocol" }, score.protocol),
        details.length ? make("p", { class: "protocol" }, details.join(", ")) : null) },
      scoreCell(score),
      { text: score.good },
      { text: "", value: undefined, node: errorBar(score, rivals, runs.indexOf(score.run) % 8) ?? "" },
      { text: source },
      score.step == null ? { text: "" } : { text: count(score.step), value: score.step },
      { text: score.weights },
    ];
  });
  return section("Scores",
    "By tf-gan-evaluate. Open a name to read how it was measured, and what the error is.",
    ...verdicts,
    table("scores", ["Score", "Value", "Good is", "Beside the others", "Images of", "Step", "Weights"], rows));
}

// The curves of the logs.

function curves() {
  const titles = [...new Set(runs.flatMap((run) => run.charts.map((chart) => chart.title)))];
  if (!titles.length) return null;
  const xs = runs.flatMap((run) => run.charts.flatMap((chart) => chart.series.flatMap((line) =>
    [line.x[0], line.x[line.x.length - 1]])));
  const low = Math.min(...xs);
  const high = Math.max(...xs);
  const all = low < high ? [low, high] : [low - 0.5, high + 0.5];
  const reset = make("button", { type: "button", id: "reset", onclick: () => {
    view.show(null);
    view.charts[0].svg.focus({ preventScroll: true }); // The button is hidden now.
  } }, "Show all epochs");
  const spoken = make("p", { class: "spoken", role: "status" }); // By screen readers.
  const view = {
    ...viewState, all, cursor: null, charts: [], hidden: viewState.hidden, spoken,
    draw() {
      reset.hidden = !view.zoom;
      Object.assign(viewState, { zoom: view.zoom, log: view.log });
      for (const chart of view.charts) chart.draw();
    },
    point(x) {
      view.cursor = x;
      for (const chart of view.charts) chart.point();
    },
    show(range) {
      if (range) {
        const width = Math.min(all[1] - all[0], Math.max(range[1] - range[0], 1e-3));
        const start = Math.max(all[0], Math.min(range[0], all[1] - width));
        range = [start, start + width];
      }
      view.zoom = range && range[1] - range[0] < 0.999 * (all[1] - all[0]) ? range : null;
      view.draw();
    },
  };
  const log = make("input", { type: "checkbox", id: "log", onchange: () => {
    view.log = log.checked;
    view.draw();
  } });
  log.checked = viewState.log;
  const grid = make("div", { class: "charts" });
  for (const title of titles) {
    const found = runs.map((run) => run.charts.find((chart) => chart.title === title));
    const text = found.find(Boolean).text;
    const names = [...new Set(found.flatMap((chart) => chart?.series.map((line) => line.name) ?? []))];
    const lines = found.flatMap((chart, index) => (chart?.series ?? []).map((line) => ({
      ...line,
      name: several ? `${runs[index].name}: ${line.name}` : line.name,
      color: (several ? index : names.indexOf(line.name)) % 8,
      dash: several ? [null, "7 3", "2 3", "9 3 2 3"][names.indexOf(line.name) % 4] : null,
    })));
    grid.append(new Chart(title, text, lines, view).root);
  }
  new ResizeObserver(() => view.draw()).observe(grid);
  view.show(viewState.zoom);
  return section("Curves",
    "By epochs. Drag across a chart to zoom, double click to see all. With the keyboard: arrows"
    + " read values, + and - zoom, 0 shows all.",
    make("div", { class: "controls" }, make("label", {}, log, " Log scale"), reset), spoken, grid);
}

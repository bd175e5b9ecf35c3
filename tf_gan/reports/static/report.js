// The page of a run, or of several, from the facts in the element #facts. Whatever comes
// from a run is set as text, never as markup.

function settings() {
  const parts = runs.map((run, index) => folded(`settings-${index}`,
    `${several ? `${run.name}: ` : ""}${plural(run.changed.length, "setting")} differ`
    + `${run.changed.length === 1 ? "s" : ""} from the default`, !several,
    run.changed.length ? table(`changed-${index}`, ["Setting", "This run", "Default"],
      run.changed.map((each) => [{ text: each.field }, { text: each.value }, { text: each.default }]))
      : null,
    folded(`all-${index}`, "All settings", false, table(`config-${index}`, ["Setting", "Value"],
      Object.entries(run.config).map(([field, text]) => [{ text: field }, { text }])))));
  return section("Settings", null, ...parts);
}

function commandLine({ text, command }) {
  const code = make("code", {}, command);
  const button = make("button", { type: "button", onclick: async () => {
    const range = document.createRange();
    range.selectNodeContents(code);
    getSelection().removeAllRanges();
    try {
      await navigator.clipboard.writeText(command);
      button.textContent = "Copied";
    } catch {
      getSelection().addRange(range); // Ctrl-C copies it.
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  } }, "Copy");
  return make("li", {}, make("span", {}, text), make("div", { class: "command" }, code, button));
}

function goingOn() {
  const parts = runs.map((run, index) => {
    const lists = [
      make("ul", { class: "commands" }, ...run.commands.map(commandLine)),
      make("dl", { class: "facts" }, ...[...run.about, ["Folder", run.folder]].map(([name, value]) =>
        make("div", {}, make("dt", {}, name), make("dd", {}, value)))),
    ];
    return several ? folded(`on-${index}`, run.name, false, ...lists) : make("div", {}, ...lists);
  });
  return section("Next commands", null, ...parts);
}

const page = { busy: false };
const main = document.getElementById("report");
main.replaceChildren(...[
  header(), several ? comparison() : null, warnings(), samples(), curves(), scores(), pictures(),
  settings(), goingOn(),
  make("footer", {}, `Written ${time(facts.written)} in ${Math.max(1, Math.round(1000 * facts.seconds))}`
    + ` ms by tf_gan ${facts.version}.`),
].filter(Boolean));

history.scrollRestoration = "manual";
window.scrollTo(0, viewState.scroll);
if (viewState.focus) {
  const { section: name, index } = viewState.focus;
  focusable(name)[index]?.focus({ preventScroll: true });
}
addEventListener("pagehide", saveViewState);

// While a run lasts, load what it has written since; not in the middle of a movement.
let pointers = 0;
addEventListener("pointerdown", () => { pointers += 1; }, true);
for (const name of ["pointerup", "pointercancel"]) {
  addEventListener(name, () => { pointers = 0; }, true);
}
function loadAgain() {
  const isSelecting = !getSelection().isCollapsed;
  if (page.busy || pointers || isSelecting || document.hidden) setTimeout(loadAgain, 1000);
  else {
    saveViewState(); // Earlier than `pagehide`: the next page may read before that is stored.
    const reload = () => setTimeout(() => location.reload(), 50);
    // In a sandbox, which has the origin "null", no page asks a server.
    if (location.protocol === "file:" || self.origin === "null") reload();
    // A server that is away would leave the browser's error page.
    else fetch(location.href, { method: "HEAD" }).then(reload, () => setTimeout(loadAgain, 5000));
  }
}
if (facts.reload && runs.some(isLive)) setTimeout(loadAgain, 1000 * facts.reload);

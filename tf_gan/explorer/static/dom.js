// Elements. Texts are set as text, never as HTML: names come from users.

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "text") made.textContent = value;
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// A sentence beside what a stranger does not know.
const hint = (text) => element("p", {class: "help", text});

function panel(id, title, help, ...children) {
  const heading = element("h2", {id: `${id}-title`, text: title});
  const parts = [heading, ...(help ? [hint(help)] : []), ...children];
  return element("section", {id, class: "panel", "aria-labelledby": `${id}-title`}, ...parts);
}

// A labelled slider with its value beside it. A double click puts it back.
function slider(text, {min, max, step, value, oninput, onreset = oninput, id}) {
  const output = element("output", {text: String(value)});
  const input = element("input", {type: "range", min, max, step, id});
  input.value = value;
  // Sets the slider without a call of `oninput`.
  input.set = (number) => {
    input.value = number;
    output.textContent = input.value;
  };
  input.reset = () => input.set(value);
  input.addEventListener("input", () => {
    output.textContent = input.value;
    oninput(Number(input.value));
  });
  input.addEventListener("dblclick", () => {
    input.reset();
    onreset(value);
  });
  const label = typeof text === "string" ? element("span", {text}) : text;
  if (typeof text === "string") input.setAttribute("aria-label", text);
  const row = element("div", {class: "slider"}, label, input, output);
  row.input = input;
  return row;
}

const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

// Calls at(x, y) where a pointer is dragged on a board, in its width and height.
function followPointer(board, at) {
  const follow = (event) => {
    const box = board.getBoundingClientRect();
    at((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  board.addEventListener("pointerdown", follow);
  board.addEventListener("pointermove", (event) => event.buttons && follow(event));
}

// Calls by(x, y, event) for arrow keys: -1, 0 or 1 to the right, and down.
function followArrows(board, by) {
  board.addEventListener("keydown", (event) => {
    if (!ARROWS[event.key]) return;
    event.preventDefault();
    by(...ARROWS[event.key], event);
  });
}

function say(text, isError = false) {
  const status = document.getElementById("status");
  status.textContent = text;
  status.classList.toggle("error", isError);
}

function download(name, blob) {
  const address = URL.createObjectURL(blob);
  element("a", {href: address, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = element("textarea", {readonly: true, "aria-hidden": "true"});
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) {
      say(`This browser does not let the page copy ${what}.`, true);
      return;
    }
  }
  say(`Copied ${what}.`);
}

// Lets the browser draw and take clicks before the next piece of work.
const breath = () => new Promise((resolve) => setTimeout(resolve));

// Wraps a slow function: a call while it runs is kept, the last one wins.
function latest(work) {
  let busy = false, waiting = null;
  async function call(...values) {
    if (busy) {
      waiting = values;
      return;
    }
    busy = true;
    try {
      await work(...values);
    } catch (error) {
      say(error.message, true);
    } finally {
      busy = false;
    }
    if (waiting) {
      const next = waiting;
      waiting = null;
      call(...next);
    }
  }
  call.busy = () => busy;
  return call;
}

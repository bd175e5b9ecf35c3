// The wall: pictures of the seed, one button each.

const wall = {latents: null, values: [], buttons: []};
const STEP = 64;  // Pictures that a click adds.

const wallPoint = (i) => ({
  latents: wall.latents.slice(i * data.latentDim, (i + 1) * data.latentDim),
  label: data.labels ? data.labels[i] : null,
  name: `picture ${i} of seed ${data.seed}`,
  picture: i,
});

async function growWall() {
  const first = wall.values.length;
  const count = Math.min(STEP, data.count - first);
  const points = Array.from({length: count}, (_, k) => wallPoint(first + k));
  await generateMany(points, (k, values) => addPicture(first + k, values));
  wall.more.hidden = wall.values.length >= data.count;
}

function addPicture(i, values) {
  wall.values.push(values);
  const canvas = element("canvas");
  draw(canvas, values, data.shape);
  const button = element("button", {
    type: "button", "data-picture": i, "aria-pressed": String(stage.point.picture === i), "aria-label": `Picture ${i}`,
    title: `Picture ${i}`, tabindex: i ? -1 : 0, onclick: () => choose(wallPoint(i)),
  }, canvas);
  wall.buttons.push(button);
  wall.grid.append(button);
}

// Arrow keys go from picture to picture.
function moveOnWall(event) {
  const at = wall.buttons.indexOf(document.activeElement);
  if (at < 0) return;
  const top = (button) => button.getBoundingClientRect().top;
  const columns = wall.buttons.filter((button) => top(button) === top(wall.buttons[0])).length;
  const steps = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns,
                 Home: -at, End: wall.buttons.length - 1 - at};
  const next = wall.buttons[at + steps[event.key]];
  if (!next) return;
  event.preventDefault();
  wall.buttons[at].tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

function wallPanel() {
  wall.latents = readFloats(data.latents);
  wall.grid = element("div", {class: "grid", onkeydown: moveOnWall});
  wall.grow = latest(growWall);  // One run at a time: pictures have their places by their order.
  wall.more = element("button", {type: "button", text: "More pictures", onclick: () => wall.grow()});
  return panel("wall", "Wall", "The generator makes each picture from latents: random numbers, which"
    + " the seed fixes. Click a picture to see it large. Pin pictures as A, B, C and D with the"
    + " buttons or the keys of these names.", wall.grid, wall.more);
}

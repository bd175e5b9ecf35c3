// Pictures of the user: translated, enlarged, or encoded.

const NAMES = {translate: ["Before", "After"], encode: ["Picture", "Reconstruction"]};

// The page of models that make images from images.
function translationPage() {
  const {figure, before, after} = comparison(NAMES.translate);
  const shown = {};
  const show = latest(async (given, name) => {
    const isFile = given instanceof File;  // A large one takes time to read.
    const picture = isFile ? await readPicture(given, data.sourceShape, data.most) : given;
    const began = performance.now();
    say("Computing.");
    await breath();
    const made = await convert("generator", picture.values, picture.shape);
    say(`Computed in ${((performance.now() - began) / 1000).toFixed(1)} s, in this page.`);
    draw(after, made.values, made.shape);
    showBefore(before, picture, made.shape);
    Object.assign(shown, {picture, made, name});
    caption.textContent = `${name}: ${picture.shape[1]} x ${picture.shape[0]} to`
      + ` ${made.shape[1]} x ${made.shape[0]} pixels`;
  });
  const caption = element("p", {class: "caption", "aria-live": "polite"});
  const take = (file) => show(file, file.name);
  const save = element("button", {type: "button", text: "Save PNG", onclick: () =>
    shown.made && savePicture(after, "translation")});
  const examples = element("div", {class: "grid", id: "examples"});
  data.examples.forEach((example, i) => {
    const picture = {values: Float32Array.from(fromBase64(example.bytes), (x) => x / 255),
                     shape: example.shape};
    const canvas = element("canvas");
    draw(canvas, picture.values, picture.shape, true);
    examples.append(element("button", {
      type: "button", "aria-label": `Source ${i}`, onclick: () => show(picture, `source ${i}`),
    }, canvas));
    if (!i) shown.first = () => show(picture, "source 0");
  });
  window.explorer.translated = () => shown;
  const parts = [panel("translate", "Before and after", "Drag the divider.", figure, caption,
    element("div", {class: "buttons"}, save))];
  const drop = pictureField("Drop a picture here, or choose a file", take);
  const size = data.sourceShape[0] === null
    ? `Pictures of any size; sides above ${data.most} pixels are made smaller first.`
    : `Pictures are cut and resized to ${data.sourceShape[1]} x ${data.sourceShape[0]} pixels.`;
  parts.push(panel("sources", "Pictures", size, drop, examples));
  return {parts, start: shown.first || (async () => {})};
}

// The source at the size of the result, as the browser enlarges pictures.
function showBefore(canvas, picture, [height, width]) {
  const own = element("canvas");
  draw(own, picture.values, picture.shape, true);  // Sources are in [0, 1].
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(own, 0, 0, width, height);
}

// A picture to latents and back, and its nearest pictures of the wall.
function encodePanel() {
  const {figure, before, after} = comparison(NAMES.encode);
  const near = element("div", {class: "grid"});
  const text = element("p", {class: "caption", "aria-live": "polite"});
  const result = element("div", {hidden: true}, figure, text, near);
  const take = latest(async (file) => {
    const picture = await readPicture(file, data.shape);
    const latents = (await convert("encoder", picture.values, picture.shape)).values.slice();
    const [values] = await generate([latents]);
    draw(before, picture.values, data.shape);
    draw(after, values, data.shape);
    result.hidden = false;
    const distances = wall.values.map((other, i) => [distance(picture.values, other), i]);
    distances.sort((a, b) => a[0] - b[0]);
    const nearest = distances.slice(0, 4).map(([, i]) => i);
    text.textContent = `Nearest on the wall, pixel by pixel: pictures ${nearest.join(", ")}.`;
    near.replaceChildren(...nearest.map((i) => {
      const canvas = element("canvas");
      draw(canvas, wall.values[i], data.shape);
      return element("button", {
        type: "button", "aria-label": `Nearest picture ${i}`, onclick: () => choose(wallPoint(i)),
      }, canvas);
    }));
    await choose(point(latents, null, `encoding of ${file.name}`));
  });
  const drop = pictureField("Drop a picture here, or choose a file", take);
  return panel("encode", "Reconstruct", "The encoder is a network that finds the"
    + " latents of a picture. See what it keeps: the reconstruction can be changed like any other.",
    drop, result);
}

const distance = (a, b) => a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0);

// Floats on canvases, and picture files as floats.

// Draws an image of numbers in [0, 1], (height, width, channels): grey, RGB or RGBA.
// Numbers without bounds are drawn from the smallest to the largest.
function draw(canvas, values, [height, width, channels], bounded = data.bounded) {
  let low = 0, high = 1;
  if (!bounded) {
    [low, high] = [Infinity, -Infinity];
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  const scale = 255 / Math.max(high - low, 1e-12);
  canvas.width = width;
  canvas.height = height;
  const pixels = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 4; c++) {
      const at = channels === 1 ? 0 : c;
      pixels.data[4 * i + c] =
        c === 3 && channels < 4 ? 255 : Math.round((values[channels * i + at] - low) * scale);
    }
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

// The picture on a canvas as a PNG file; small ones enlarged to 256 pixels, pixel by pixel.
function savePicture(canvas, name) {
  const factor = Math.max(1, Math.ceil(256 / Math.min(canvas.width, canvas.height)));
  const large = element("canvas", {
    width: factor * canvas.width,
    height: factor * canvas.height,
  });
  const context = large.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  large.toBlob((blob) => download(`${name}.png`, blob), "image/png");
}

// A file as floats in [0, 1]: cut at the centre to the proportions of `shape`, resized;
// where height and width are null it keeps its size, up to `most` pixels a side.
async function readPicture(file, [height, width, channels], most) {
  let image;
  try {
    image = await createImageBitmap(file);
  } catch {
    throw new Error(`${file.name} is no picture that this browser can read.`);
  }
  let cut = [image.width, image.height];
  if (height === null) {
    const factor = Math.min(1, most / Math.max(...cut));
    [width, height] = cut.map((side) => Math.max(1, Math.round(side * factor)));
  } else {
    const factor = Math.min(image.width / width, image.height / height);
    cut = [width * factor, height * factor];
  }
  const canvas = element("canvas", {width, height});
  const context = canvas.getContext("2d", {willReadFrequently: true});
  if (channels < 4) {
    context.fillStyle = "white";  // Behind transparent pictures.
    context.fillRect(0, 0, width, height);
  }
  context.imageSmoothingQuality = "high";
  const [left, top] = [(image.width - cut[0]) / 2, (image.height - cut[1]) / 2];
  context.drawImage(image, left, top, ...cut, 0, 0, width, height);
  image.close();
  const pixels = context.getImageData(0, 0, width, height).data;
  return {values: fromPixels(pixels, channels), shape: [height, width, channels]};
}

// RGBA bytes as floats of one, three or four channels; grey is ITU-R 601's, as Pillow's.
function fromPixels(pixels, channels) {
  const values = new Float32Array((pixels.length / 4) * channels);
  for (let i = 0; i < pixels.length / 4; i++) {
    const [red, green, blue] = pixels.subarray(4 * i, 4 * i + 3);
    if (channels === 1) values[i] = (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
    else for (let c = 0; c < channels; c++) values[channels * i + c] = pixels[4 * i + c] / 255;
  }
  return values;
}

// A field that takes picture files: dropped or chosen.
function pictureField(text, take) {
  const input = element("input", {
    type: "file",
    accept: "image/*",
    "aria-label": text,
    onchange: () => input.files.length && take(input.files[0]),
  });
  const field = element("label", {class: "drop"}, element("span", {text}), input);
  field.addEventListener("dragover", (event) => {
    event.preventDefault();
    field.classList.add("over");
  });
  field.addEventListener("dragleave", () => field.classList.remove("over"));
  field.addEventListener("drop", (event) => {
    event.preventDefault();
    field.classList.remove("over");
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
  return field;
}

// Two pictures, one over the other, with a divider to drag: left of it the first.
function comparison(names) {
  const [before, after] = names.map((name) => element("canvas", {role: "img", "aria-label": name}));
  const stack = element("div", {class: "stack"}, after, before);
  const row = slider("Divider", {
    min: 0, max: 100, step: 1, value: 50, id: "divider",
    oninput: (value) => stack.style.setProperty("--cut", `${value}%`),
  });
  followPointer(stack, (x) => {
    row.input.value = 100 * x;
    row.input.dispatchEvent(new Event("input"));
  });
  const figure = element("figure", {class: "comparison"}, stack, row);
  return {figure, before, after};
}

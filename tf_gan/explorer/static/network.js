// The networks: ONNX Runtime Web, from memory, one thread, one call at a time.

let ort = null;
const sessions = {};
let lastCall = Promise.resolve();

async function startRuntime() {
  if (typeof WebAssembly !== "object" || typeof DecompressionStream !== "function") {
    throw new Error("This browser is too old: it lacks WebAssembly or DecompressionStream.");
  }
  const [script, wasm] = await Promise.all([readPart("script"), readPart("wasm")]);
  const address = URL.createObjectURL(new Blob([script], {type: "text/javascript"}));
  ort = await import(address);
  URL.revokeObjectURL(address);
  ort.env.wasm.wasmBinary = wasm;
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  for (const name of data.networks) {
    sessions[name] = await ort.InferenceSession.create(await readPart(name));
  }
}

// Returns the first output of a network: {values, shape}.
// inputs: {name: {values, shape}}; Int32Array for labels, else Float32Array.
function runNetwork(name, inputs) {
  const feeds = {};
  for (const [key, {values, shape}] of Object.entries(inputs)) {
    const type = values instanceof Int32Array ? "int32" : "float32";
    feeds[key] = new ort.Tensor(type, values, shape);
  }
  const call = lastCall.then(async () => {
    const session = sessions[name];
    const output = (await session.run(feeds))[session.outputNames[0]];
    return {values: output.data, shape: output.dims};
  });
  lastCall = call.catch(() => {});
  return call;
}

// Images of many latents: an array of Float32Array, one for each.
async function generate(latents, labels) {
  const n = latents.length, d = data.latentDim;
  const joined = new Float32Array(n * d);
  latents.forEach((z, i) => joined.set(z, i * d));
  const inputs = {latents: {values: joined, shape: [n, d]}};
  if (data.classes.length) inputs.labels = {values: Int32Array.from(labels), shape: [n]};
  const {values} = await runNetwork("generator", inputs);
  const size = values.length / n;
  return latents.map((_, i) => values.slice(i * size, (i + 1) * size));
}

// Images of many points, a few at a time, so that the page answers meanwhile: each call
// takes about a tenth of a second. take(i, values) gets them one by one.
async function generateMany(points, take) {
  let count = 1;
  for (let start = 0; start < points.length;) {
    const some = points.slice(start, start + count);
    const began = performance.now();
    const made = await generate(some.map((p) => p.latents), some.map((p) => p.label));
    const each = (performance.now() - began) / some.length;
    made.forEach((values, i) => take(start + i, values));
    await breath();
    start += some.length;
    count = Math.min(16, 2 * count, Math.max(1, Math.floor(100 / each)));
  }
}

// One image of an image: {values, shape: [height, width, channels]}.
async function convert(name, values, shape) {
  const output = await runNetwork(name, {images: {values, shape: [1, ...shape]}});
  return {values: output.values, shape: output.shape.slice(1)};
}

// From base64 in the page to bytes, text and numbers.

function fromBase64(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

async function gunzip(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// A part of the page: base64 of a gzip file. What has been read is let go.
async function readPart(name) {
  const text = explorerParts[name];
  if (text === undefined) {
    throw new Error(`The part "${name}" is missing. Keep the folder ${data.folder} beside this page.`);
  }
  delete explorerParts[name];
  return gunzip(fromBase64(text));
}

// Little-endian float32 numbers, as Python wrote them.
function readFloats(text) {
  return new Float32Array(fromBase64(text).buffer);
}

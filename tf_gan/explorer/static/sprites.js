// Where the generator cannot run: sheets of pictures that Python made before.

function sheetPanel(sheet, id, large) {
  const [height, width] = sheet.tile;
  const image = element("img", {src: `data:image/png;base64,${sheet.png}`, alt: sheet.title});
  const marker = element("div", {class: "frame", hidden: true});
  const {columns, rows} = sheet;
  marker.style.width = `${100 / columns}%`;
  marker.style.height = `${100 / rows}%`;
  const place = {row: 0, column: 0};
  const go = (column, row) => {
    place.column = Math.min(columns - 1, Math.max(0, column));
    place.row = Math.min(rows - 1, Math.max(0, row));
    for (const frame of document.querySelectorAll(".frame")) frame.hidden = frame !== marker;
    marker.style.left = `${(100 * place.column) / columns}%`;
    marker.style.top = `${(100 * place.row) / rows}%`;
    const context = large.canvas.getContext("2d");
    [large.canvas.width, large.canvas.height] = [width, height];
    context.drawImage(image, place.column * width, place.row * height, width, height,
      0, 0, width, height);
    const name = sheet.names[place.row * columns + place.column];
    large.caption.textContent = `${sheet.title}: ${name}`;
    large.canvas.setAttribute("aria-label", large.caption.textContent);
  };
  const board = element("div", {
    class: "plane sheet", tabindex: 0, style: `--columns: ${columns}; --rows: ${rows}`, role: "application",
    "aria-label": `${sheet.title}. Click or drag, or use the arrow keys.`,
  }, image, marker);
  followPointer(board, (x, y) => go(Math.floor(columns * x), Math.floor(rows * y)));
  followArrows(board, (x, y) => go(place.column + x, place.row + y));
  image.draggable = false;
  return {made: panel(id, sheet.title, sheet.help, board), ready: image.decode(), first: () => go(0, 0)};
}

async function spritePage(main) {
  const large = {
    canvas: element("canvas", {id: "picture", role: "img"}),
    caption: element("figcaption", {"aria-live": "polite"}),
  };
  const save = element("button", {type: "button", text: "Save PNG", onclick: () =>
    savePicture(large.canvas, large.caption.textContent.replace(/\W+/g, "-"))});
  const sheets = data.sheets.map((sheet, i) => sheetPanel(sheet, `sheet-${i}`, large));
  main.append(
    element("div", {class: "left"}, element("div", {id: "stage"},
      element("figure", {}, large.canvas, large.caption),
      element("div", {class: "buttons"}, save))),
    element("div", {class: "panels"}, ...sheets.map(({made}) => made)),
  );
  await Promise.all(sheets.map(({ready}) => ready));
  sheets[0]?.first();
}

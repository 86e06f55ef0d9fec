// Numbers as pictures: rows of data, changes of them, and the activities of a layer.

let palette = null;

/** The colours of the page, as the style sheet has them in light or dark. */
function colours() {
  if (palette === null) {
    const style = getComputedStyle(document.documentElement);
    const rgb = (name) => {
      const text = style.getPropertyValue(name).trim().slice(1);
      return [0, 2, 4].map((at) => Number.parseInt(text.slice(at, at + 2), 16));
    };
    palette = {
      paper: rgb("--paper"),
      ink: rgb("--ink"),
      plus: rgb("--plus"),
      minus: rgb("--minus"),
      quiet: rgb("--quiet"),
      line: rgb("--line"),
      hole: rgb("--hole"),
    };
  }
  return palette;
}

/** Read the colours again: the screen has turned light or dark. */
export function forgetColours() {
  palette = null;
}

function mixed(from, to, share) {
  const bounded = Math.min(1, Math.max(0, share));
  return from.map((channel, i) => channel + bounded * (to[i] - channel));
}

/** A colour of the style sheet for a canvas: "ink", "quiet", … */
export function css(name) {
  return `rgb(${colours()[name].join(" ")})`;
}

function fill(canvas, [height, width], colourOf) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let at = 0; at < width * height; at++) {
    image.data.set(colourOf(at), 4 * at);
    image.data[4 * at + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** Paint shares of the range as a picture: 0 is paper and 1 is ink, or colours as they are. */
export function paintShares(canvas, shares, shape) {
  const { paper, ink } = colours();
  const isColour = shape.length === 3;
  fill(canvas, shape, (at) =>
    isColour ? [0, 1, 2].map((channel) => 255 * shares[3 * at + channel]) : mixed(paper, ink, shares[at]),
  );
}

/** Paint changes as a picture: above 0 in one colour, below in another. The largest has the full colour. */
export function paintChanges(canvas, changes, shape, limit = largest(changes)) {
  const { paper, plus, minus } = colours();
  const values = shape.length === 3 ? changes.filter((_, i) => i % 3 === 1) : changes;
  fill(canvas, shape, (at) => mixed(paper, values[at] > 0 ? plus : minus, Math.abs(values[at]) / limit));
}

/** The largest size of some numbers, or 1 if all are 0. */
export function largest(values) {
  return values.reduce((found, value) => Math.max(found, Math.abs(value)), 0) || 1;
}

/** How many dots a cell has: more where they are few, and so are larger on the screen. */
function cellOf(n) {
  return n > 200 ? 12 : 48;
}

const LARGEST_CELL = 36; // on the screen

/** How many columns a layer of n units has on the screen: a field half as wide again as high. */
export function columnsOf(n) {
  return Math.ceil(Math.sqrt(1.6 * n));
}

/** How wide the field of a layer of n units may be on the screen, in pixels. */
export function widthOf(n) {
  return columnsOf(n) * LARGEST_CELL;
}

/** Paint the activities of a layer as a field of cells; `marked` units have a frame, `switched` ones a bar. */
export function paintActivities(canvas, activities, { marked = -1, switched = {} } = {}) {
  const columns = columnsOf(activities.length);
  const cell = cellOf(activities.length);
  const edge = cell / 12;
  canvas.width = columns * cell;
  canvas.height = Math.ceil(activities.length / columns) * cell;
  canvas.style.setProperty("--wide", `${widthOf(activities.length)}px`);
  const context = canvas.getContext("2d");
  const { paper, plus, minus, ink } = colours();
  const limit = Math.max(1, largest(activities));
  activities.forEach((value, unit) => {
    const [x, y] = [(unit % columns) * cell, Math.floor(unit / columns) * cell];
    context.fillStyle = `rgb(${mixed(paper, value > 0 ? plus : minus, Math.abs(value) / limit).join(" ")})`;
    context.fillRect(x + edge, y + edge, cell - 2 * edge, cell - 2 * edge);
    if (unit in switched) {
      context.fillStyle = `rgb(${ink.join(" ")})`;
      context.fillRect(x + 2 * edge, y + cell / 2 - edge, cell - 4 * edge, 2 * edge);
    }
    if (unit === marked) {
      context.strokeStyle = `rgb(${ink.join(" ")})`;
      context.lineWidth = 1.5 * edge;
      context.strokeRect(x + edge / 2, y + edge / 2, cell - edge, cell - edge);
    }
  });
}

/** Which unit lies at a place of the field, between 0 and 1 both ways; null beside them. */
export function unitAt(n, x, y) {
  const columns = columnsOf(n);
  const unit = Math.floor(y * Math.ceil(n / columns)) * columns + Math.min(columns - 1, Math.floor(x * columns));
  return unit >= 0 && unit < n ? unit : null;
}

const [BAR, NAME, MOST_BARS] = [36, 0.46, 24];

/** Paint features of a table as bars: shares from the left, or changes to both sides of a line; with names, or too small for them. */
export function paintBars(canvas, values, names, isChange, isSmall = false) {
  const order = Array.from(values.keys());
  if (isChange && !isSmall) order.sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]));
  const shown = order.slice(0, MOST_BARS);
  canvas.width = 640;
  canvas.height = shown.length * BAR;
  const context = canvas.getContext("2d");
  const start = isSmall ? 0 : canvas.width * NAME;
  const width = canvas.width - start;
  const limit = largest(values);
  context.font = "24px system-ui, sans-serif";
  context.textBaseline = "middle";
  shown.forEach((feature, i) => {
    const value = values[feature];
    const [y, zero] = [i * BAR, isChange ? start + width / 2 : start];
    context.fillStyle = css("ink");
    if (!isSmall) context.fillText(fitted(context, names[feature], start - 16), 0, y + BAR / 2);
    context.fillStyle = css("line");
    context.fillRect(start, y + 8, width, BAR - 16);
    const end = isChange ? (width / 2) * (value / limit) : width * Math.min(1, Math.max(0, value));
    context.fillStyle = css(isChange && value < 0 ? "minus" : "plus");
    context.fillRect(Math.min(zero, zero + end), y + 8, Math.abs(end), BAR - 16);
  });
}

function fitted(context, text, width) {
  let shown = text;
  while (shown.length > 1 && context.measureText(shown).width > width) shown = `${shown.slice(0, -2)}…`;
  return shown;
}

/** Paint the words of a document, or those that change most: each on a bar, the longest first. */
export function paintWords(canvas, values, names, isChange, isSmall) {
  const order = Array.from(values.keys()).sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]));
  const shown = order.slice(0, isSmall ? 6 : 12).filter((word) => values[word] !== 0);
  canvas.width = isSmall ? 240 : 480;
  canvas.height = Math.max(1, isSmall ? 6 : shown.length) * BAR;
  const context = canvas.getContext("2d");
  const limit = largest(values);
  context.font = `${isSmall ? 26 : 22}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  const { paper, plus, minus } = colours();
  shown.forEach((word, i) => {
    const bar = mixed(paper, isChange && values[word] < 0 ? minus : plus, 0.4);
    context.fillStyle = `rgb(${bar.join(" ")})`;
    context.fillRect(0, i * BAR + 2, (canvas.width * Math.abs(values[word])) / limit, BAR - 4);
    context.fillStyle = css("ink");
    context.fillText(fitted(context, names[word], canvas.width - 12), 6, (i + 0.5) * BAR);
  });
}

/** A row of data, or a change of one, as the model's data are shown: a picture, words, or bars. */
export function paintRow(canvas, model, values, { isChange = false, isSmall = false, limit } = {}) {
  if (model.isDocument) paintWords(canvas, values, model.names, isChange, isSmall);
  else if (!model.isPicture)
    paintBars(canvas, isChange ? values : model.toShares(values), model.names, isChange, isSmall);
  else if (isChange) paintChanges(canvas, values, model.shape, limit);
  else paintShares(canvas, model.toShares(values), model.shape);
}

// A file of a picture as the pixels of the data, in shares of their range.
import { centreOfMass } from "./strokes.mjs";

const DETAIL = 8; // times as many pixels as the data have, while ink is looked for
const INK = 0.25;

/** The pixels of a file; null if it is no picture. */
export async function droppedPixels(file, model) {
  let image;
  try {
    image = await createImageBitmap(file);
  } catch {
    return null;
  }
  const [height, width] = model.shape;
  if (model.isColour)
    return drawnInto([height, width], (context) => context.drawImage(image, 0, 0, width, height), true);
  const fit = Math.min(width / image.width, height / image.height);
  const whole = (context) => context.drawImage(image, 0, 0, image.width * fit, image.height * fit);
  const found = drawnInto([height * DETAIL, width * DETAIL], (context) => {
    context.scale(DETAIL, DETAIL);
    whole(context);
  });
  const isDarkInk = found.inverted;
  const box = boxOf(found.pixels, [height * DETAIL, width * DETAIL]);
  if (model.box === null || box === null) return drawnInto([height, width], whole, false, isDarkInk).pixels;
  const [left, top, right, bottom] = box.map((edge) => edge / DETAIL / fit);
  const scale = model.box / Math.max(right - left, bottom - top);
  const placed = (dx, dy) =>
    drawnInto(
      [height, width],
      (context) =>
        context.drawImage(
          image,
          left,
          top,
          right - left,
          bottom - top,
          dx,
          dy,
          (right - left) * scale,
          (bottom - top) * scale,
        ),
      false,
      isDarkInk,
    ).pixels;
  const corner = [(width - (right - left) * scale) / 2, (height - (bottom - top) * scale) / 2];
  const [x, y] = centreOfMass(placed(...corner), [height, width]);
  return placed(corner[0] + width / 2 - x, corner[1] + height / 2 - y);
}

/** What is drawn into a canvas of this size: brightness, in which ink is high whether it was dark or bright. */
function drawnInto([height, width], draw, isColour = false, isDarkInk = null) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  draw(context);
  const { data } = context.getImageData(0, 0, width, height);
  const n = width * height;
  if (isColour) return Float32Array.from({ length: 3 * n }, (_, i) => data[4 * Math.floor(i / 3) + (i % 3)] / 255);
  const brightness = (at) => (0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2]) / 255;
  const inverted = isDarkInk ?? isMostlyBright(data, brightness, n);
  // What the picture does not cover is background, whichever that is.
  const pixels = Float32Array.from({ length: n }, (_, at) => {
    const share = data[4 * at + 3] / 255;
    return inverted ? share - brightness(at) * (share > 0 ? 1 : 0) : brightness(at);
  }).map((value) => Math.max(0, value));
  return { pixels, inverted };
}

function isMostlyBright(data, brightness, n) {
  let [bright, covered] = [0, 0];
  for (let at = 0; at < n; at++) {
    if (data[4 * at + 3] < 128) continue;
    covered++;
    bright += brightness(at);
  }
  return bright > covered / 2;
}

/** The box around all ink, [left, top, right, bottom]; null if there is none. */
function boxOf(pixels, [height, width]) {
  let box = null;
  for (let at = 0; at < height * width; at++) {
    if (pixels[at] < INK) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    box ??= [x, y, x + 1, y + 1];
    box = [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x + 1), Math.max(box[3], y + 1)];
  }
  return box;
}

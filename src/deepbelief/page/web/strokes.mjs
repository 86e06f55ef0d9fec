// From the strokes of a pen to the pixels that a net is given, with the framing of its data.
//
// A stroke is { points: [[x, y], …], erase }: places between 0 and 1, from the upper left corner of the drawing.

/** How wide half a stroke is, in pixels, where pictures have this shape: digits of MNIST are drawn with such a pen. */
export function penRadius([height, width]) {
  return Math.max(0.55, (1.15 * Math.min(height, width)) / 28);
}

const ERASER = 2.2; // times the pen

function distance(x, y, [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length));
  return Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
}

/** Draw one line over pixels, anti-aliased: how much of it covers each, between 0 and 1. */
function drawLine(pixels, [height, width], from, to, radius, erase) {
  const reach = radius + 0.5;
  const rows = [Math.min(from[1], to[1]) - reach, Math.max(from[1], to[1]) + reach];
  const columns = [Math.min(from[0], to[0]) - reach, Math.max(from[0], to[0]) + reach];
  for (let row = Math.max(0, Math.floor(rows[0])); row < Math.min(height, Math.ceil(rows[1])); row++) {
    for (let column = Math.max(0, Math.floor(columns[0])); column < Math.min(width, Math.ceil(columns[1])); column++) {
      const covered = Math.min(1, Math.max(0, reach - distance(column + 0.5, row + 0.5, from, to)));
      const at = row * width + column;
      pixels[at] = erase ? Math.min(pixels[at], 1 - covered) : Math.max(pixels[at], covered);
    }
  }
}

/** Strokes as pixels, over those of `base` if there are some; `place` moves points, in pixels. */
export function rastered(strokes, shape, { base, place = ([x, y]) => [x * shape[1], y * shape[0]] } = {}) {
  const pixels = base ? Float32Array.from(base) : new Float32Array(shape[0] * shape[1]);
  const pen = penRadius(shape);
  for (const { points, erase } of strokes) {
    const placed = points.map(place);
    const radius = erase ? ERASER * pen : pen;
    for (const [i, point] of placed.entries()) {
      drawLine(pixels, shape, placed[Math.max(0, i - 1)], point, radius, erase);
    }
  }
  return pixels;
}

/** The centre of mass of pixels, [x, y]; the middle if they are empty. */
export function centreOfMass(pixels, [height, width]) {
  let [mass, x, y] = [0, 0, 0];
  for (let at = 0; at < pixels.length; at++) {
    mass += pixels[at];
    x += pixels[at] * ((at % width) + 0.5);
    y += pixels[at] * (Math.floor(at / width) + 0.5);
  }
  return mass > 0 ? [x / mass, y / mass] : [width / 2, height / 2];
}

/**
 * Strokes in the frame of the data, as LeCun and others made MNIST: fitted into a square box of so many pixels, and
 * moved so that their centre of mass lies in the middle.
 */
export function framed(strokes, shape, box) {
  const points = strokes.filter(({ erase }) => !erase).flatMap((stroke) => stroke.points);
  if (points.length === 0) return rastered(strokes, shape);
  const [height, width] = shape;
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis] * shape[1 - axis]));
  const ends = (values) => values.reduce(([low, high], one) => [Math.min(low, one), Math.max(high, one)], [1e9, -1e9]);
  const [[left, right], [top, bottom]] = [ends(xs), ends(ys)];
  const size = Math.max(right - left, bottom - top);
  const scale = size > 0.05 * box ? (box - 2 * penRadius(shape)) / size : 1;
  const moved =
    (dx, dy) =>
    ([x, y]) => [(x * width - (left + right) / 2) * scale + dx, (y * height - (top + bottom) / 2) * scale + dy];
  const [x, y] = centreOfMass(rastered(strokes, shape, { place: moved(width / 2, height / 2) }), shape);
  return rastered(strokes, shape, { place: moved(width - x, height - y) });
}

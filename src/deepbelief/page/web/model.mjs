// The net of this page: what Python packed, with the arrays that the arithmetic wants.
import { bytesOf, decoded, networks } from "./decode.mjs";
import { up } from "./net.mjs";

/** Unpack the net. */
export function unpacked(packed) {
  const nets = networks(packed);
  const { shape, low, high, shift, scale } = packed;
  const lowOf = shape ? () => low : (i) => low[i];
  const highOf = shape ? () => high : (i) => high[i];
  const visible = unitsOf(nets.pretrained[0].visible);
  const hidden = nets.pretrained.map((layer) => unitsOf(layer.hidden));
  const possible = (data) => data.map((value, i) => nearest(visible[i], value));
  const model = {
    ...packed,
    ...nets,
    // Rectified units have no way down, so only what such a network answers is shown.
    looksInto: nets.isRectified ? null : nets.finetuned,
    classes: packed.outputs.kind === "classes" ? packed.outputs.names : [],
    isPicture: shape !== null,
    noun:
      visible[0].type === "replicated-softmax"
        ? "document"
        : shape === null
          ? "row"
          : shape.length === 3
            ? "picture"
            : "drawing",
    isColour: shape !== null && shape.length === 3,
    isDocument: visible[0].type === "replicated-softmax",
    nVisible: shift.length,
    sizes: [shift.length, ...nets.pretrained.map((layer) => layer.nHidden)],
    rows: packed.rows && unpackedRows(packed.rows, shape ? (data) => possible(data.map((value) => value + low)) : null),
    lowOf,
    highOf,
    /** Data as the visible units see them. */
    toUnits: (data) => Float32Array.from(data, (value, i) => (scale[i] === 0 ? 0 : (value - shift[i]) / scale[i])),
    /** Visible units as data. */
    toData: (units) => Float32Array.from(units, (value, i) => value * scale[i] + shift[i]),
    /** A difference of visible units as one of data, where 1 is the whole range of a feature. */
    toChange: (units) => Float32Array.from(units, (value, i) => (value * scale[i]) / (highOf(i) - lowOf(i) || 1)),
    /** Data as shares of their range: 0 is the lowest value, 1 the highest. */
    toShares: (data) => Float32Array.from(data, (value, i) => (value - lowOf(i)) / (highOf(i) - lowOf(i) || 1)),
    /** Shares of the range as data, of values that the units can have. */
    fromShares: (shares) =>
      possible(Float32Array.from(shares, (share, i) => lowOf(i) + share * (highOf(i) - lowOf(i)))),
    /** What a hidden unit does when it is switched off, and when it is switched on. */
    endsOf: (layer, unit) => {
      const { type, number } = hidden[layer][unit];
      if (type === "spin") return [-1, 1];
      if (type === "binomial") return [0, number];
      if (type === "bernoulli" || type === "categorical" || !model.rows) return [0, 1];
      // Units without an upper end are as much on as in the row that turns them on most.
      const v = model.toUnits(model.rows.row(model.rows.topOf(layer, unit)[0]));
      return [0, up(nets.pretrained.slice(0, layer + 1), v).at(-1)[unit]];
    },
  };
  return model;
}

/** The type of each unit of a side, with the number that it needs. */
function unitsOf({ blocks }) {
  return blocks.flatMap(({ type, size, number }) => Array(size).fill({ type, number }));
}

/** The value that a unit can have next to a number. */
function nearest({ type, number }, value) {
  if (type === "spin") return value > 0 ? 1 : -1;
  if (type === "poisson" || type === "replicated-softmax") return Math.max(0, Math.round(value));
  return type === "binomial" ? Math.min(number, Math.max(0, Math.round(value))) : value;
}

function unpackedRows({ values, labels, top, of }, restored) {
  const data = decoded(values);
  const width = values.columns;
  const n = data.length / width;
  const row = (index) => data.subarray(index * width, (index + 1) * width);
  return {
    n,
    of,
    labels,
    row: restored ? (index) => restored(row(index)) : row,
    /** The rows that turn a unit on most. */
    topOf: (layer, unit) => {
      const { data: text, columns } = top[layer];
      const all = new Uint16Array(bytesOf(text).buffer);
      return Array.from(all.subarray(unit * columns, (unit + 1) * columns));
    },
  };
}

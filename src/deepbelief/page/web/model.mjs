// The net of this page: what Python packed, with the arrays that the arithmetic wants.
import { bytesOf, decoded, networks } from "./decode.mjs";

/** Unpack the net. */
export function unpacked(packed) {
  const nets = networks(packed);
  const { shape, low, high, shift, scale } = packed;
  const lowOf = shape ? () => low : (i) => low[i];
  const highOf = shape ? () => high : (i) => high[i];
  return {
    ...packed,
    ...nets,
    classes: packed.outputs.kind === "classes" ? packed.outputs.names : [],
    isPicture: shape !== null,
    noun: shape === null ? "row" : shape.length === 3 ? "picture" : "drawing",
    isColour: shape !== null && shape.length === 3,
    nVisible: shift.length,
    sizes: [shift.length, ...nets.pretrained.map((layer) => layer.nHidden)],
    rows: packed.rows && unpackedRows(packed.rows, shape ? low : 0),
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
    /** Shares of the range as data. */
    fromShares: (shares) => Float32Array.from(shares, (share, i) => lowOf(i) + share * (highOf(i) - lowOf(i))),
  };
}

function unpackedRows({ values, labels, top, of }, offset) {
  const data = decoded(values).map((value) => value + offset);
  const width = values.columns;
  const n = data.length / width;
  return {
    n,
    of,
    labels,
    row: (index) => data.subarray(index * width, (index + 1) * width),
    /** The rows that turn a unit on most. */
    topOf: (layer, unit) => {
      const { data: text, columns } = top[layer];
      const all = new Uint16Array(bytesOf(text).buffer);
      return Array.from(all.subarray(unit * columns, (unit + 1) * columns));
    },
  };
}

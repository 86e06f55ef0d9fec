// The net of this page: what Python packed, with the arrays that the arithmetic wants.
import { bytesOf, decoded, networks } from "./decode.mjs";
import { up } from "./net.mjs";

const TABS = ["unit", "dream", "complete", "learn"];

/** Unpack the net. */
export function unpacked(packed) {
  const nets = networks(packed);
  const { shape, low, high, shift, scale } = packed;
  const lowOf = shape ? () => low : (i) => low[i];
  const highOf = shape ? () => high : (i) => high[i];
  const known = nets.finetuned ?? nets.pretrained; // layers of as many units, of whichever net there is
  const visible = unitsOf(known[0].visible);
  const most = new Map(); // of each unit that was switched on, what it does in the row that turns it on most
  const possible = (data) => data.map((value, i) => nearest(visible[i], value));
  const model = {
    ...packed,
    ...nets,
    /** Whether one can choose which net is looked at. */
    hasBoth: nets.pretrained !== null && nets.finetuned !== null,
    // Only machines that have learned can dream, complete, and be taught.
    tabs: packed.isPretrained ? TABS : TABS.slice(0, 1),
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
    sizes: [shift.length, ...known.map((layer) => layer.nHidden)],
    /** How many hidden units each layer has. */
    widths: known.map((layer) => layer.nHidden),
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
    /** Whether something comes down from the layers of a net: of a network, if its units are those of machines that learned. */
    hasWayDown: (net) => net === "pretrained" || (packed.isPretrained && !nets.isRectified),
    /** What a hidden unit of a net does when it is switched off, and when it is switched on. */
    endsOf: (net, layer, unit) => {
      const { type, number } = unitsOf(nets[net][layer].hidden)[unit];
      if (type === "spin") return [-1, 1];
      if (type === "binomial") return [0, number];
      if (type === "bernoulli" || type === "categorical" || !model.rows) return [0, 1];
      // Units without an upper end are as much on as in the row that turns them on most.
      const key = [net, layer, unit].join();
      if (!most.has(key)) {
        const [row] = model.rows.topOf(net, layer, unit);
        const on = (v) => up(nets[net].slice(0, layer + 1), v).at(-1)[unit];
        most.set(key, row === undefined ? 1 : on(model.toUnits(model.rows.row(row))));
      }
      return [0, most.get(key)];
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
    /** The rows that turn a unit of a net on most; fewer, or none, if no others turn it on at all. */
    topOf: (net, layer, unit) => {
      const { data: text, columns } = top[net][layer];
      const all = new Uint16Array(bytesOf(text).buffer);
      return Array.from(all.subarray(unit * columns, (unit + 1) * columns)).filter((index) => index < n);
    },
  };
}

// Unit types: what a layer does with its field, the input through the weights plus the bias of each unit.
//
// A side of a machine is { blocks: [{ type, size, states }], bias, precision }. A block is a run of units of one type;
// precision is there where some block is Gaussian. The formulas are those of deepbelief.core.units.

/** 1 / (1 + exp(−x)). */
export function sigmoid(x) {
  return 1 / (1 + Math.exp(-x));
}

/** log(1 + exp(x)), for any x. */
export function softplus(x) {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** Write the softmax of field[first … last) into out. */
export function softmaxOf(field, out, first, last) {
  let highest = -Infinity;
  for (let i = first; i < last; i++) highest = Math.max(highest, field[i]);
  let sum = 0;
  for (let i = first; i < last; i++) sum += Math.exp(field[i] - highest);
  for (let i = first; i < last; i++) out[i] = Math.exp(field[i] - highest) / sum;
}

/** The log of the sum of exp(field) over [first … last). */
function logSumExp(field, first, last) {
  let highest = -Infinity;
  for (let i = first; i < last; i++) highest = Math.max(highest, field[i]);
  let sum = 0;
  for (let i = first; i < last; i++) sum += Math.exp(field[i] - highest);
  return highest + Math.log(sum);
}

// Of each type: its conditional means, a draw at a temperature, and its log-partition function. `sites` are the units
// that are drawn together: each by itself, or a group of categories.
const TYPES = {
  bernoulli: {
    mean: (field, out, i) => {
      out[i] = sigmoid(field[i]);
    },
    draw: (field, out, i, _end, random, temperature) => {
      out[i] = random.uniform() < sigmoid(field[i] / temperature) ? 1 : 0;
    },
    logPartition: (field, i) => softplus(field[i]),
  },
  spin: {
    mean: (field, out, i) => {
      out[i] = Math.tanh(field[i]);
    },
    draw: (field, out, i, _end, random, temperature) => {
      out[i] = 2 * random.uniform() - 1 < Math.tanh(field[i] / temperature) ? 1 : -1;
    },
    logPartition: (field, i) => softplus(2 * field[i]) - field[i],
  },
  gaussian: {
    mean: (field, out, i, _end, precision) => {
      out[i] = field[i] / precision[i];
    },
    draw: (field, out, i, _end, random, temperature, precision) => {
      out[i] = field[i] / precision[i] + random.normal() * Math.sqrt(temperature / precision[i]);
    },
    logPartition: (field, i, _end, precision) =>
      (field[i] * field[i]) / (2 * precision[i]) + 0.5 * Math.log((2 * Math.PI) / precision[i]),
  },
  categorical: {
    mean: (field, out, first, end) => softmaxOf(field, out, first, end),
    draw: (field, out, first, end, random, temperature) => {
      const chances = new Float64Array(end);
      for (let i = first; i < end; i++) chances[i] = field[i] / temperature;
      softmaxOf(chances, chances, first, end);
      let left = random.uniform();
      let chosen = first;
      while (chosen < end - 1 && left >= chances[chosen]) left -= chances[chosen++];
      for (let i = first; i < end; i++) out[i] = i === chosen ? 1 : 0;
    },
    logPartition: (field, first, end) => logSumExp(field, first, end),
  },
};

/** The names of the types that this page can compute. */
export const UNIT_TYPES = Object.keys(TYPES);

/** Call visit(type, first, end) for every site of a side. */
function eachSite(side, visit) {
  let first = 0;
  for (const block of side.blocks) {
    const end = first + block.size;
    for (const step = block.states ?? 1; first < end; first += step) visit(TYPES[block.type], first, first + step);
  }
}

/** E[x | field]. */
export function mean(side, field) {
  const out = new Float32Array(field.length);
  eachSite(side, (type, first, end) => type.mean(field, out, first, end, side.precision));
  return out;
}

/** A draw of p(x | field) to the power of 1 / temperature. */
export function draw(side, field, random, temperature = 1) {
  const out = new Float32Array(field.length);
  eachSite(side, (type, first, end) => type.draw(field, out, first, end, random, temperature, side.precision));
  return out;
}

/** Γ, the log-partition function, summed over all units. */
export function logPartition(side, field) {
  let sum = 0;
  eachSite(side, (type, first, end) => {
    sum += type.logPartition(field, first, end, side.precision);
  });
  return sum;
}

/** U(x), the energy of the units by themselves. */
export function potential(side, x) {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum -= side.bias[i] * x[i];
  if (side.precision) for (let i = 0; i < x.length; i++) sum += (side.precision[i] * x[i] * x[i]) / 2;
  return sum;
}

// Unit types: what a layer does with its field, the input through the weights plus the bias of each unit.
//
// A side of a machine is { blocks: [{ type, size, number }], bias, precision }. A block is a run of units of one type;
// `number` is the one that a type needs: of states, of trials, or of the words of a document. precision is there where
// some block is Gaussian or rectified. The formulas are those of deepbelief.core.units.
import { countAt, logFactorial, logMassAboveZero, logNormal, meanAboveZero, normalQuantile } from "./special.mjs";

/** 1 / (1 + exp(−x)). */
export function sigmoid(x) {
  return 1 / (1 + Math.exp(-x));
}

/** log(1 + exp(x)), for any x. */
export function softplus(x) {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** Write the softmax of field[first … last) into out. */
export function softmaxOf(field, out, first, last, temperature = 1) {
  let highest = -Infinity;
  for (let i = first; i < last; i++) highest = Math.max(highest, field[i]);
  let sum = 0;
  for (let i = first; i < last; i++) sum += Math.exp((field[i] - highest) / temperature);
  for (let i = first; i < last; i++) out[i] = Math.exp((field[i] - highest) / temperature) / sum;
}

/** The log of the sum of exp(field) over [first … last). */
function logSumExp(field, first, last) {
  let highest = -Infinity;
  for (let i = first; i < last; i++) highest = Math.max(highest, field[i]);
  let sum = 0;
  for (let i = first; i < last; i++) sum += Math.exp(field[i] - highest);
  return highest + Math.log(sum);
}

const HIGHEST_RATE = 1e9; // of a count that is drawn

/** A uniform number off both ends, for distributions that are inverted. */
function between(random) {
  return Math.min(random.uniform() + 2 ** -24, 1 - Number.EPSILON);
}

/** Call choose(i) for an i in [first … last), drawn from the softmax of the field, as often as `times` says. */
function drawOf(field, { first, end }, random, temperature, times, choose) {
  const shares = new Float64Array(end);
  softmaxOf(field, shares, first, end, temperature);
  for (let i = first + 1; i < end; i++) shares[i] += shares[i - 1];
  for (let n = 0; n < times; n++) {
    const u = random.uniform() * shares[end - 1];
    let [low, high] = [first, end - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (shares[middle] > u) high = middle;
      else low = middle + 1;
    }
    choose(low);
  }
}

// Of each type: its conditional means; a draw at a temperature; its log-partition function; and, where it has one, the
// energy of its values that is neither the bias's nor the precision's. Of those that a network may consist of: how fast
// the mean rises with its input, given the mean. A site is what is drawn together, the units from
// `first` to before `end`: a unit by itself, a group of categories, or a document.
const TYPES = {
  bernoulli: {
    mean: (field, out, { first: i }) => {
      out[i] = sigmoid(field[i]);
    },
    draw: (field, out, { first: i }, random, temperature) => {
      out[i] = random.uniform() < sigmoid(field[i] / temperature) ? 1 : 0;
    },
    logPartition: (field, { first: i }) => softplus(field[i]),
    slope: (h) => h * (1 - h),
  },
  spin: {
    mean: (field, out, { first: i }) => {
      out[i] = Math.tanh(field[i]);
    },
    draw: (field, out, { first: i }, random, temperature) => {
      out[i] = 2 * random.uniform() - 1 < Math.tanh(field[i] / temperature) ? 1 : -1;
    },
    logPartition: (field, { first: i }) => softplus(2 * field[i]) - field[i],
  },
  gaussian: {
    mean: (field, out, { first: i, precision }) => {
      out[i] = field[i] / precision[i];
    },
    draw: (field, out, { first: i, precision }, random, temperature) => {
      out[i] = field[i] / precision[i] + random.normal() * Math.sqrt(temperature / precision[i]);
    },
    logPartition: (field, { first: i, precision }) =>
      (field[i] * field[i]) / (2 * precision[i]) + 0.5 * Math.log((2 * Math.PI) / precision[i]),
  },
  relu: {
    mean: (field, out, { first: i, precision }) => {
      const root = Math.sqrt(precision[i]);
      out[i] = meanAboveZero(field[i] / root) / root;
    },
    draw: (field, out, { first: i, precision }, random, temperature) => {
      const root = Math.sqrt(precision[i] * temperature);
      const a = field[i] / root;
      const below = normalQuantile(Math.log(between(random)) + logNormal(a));
      out[i] = (Math.max(0, a - below) * temperature) / root;
    },
    logPartition: (field, { first: i, precision }) =>
      logMassAboveZero(field[i] / Math.sqrt(precision[i])) - 0.5 * Math.log(precision[i]),
  },
  poisson: {
    mean: (field, out, { first: i }) => {
      out[i] = Math.exp(field[i]);
    },
    draw: (field, out, { first: i }, random, temperature) => {
      const rate = Math.min(Math.exp(field[i]), HIGHEST_RATE);
      out[i] = countAt(between(random), (k) => (rate / k) ** (1 / temperature), Math.floor(rate));
    },
    logPartition: (field, { first: i }) => Math.exp(field[i]),
    energy: (x) => logFactorial(x),
  },
  binomial: {
    mean: (field, out, { first: i, number }) => {
      out[i] = number * sigmoid(field[i]);
    },
    draw: (field, out, { first: i, number }, random, temperature) => {
      const rare = Math.exp(-Math.abs(field[i])); // the odds of the rarer outcome, which is counted
      const ratio = (k) => ((rare * (number + 1 - k)) / k) ** (1 / temperature);
      const mode = Math.floor(((number + 1) * rare) / (1 + rare));
      const count = countAt(between(random), ratio, mode, number);
      out[i] = field[i] > 0 ? number - count : count;
    },
    logPartition: (field, { first: i, number }) => number * softplus(field[i]),
    energy: (x, { number }) => logFactorial(x) + logFactorial(number - x) - logFactorial(number),
  },
  categorical: {
    mean: (field, out, { first, end }) => softmaxOf(field, out, first, end),
    draw: (field, out, site, random, temperature) => {
      drawOf(field, site, random, temperature, 1, (i) => {
        out[i] = 1;
      });
    },
    logPartition: (field, { first, end }) => logSumExp(field, first, end),
  },
  // What the hidden units of a network may compute instead of the means of a machine's: they have no distribution.
  rectified: {
    mean: (field, out, { first: i }) => {
      out[i] = Math.max(0, field[i]);
    },
    slope: (h) => (h > 0 ? 1 : 0),
  },
  // The words of a document, of which each is drawn at the temperature.
  "replicated-softmax": {
    mean: (field, out, { first, end, number }) => {
      softmaxOf(field, out, first, end);
      for (let i = first; i < end; i++) out[i] *= number;
    },
    draw: (field, out, site, random, temperature) => {
      drawOf(field, site, random, temperature, Math.round(site.number), (i) => {
        out[i]++;
      });
    },
    logPartition: (field, { first, end, number }) => number * logSumExp(field, first, end) - logFactorial(number),
    energy: (x) => logFactorial(x),
  },
};

/** How many units of a block are drawn together. */
function together({ type, size, number }) {
  if (type === "replicated-softmax") return size;
  return type === "categorical" ? number : 1;
}

/** Call visit(type, site) for every site of a side. */
function eachSite(side, visit) {
  const site = { first: 0, end: 0, number: 0, precision: side.precision };
  let last = 0;
  for (const block of side.blocks) {
    const step = together(block);
    site.number = block.number;
    for (last += block.size; site.first < last; site.first += step) {
      site.end = site.first + step;
      visit(TYPES[block.type], site);
    }
  }
}

/** E[x | field]. */
export function mean(side, field) {
  const out = new Float32Array(field.length);
  eachSite(side, (type, site) => type.mean(field, out, site));
  return out;
}

/** How fast the means of units of a network rise with their inputs, given these means. */
export function slopes(side, means) {
  const out = new Float32Array(means.length);
  eachSite(side, ({ slope }, { first: i }) => {
    out[i] = slope(means[i]);
  });
  return out;
}

/** A draw of p(x | field) to the power of 1 / temperature. */
export function draw(side, field, random, temperature = 1) {
  const out = new Float32Array(field.length);
  eachSite(side, (type, site) => type.draw(field, out, site, random, temperature));
  return out;
}

/** Γ, the log-partition function, summed over all units. */
export function logPartition(side, field) {
  let sum = 0;
  eachSite(side, (type, site) => {
    sum += type.logPartition(field, site);
  });
  return sum;
}

/** U(x), the energy of the units by themselves. */
export function potential(side, x) {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum -= side.bias[i] * x[i];
  if (side.precision) for (let i = 0; i < x.length; i++) sum += (side.precision[i] * x[i] * x[i]) / 2;
  eachSite(side, ({ energy }, site) => {
    if (energy) for (let i = site.first; i < site.end; i++) sum += energy(x[i], site);
  });
  return sum;
}

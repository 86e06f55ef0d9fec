// The arithmetic of a deep belief net and of the network grown from it. Nothing here knows of a page.
//
// A layer is { nVisible, nHidden, weights, visible, hidden }: weights by rows, one row for each visible unit, and two
// sides as in units.mjs. A machine of other formulas has no place here: see deepbelief.core.rbm.
import { draw, logPartition, mean, potential, sigmoid, slopes, softmaxOf } from "./units.mjs";

/** How many times the hidden biases count for a row: once or, of documents, in proportion to their words. */
function biasCounts({ biasShare }, v) {
  return biasShare ? biasShare * v.reduce((sum, value) => sum + value, 0) : 1;
}

/** The layer for a row, whose visible units may depend on it: of documents, the number of words does. */
export function given(layer, v) {
  if (!layer.biasShare) return layer;
  const blocks = layer.visible.blocks.map((block) => ({ ...block, number: biasCounts(layer, v) / layer.biasShare }));
  return { ...layer, visible: { ...layer.visible, blocks } };
}

/** The field of the hidden units: b + v W. */
export function hiddenField(layer, v) {
  const { nVisible, nHidden, weights, hidden } = layer;
  const counts = biasCounts(layer, v);
  const field = Float64Array.from(hidden.bias, (bias) => counts * bias);
  for (let i = 0; i < nVisible; i++) {
    const value = v[i];
    if (value === 0) continue;
    for (let j = 0, at = i * nHidden; j < nHidden; j++, at++) field[j] += value * weights[at];
  }
  return field;
}

/** The field of the visible units: a + W h. */
export function visibleField({ nVisible, nHidden, weights, visible }, h) {
  const field = new Float64Array(nVisible);
  for (let i = 0, at = 0; i < nVisible; i++) {
    let sum = visible.bias[i];
    for (let j = 0; j < nHidden; j++, at++) sum += h[j] * weights[at];
    field[i] = sum;
  }
  return field;
}

/** E[h | v]. */
export function forward(layer, v) {
  return mean(layer.hidden, hiddenField(layer, v));
}

/** E[v | h]. */
export function reverse(layer, h) {
  return mean(layer.visible, visibleField(layer, h));
}

/** From the top of these layers down to the visible units of the first. */
export function down(layers, h) {
  return layers.reduceRight((above, layer) => reverse(layer, above), h);
}

/**
 * The activities of all layers. `hands` may hold back what a layer does: hands[k](h) returns the activities of layer k
 * that go on, which is how units are switched and layers held.
 */
export function up(layers, v, hands = []) {
  const activities = [];
  let below = v;
  layers.forEach((layer, k) => {
    const h = forward(layer, below);
    below = hands[k] ? hands[k](h) : h;
    activities.push(below);
  });
  return activities;
}

/** Probabilities of the classes: softmax(b + h W). */
export function softmax(head, h) {
  const field = hiddenField(head, h);
  const out = new Float32Array(field.length);
  softmaxOf(field, out, 0, field.length);
  return out;
}

/** Probabilities of several labels, each by itself: σ(b + h W). */
export function sigmoids(head, h) {
  return Float32Array.from(hiddenField(head, h), sigmoid);
}

/** Numbers that a linear layer predicts: b + h W. */
export function linear(head, h) {
  return Float32Array.from(hiddenField(head, h));
}

/** F(v) = −log ∫ exp(−E(v, h)) dh. */
export function freeEnergy(layer, v) {
  return potential(layer.visible, v) - logPartition(layer.hidden, hiddenField(layer, v));
}

/**
 * One sweep of a Gibbs chain: h ~ p(h | v), then v ~ p(v | h).
 *
 * `random` has uniform() and normal(). `clamped` tells which visible units keep their value. `pull` is added to the
 * field of the hidden units: the weights of a class that is held fast. `means` are those that v was drawn from.
 */
export function sweep(layer, v, random, { temperature = 1, clamped, pull } = {}) {
  const field = hiddenField(layer, v);
  if (pull) for (let j = 0; j < field.length; j++) field[j] += pull[j];
  const h = draw(layer.hidden, field, random, temperature);
  const visible = visibleField(layer, h);
  const side = given(layer, v).visible;
  const drawn = draw(side, visible, random, temperature);
  const means = mean(side, visible);
  if (clamped) {
    for (let i = 0; i < drawn.length; i++) if (clamped[i]) drawn[i] = means[i] = v[i];
  }
  return { v: drawn, h, means };
}

/**
 * One sweep through a whole net in which holes are drawn, and everything else is held fast: states go up, the top
 * machine makes one sweep, states come down. Of a single machine this is a Gibbs chain given what is known; of a stack it
 * is what its generative model, the top machine and the reverse passes, can do without inference.
 */
export function completed(layers, v, holes, random) {
  const [below, top] = [layers.slice(0, -1), layers[layers.length - 1]];
  const clamped = holes.map((hole) => 1 - hole);
  if (below.length === 0) return sweep(top, v, random, { clamped });
  const states = below.reduce((x, layer) => draw(layer.hidden, hiddenField(layer, x), random), v);
  let x = sweep(top, states, random).v;
  let means = x;
  for (const layer of below.toReversed()) {
    const field = visibleField(layer, x);
    [means, x] = [mean(layer.visible, field), draw(layer.visible, field, random)];
  }
  return {
    v: x.map((value, i) => (holes[i] ? value : v[i])),
    means: means.map((value, i) => (holes[i] ? value : v[i])),
  };
}

/** Contrastive divergence on one row: v0 → h0 → v1 → h1. States of h0 are drawn; all else are means (Hinton 2010, §3). */
export function contrast(layer, v0, random) {
  const field = hiddenField(layer, v0);
  const h0 = mean(layer.hidden, field);
  const drawn = draw(layer.hidden, field, random);
  const v1 = reverse(given(layer, v0), drawn);
  return { v0, h0, drawn, v1, h1: forward(layer, v1) };
}

/** The layer after one step of contrastive divergence; its own weights stay as they are. */
export function stepped(layer, { v0, h0, v1, h1 }, rate) {
  const { nVisible, nHidden } = layer;
  const weights = Float32Array.from(layer.weights);
  for (let i = 0, at = 0; i < nVisible; i++) {
    for (let j = 0; j < nHidden; j++, at++) weights[at] += rate * (v0[i] * h0[j] - v1[i] * h1[j]);
  }
  const moved = (side, x0, x1, size) => ({ ...side, bias: side.bias.map((bias, i) => bias + size * (x0[i] - x1[i])) });
  const hidden = moved(layer.hidden, h0, h1, rate * biasCounts(layer, v0));
  return { ...layer, weights, visible: moved(layer.visible, v0, v1, rate), hidden };
}

/** What each of `units` adds to the picture when no unit of its layer is on, through all `layers` below and its own. */
export function unitImage(layers, unit) {
  const none = new Float32Array(layers[layers.length - 1].nHidden);
  const one = none.slice();
  one[unit] = 1;
  const without = down(layers, none);
  return down(layers, one).map((value, i) => value - without[i]);
}

/** The weights of one unit of a layer, to all units below. */
export function weightsOf({ nVisible, nHidden, weights }, unit) {
  return Float32Array.from({ length: nVisible }, (_, i) => weights[i * nHidden + unit]);
}

/**
 * How fast the input of a unit of the last of these layers rises with each visible unit: its gradient, by
 * backpropagation through the layers below, which do what `activities` says. Units for which isFixed(layer, unit) is true
 * are kept as they are, so nothing comes through them.
 */
export function raises(layers, activities, unit, isFixed = () => false) {
  const [below, top] = [layers.slice(0, -1), layers[layers.length - 1]];
  return below.reduceRight(
    (gradient, layer, k) => {
      const { nVisible, nHidden, weights } = layer;
      const through = slopes(layer.hidden, activities[k]).map((slope, j) => (isFixed(k, j) ? 0 : slope * gradient[j]));
      const open = Array.from(through.keys()).filter((j) => through[j] !== 0);
      return Float32Array.from({ length: nVisible }, (_, i) => {
        let sum = 0;
        for (const j of open) sum += through[j] * weights[i * nHidden + j];
        return sum;
      });
    },
    weightsOf(top, unit),
  );
}

/** The indices of the n largest of size(value), the largest first. */
export function strongest(values, n, size = Math.abs) {
  const order = Array.from(values, (value, index) => [size(value), index]);
  order.sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  return order.slice(0, n).map(([, index]) => index);
}

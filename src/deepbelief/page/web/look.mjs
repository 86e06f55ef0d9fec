// What the net makes of what is drawn, all of it computed anew from the state.
import { down, freeEnergy, given, linear, raises, sigmoids, softmax, unitImage, up } from "./net.mjs";
import { framed, rastered } from "./strokes.mjs";

/** What the net is given, as data. */
export function drawn(model, state) {
  if (!model.isPicture) return state.values;
  const { shape, box } = model;
  if (model.isColour) return state.base ?? model.fromShares(new Float32Array(model.nVisible));
  const isFramed = state.framed && box !== null && state.base === null;
  const shares = isFramed
    ? framed(state.strokes, shape, box)
    : rastered(state.strokes, shape, { base: baseShares(model, state) });
  return model.fromShares(shares);
}

function baseShares(model, state) {
  return state.base === null ? undefined : model.toShares(state.base);
}

/** The pretrained layers, with the steps that were taken on the page. */
export function machines(model, state) {
  return state.stepped ? [state.stepped, ...model.pretrained.slice(1)] : model.pretrained;
}

/** The layers that are looked at: pretrained or fine-tuned. */
export function layersOf(model, state) {
  return state.net === "finetuned" ? model.finetuned : machines(model, state);
}

/**
 * What a layer of a net is held at, if it is. Rectified units are not on the scale of the machines' units, so what was
 * held in one net says nothing of the other.
 */
export function heldOf(model, state, net, k) {
  const held = state.held[k];
  return held && (held.net === net || !model.isRectified) ? held.activities : null;
}

/** What becomes of the activities of each layer of a net: they are held fast, or some units are switched. */
function hands(model, state, net) {
  return model.widths.map((_, k) => (h) => {
    const kept = Float32Array.from(heldOf(model, state, net, k) ?? h);
    for (const [unit, isOn] of Object.entries(state.switches[k] ?? {}))
      kept[unit] = model.endsOf(net, k, unit)[isOn ? 1 : 0];
    return kept;
  });
}

/** What the layers of the machines do, with what is switched and held. */
export function machineActivities(model, state, v) {
  return up(machines(model, state), v, hands(model, state, "pretrained"));
}

/** Everything that the views show. There is no `backs` where nothing comes down, and no free energy without a machine. */
export function look(model, state) {
  const x = drawn(model, state);
  const v = model.toUnits(x);
  const layers = layersOf(model, state);
  const activities = up(layers, v, hands(model, state, state.net));
  return {
    x,
    v,
    layers,
    activities,
    backs: model.hasWayDown(state.net) ? backsOf(model, layers, v, activities) : null,
    answer: answerTo(model, state, v),
    freeEnergy: model.isPretrained ? freeEnergy(machines(model, state)[0], v) : null,
  };
}

/** What comes down from each layer. */
function backsOf(model, layers, v, activities) {
  const downwards = [given({ ...layers[0], biasShare: model.pretrained[0].biasShare }, v), ...layers.slice(1)];
  return layers.map((_, k) => model.toData(down(downwards.slice(0, k + 1), activities[k])));
}

/** What the fine-tuned network answers: probabilities of classes or labels, or numbers; null without one. */
export function answerTo(model, state, v) {
  if (!model.finetuned) return null;
  const answers = { classes: softmax, labels: sigmoids, numbers: linear }[model.outputs.kind];
  return answers(model.head, up(model.finetuned, v, hands(model, state, "finetuned")).at(-1));
}

/** What a unit adds to the row or, where nothing comes down, how fast each visible unit raises it at the row that there is. */
export function unitPicture({ model, state }, { layers, activities, backs }, layer, unit) {
  if (backs) return addedBy(model, layers, layer, unit);
  const isFixed = (k, j) => heldOf(model, state, state.net, k) !== null || j in (state.switches[k] ?? {});
  const gradient = raises(layers.slice(0, layer + 1), activities, unit, isFixed);
  return gradient.map((value, i) => (model.scale[i] === 0 ? 0 : value)); // what is the same in all rows raises nothing
}

/** What a unit adds to the picture, in shares of the range; kept, as layers with their images are looked at again. */
function addedBy(model, layers, layer, unit) {
  if (!KNOWN.has(layers[layer])) KNOWN.set(layers[layer], new Map());
  const known = KNOWN.get(layers[layer]);
  if (!known.has(unit)) known.set(unit, model.toChange(unitImage(layers.slice(0, layer + 1), unit)));
  return known.get(unit);
}

const KNOWN = new WeakMap();

// What the net makes of what is drawn, all of it computed anew from the state.
import { down, freeEnergy, given, linear, sigmoids, softmax, unitImage, up } from "./net.mjs";
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
  return state.net === "finetuned" && model.looksInto ? model.looksInto : machines(model, state);
}

/** What becomes of the activities of each layer: held fast, where they are on that scale, or with some units switched. */
function hands(model, state, isHeld = true) {
  return model.pretrained.map((_, k) => (h) => {
    const kept = isHeld && state.held[k] ? Float32Array.from(state.held[k]) : h;
    for (const [unit, value] of Object.entries(state.switches[k] ?? {})) kept[unit] = value;
    return kept;
  });
}

/** Everything that the views show. */
export function look(model, state) {
  const x = drawn(model, state);
  const v = model.toUnits(x);
  const layers = layersOf(model, state);
  const activities = up(layers, v, hands(model, state));
  const downwards = [given({ ...layers[0], biasShare: model.pretrained[0].biasShare }, v), ...layers.slice(1)];
  const backs = layers.map((_, k) => model.toData(down(downwards.slice(0, k + 1), activities[k])));
  return {
    x,
    v,
    layers,
    activities,
    backs,
    answer: answerTo(model, state, v),
    freeEnergy: freeEnergy(machines(model, state)[0], v),
  };
}

/** What the fine-tuned network answers: probabilities of classes or labels, or numbers; null without one. */
export function answerTo(model, state, v) {
  if (!model.finetuned) return null;
  const answers = { classes: softmax, labels: sigmoids, numbers: linear }[model.outputs.kind];
  return answers(model.head, up(model.finetuned, v, hands(model, state, !model.isRectified)).at(-1));
}

/** What a unit adds to the picture, in shares of the range; kept, as layers with their images are looked at again. */
export function unitPicture(model, layers, layer, unit) {
  if (!KNOWN.has(layers[layer])) KNOWN.set(layers[layer], new Map());
  const known = KNOWN.get(layers[layer]);
  if (!known.has(unit)) known.set(unit, model.toChange(unitImage(layers.slice(0, layer + 1), unit)));
  return known.get(unit);
}

const KNOWN = new WeakMap();

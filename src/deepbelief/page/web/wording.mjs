// What a network answers, in words.
import { percent, short } from "./dom.mjs";
import { strongest } from "./net.mjs";

/** The answer: the likeliest classes with their probabilities, or all numbers with their names. */
export function inWords(model, answer, most = 1) {
  const { kind, names } = model.outputs;
  if (kind === "labels") return names.filter((_, k) => answer[k] > 0.5).join(", ") || "none of the labels";
  if (kind === "numbers") return names.map((name, k) => `${name}: ${short(answer[k])}`).join(", ");
  const best = strongest(answer, most);
  return best.map((k) => `${names[k]}, with ${percent(answer[k])}`).join("; ");
}

/** The same, of a picture that the net made by itself, as short as can be. */
export function looksLike(model, answer) {
  if (model.classes.length === 0) return inWords(model, answer);
  return `looks like ${model.classes[strongest(answer, 1)[0]]}`;
}

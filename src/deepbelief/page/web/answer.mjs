// What the network says: a bar for each class. And what the first machine finds of the drawing: its free energy.
import { make, percent, short } from "./dom.mjs";
import { strongest } from "./net.mjs";
import { inWords } from "./wording.mjs";

const MOST_CLASSES = 10;

export function answer(page) {
  const { model } = page;
  const spoken = make("p", { class: "spoken", role: "status" });
  const bars = make("ul", { class: "bars" });
  const energy = make("strong", { id: "free-energy" });
  const energyText = make(
    "p",
    { class: "energy" },
    make("span", {}, "Free energy ", energy),
    make("small", {}, "by the first machine: the lower, the more it expects such data"),
  );
  const element = make(
    "section",
    { class: "card answer", "aria-labelledby": "answer-title" },
    make("h2", { id: "answer-title" }, model.finetuned ? "The answer" : "How probable it is"),
    ...(model.finetuned ? [spoken, bars] : []),
    ...(model.isPretrained ? [energyText] : []),
  );

  function render(seen) {
    if (model.isPretrained) energy.textContent = short(seen.freeEnergy);
    if (!model.finetuned) return;
    const { kind, names } = model.outputs;
    const few = names.length <= MOST_CLASSES ? [...names.keys()] : strongest(seen.answer, MOST_CLASSES);
    const shown = kind === "numbers" ? [] : few;
    const [best] = strongest(seen.answer, 1);
    spoken.textContent = page.isBlank() ? "Draw something, and the network answers." : inWords(model, seen.answer);
    bars.replaceChildren(
      ...shown.map((k) => {
        const bar = make("i", {});
        bar.style.width = `${100 * seen.answer[k]}%`;
        const name = make("span", { class: "name", title: names[k] }, names[k]);
        return make(
          "li",
          { class: (kind === "labels" ? seen.answer[k] > 0.5 : k === best) ? "best" : "" },
          name,
          make("span", { class: "track" }, bar),
          make("span", { class: "share" }, percent(seen.answer[k])),
        );
      }),
    );
  }

  return { element, render };
}

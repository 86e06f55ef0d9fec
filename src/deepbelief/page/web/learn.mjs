// How the first machine learns, on the drawing at hand: one step of contrastive divergence, shown, applied, taken back.
import { button, make, short, slider } from "./dom.mjs";
import { machines } from "./look.mjs";
import { contrast, forward, freeEnergy, reverse, stepped } from "./net.mjs";
import { largest, paintActivities, paintRow } from "./paint.mjs";
import { randomStream } from "./random.mjs";

const COLUMNS = 8; // of the outer products that are shown

export function learnView(page) {
  const { model, state } = page;
  let seed = 1;
  const isOnOrOff = model.pretrained[0].hidden.blocks[0].type === "bernoulli";
  const each = isOnOrOff ? "a probability each" : "what each does on average";
  const panels = ["v₀", "h₀", "v₁", "h₁"].map((name) =>
    make("canvas", { class: name[0] === "v" ? "picture" : "field small", role: "img", "aria-label": name }),
  );
  const captions = [
    `the ${model.noun}`,
    "hidden units, given v₀",
    "what is believed, given states of h₀",
    "hidden units, given v₁",
  ];
  const flow = make("div", { class: "flow" });
  panels.forEach((canvas, i) => {
    if (i) flow.append(make("span", { class: "arrow", "aria-hidden": "true" }, "→"));
    flow.append(
      make("figure", {}, canvas, make("figcaption", {}, make("b", {}, ["v₀", "h₀", "v₁", "h₁"][i]), ` ${captions[i]}`)),
    );
  });
  const products = make("div", { class: "products", role: "table", "aria-label": "Columns of the outer products" });
  const numbers = make("dl", { class: "facts" });
  const rate = slider({
    label: "Size of the step",
    min: model.step / 4,
    max: 5 * model.step,
    step: model.step / 4,
    value: state.rate,
    say: short,
    input: (one) => page.change({ rate: one }),
  });
  const apply = button(
    "Apply one step",
    () => {
      const layer = machines(model, state)[0];
      const next = stepped(layer, contrast(layer, page.seen.v, randomStream(seed++)), state.rate);
      page.change({ stepped: next, steps: state.steps + 1 });
    },
    { class: "main", id: "apply" },
  );
  const back = button("Take all steps back", () => page.change({ stepped: null, steps: 0 }), { id: "take-back" });

  const again = button("Draw h₀ again", () => {
    seed++;
    page.render();
  });

  const whose = make("p", { class: "quiet", role: "status" });

  const element = make(
    "div",
    { class: "learn" },
    make(
      "ol",
      { class: "story" },
      make("li", {}, make("b", {}, "Up."), ` The ${model.noun} v₀ turns the hidden units on: h₀, ${each}.`),
      make(
        "li",
        {},
        make("b", {}, "Down."),
        " States are drawn from h₀, and the machine answers with what it believes it saw: v₁.",
      ),
      make("li", {}, make("b", {}, "Up again."), " What it believes turns the units on once more: h₁."),
      make(
        "li",
        {},
        make("b", {}, "Compare."),
        ` Weights grow where the ${model.noun} and a unit were on together, v₀h₀ᵀ, and shrink where the belief and a unit were, v₁h₁ᵀ. Where both agree, nothing is left to learn.`,
      ),
    ),
    flow,
    make(
      "div",
      { class: "weighing" },
      make(
        "div",
        {},
        make(
          "h3",
          {},
          "The two outer products, and their difference",
          make("small", {}, " the columns that would change most, each of one hidden unit"),
        ),
        products,
      ),
      make(
        "div",
        {},
        make("h3", {}, "One step of contrastive divergence"),
        rate.element,
        make("div", { class: "tools" }, apply, back, again),
        whose,
        numbers,
      ),
    ),
  );

  function render(seen) {
    const layer = machines(model, state)[0];
    const { v0, h0, v1, h1 } = contrast(layer, seen.v, randomStream(seed));
    paintRow(panels[0], model, model.toData(v0));
    paintActivities(panels[1], h0);
    paintRow(panels[2], model, model.toData(v1));
    paintActivities(panels[3], h1);
    showProducts({ v0, h0, v1, h1 });
    showNumbers(layer, seen.v);
    back.disabled = state.steps === 0;
    whose.textContent =
      state.net === "finetuned"
        ? "The pretrained net takes the steps: choose “as pretrained” above, and the layers follow them."
        : "";
  }

  function showProducts({ v0, h0, v1, h1 }) {
    const size = (j) => v0.reduce((sum, value, i) => sum + (value * h0[j] - v1[i] * h1[j]) ** 2, 0);
    const chosen = Array.from(h0.keys(), (j) => [size(j), j])
      .sort((a, b) => b[0] - a[0])
      .slice(0, COLUMNS)
      .map(([, j]) => j);
    const rows = [
      ["v₀h₀ᵀ", (j) => v0.map((value) => value * h0[j])],
      ["v₁h₁ᵀ", (j) => v1.map((value) => value * h1[j])],
      ["change", (j) => v0.map((value, i) => value * h0[j] - v1[i] * h1[j])],
    ];
    const head = make(
      "div",
      { role: "row" },
      make("span", { role: "columnheader" }, "unit"),
      ...chosen.map((j) => make("span", { role: "columnheader" }, String(j + 1))),
    );
    const painted = rows.map(([name, column]) => {
      const columns = chosen.map(column);
      const limit = Math.max(...columns.map(largest));
      const cells = columns.map((values) => {
        const canvas = make("canvas", { class: "picture" });
        paintRow(canvas, model, values, { isChange: true, isSmall: true, limit });
        return make("div", { role: "cell" }, canvas);
      });
      return make("div", { role: "row" }, make("span", { role: "rowheader" }, name), ...cells);
    });
    products.replaceChildren(head, ...painted);
  }

  function showNumbers(layer, v) {
    const error = (one) => {
      const again = reverse(one, forward(one, v));
      return v.reduce((sum, value, i) => sum + (value - again[i]) ** 2, 0) / v.length;
    };
    const before = model.pretrained[0];
    const rows = [
      ["Steps applied", String(state.steps), ""],
      [
        `Free energy of the ${model.noun}`,
        short(freeEnergy(layer, v)),
        state.steps ? `it was ${short(freeEnergy(before, v))}` : "",
      ],
      ["Squared error of what comes back", short(error(layer)), state.steps ? `it was ${short(error(before))}` : ""],
    ];
    numbers.replaceChildren(
      ...rows.map(([name, value, note]) =>
        make("div", {}, make("dt", {}, name), make("dd", {}, make("strong", {}, value), make("small", {}, note))),
      ),
    );
  }

  return { element, render };
}

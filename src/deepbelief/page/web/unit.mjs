// One unit: what it stands for, what turns it on, what it is wired to, and what changes when it is switched.
import { choice, make, short } from "./dom.mjs";
import { look, unitPicture } from "./look.mjs";
import { strongest } from "./net.mjs";
import { paintRow } from "./paint.mjs";
import { takeRow } from "./rows.mjs";

const NEIGHBOURS = 6;

export function unitView(page) {
  const { model, state } = page;
  const title = make("h3", {});
  const picture = make("canvas", {
    class: "picture large",
    role: "img",
    "aria-label": `What this unit adds to the ${model.noun}`,
  });
  const doing = make("p", {});
  const number = make("input", { type: "number", min: 1, "aria-label": "Number of the unit" });
  number.addEventListener("change", () => {
    const unit = Math.round(Number(number.value)) - 1;
    if (unit >= 0 && unit < model.pretrained[state.layer].nHidden) page.change({ unit });
  });
  const layer = make("select", {
    "aria-label": "Layer",
    change: () => page.change({ layer: Number(layer.value), unit: 0 }),
  });
  layer.append(...model.pretrained.map((_, k) => make("option", { value: k }, `Layer ${k + 1}`)));
  const switchIt = choice({
    label: "This unit is",
    name: "switch",
    options: [
      ["free", "free"],
      ["off", "off"],
      ["on", "on"],
    ],
    value: "free",
    change: (to) => page.change({ switches: switched(page, to) }),
  });
  const effect = make("p", { class: "effect", role: "status" });
  const order = model.isPicture || model.isDocument ? "" : ", each with its columns from top to bottom";
  const top = group("What turns it on most", model.rows ? `of ${model.rows.n} rows of the data${order}` : "");
  const below = group("Wired to below");
  const above = group("Wired to above");
  const element = make(
    "div",
    { class: "unit" },
    make(
      "div",
      { class: "about" },
      make("div", { class: "choose" }, layer, make("label", { class: "field" }, make("span", {}, "unit"), number)),
      title,
      picture,
      doing,
      switchIt.element,
      effect,
    ),
    make("div", { class: "wiring" }, ...(model.rows ? [top.element] : []), below.element, above.element),
  );
  let wired = null;

  function render(seen) {
    const { layer: k, unit } = state;
    number.max = model.pretrained[k].nHidden;
    if (document.activeElement !== number) number.value = unit + 1;
    layer.value = k;
    title.textContent = `Unit ${unit + 1} of layer ${k + 1}`;
    paintRow(picture, model, unitPicture(model, seen.layers, k, unit), { isChange: true });
    doing.replaceChildren(
      `What it adds to the ${model.noun} when it alone is on: `,
      make("b", { class: "plus" }, "more"),
      " or ",
      make("b", { class: "minus" }, "less"),
      `. It is at ${short(seen.activities[k][unit])} now.`,
    );
    const set = state.switches[k]?.[unit];
    switchIt.set(set === undefined ? "free" : set > 0 ? "on" : "off");
    effect.textContent = set === undefined ? "" : effectOf(page, seen);
    if (wired?.layers !== seen.layers || wired.k !== k || wired.unit !== unit) {
      wired = { layers: seen.layers, k, unit };
      wire(seen.layers);
    }
  }

  function wire(layers) {
    const { layer: k, unit } = state;
    if (model.rows) top.show(model.rows.topOf(k, unit).map((row) => rowTile(page, row)));
    if (k === 0) {
      const canvas = make("canvas", { class: "picture", role: "img", "aria-label": "Its weights" });
      const { nHidden, weights, nVisible } = layers[0];
      const column = Float32Array.from({ length: nVisible }, (_, i) => weights[i * nHidden + unit]);
      paintRow(canvas, model, column, { isChange: true });
      below.show([
        make(
          "figure",
          {},
          canvas,
          make("figcaption", {}, `its weights, to ${short(Math.max(...column.map(Math.abs)))}`),
        ),
      ]);
    } else {
      const { nHidden, weights, nVisible } = layers[k];
      const column = Float32Array.from({ length: nVisible }, (_, i) => weights[i * nHidden + unit]);
      below.show(strongest(column, NEIGHBOURS).map((other) => unitTile(page, layers, k - 1, other, column[other])));
    }
    if (k + 1 < layers.length) {
      const { nHidden, weights } = layers[k + 1];
      const row = weights.subarray(unit * nHidden, (unit + 1) * nHidden);
      above.show(strongest(row, NEIGHBOURS).map((other) => unitTile(page, layers, k + 1, other, row[other])));
    } else if (model.head) {
      const { nHidden, weights } = model.head;
      const row = weights.subarray(unit * nHidden, (unit + 1) * nHidden);
      above.show(strongest(row, NEIGHBOURS).map((one) => classTile(model.outputs.names[one], row[one])));
    } else above.show([make("p", { class: "quiet" }, "Nothing: this is the top layer.")]);
  }

  return { element, render };
}

function switched({ model, state }, to) {
  const { layer, unit } = state;
  const { [unit]: _, ...others } = state.switches[layer] ?? {};
  const own = to === "free" ? others : { ...others, [unit]: model.endsOf(layer, unit)[to === "on" ? 1 : 0] };
  return { ...state.switches, [layer]: own };
}

/** What switching the unit has changed, in words. */
function effectOf(page, seen) {
  const { model, state } = page;
  const free = look(model, { ...state, switches: switched(page, "free") });
  const changed = Math.max(
    ...seen.backs[state.layer].map(
      (value, i) => Math.abs(value - free.backs[state.layer][i]) / (model.highOf(i) - model.lowOf(i) || 1),
    ),
  );
  const picture = `Switched, it changes what comes down by up to ${Math.round(100 * changed)} % of the range`;
  if (!seen.answer) return `${picture}.`;
  const [best] = strongest(free.answer, 1);
  const say = model.outputs.kind !== "numbers" ? (value) => `${(100 * value).toFixed(1)} %` : short;
  return `${picture}, and ${model.outputs.names[best]} from ${say(free.answer[best])} to ${say(seen.answer[best])}.`;
}

function group(heading, note = "") {
  const tiles = make("div", { class: "tiles" });
  return {
    element: make(
      "div",
      { class: "group" },
      make("h3", {}, heading, ...(note ? [make("small", {}, ` ${note}`)] : [])),
      tiles,
    ),
    show: (children) => tiles.replaceChildren(...children),
  };
}

function unitTile(page, layers, layer, unit, weight) {
  const canvas = make("canvas", { class: "picture" });
  paintRow(canvas, page.model, unitPicture(page.model, layers, layer, unit), { isChange: true, isSmall: true });
  const sign = weight > 0 ? "+" : "−";
  const caption = make(
    "span",
    {},
    `${unit + 1} `,
    make("b", { class: weight > 0 ? "plus" : "minus" }, sign + short(Math.abs(weight))),
  );
  return make(
    "button",
    {
      type: "button",
      class: "tile",
      title: `Unit ${unit + 1} of layer ${layer + 1}`,
      click: () => page.change({ layer, unit }),
    },
    canvas,
    caption,
  );
}

function classTile(name, weight) {
  const caption = make(
    "b",
    { class: weight > 0 ? "plus" : "minus" },
    (weight > 0 ? "+" : "−") + short(Math.abs(weight)),
  );
  return make("div", { class: "tile class" }, make("span", { class: "name", title: name }, name), caption);
}

function rowTile(page, row) {
  const canvas = make("canvas", { class: "picture" });
  paintRow(canvas, page.model, page.model.rows.row(row), { isSmall: true });
  const name = page.model.rows.labels[row] || `row ${row + 1}`;
  return make(
    "button",
    {
      type: "button",
      class: "tile",
      "aria-label": `Give the net row ${row + 1}, ${name}`,
      click: () => takeRow(page, row),
    },
    canvas,
    make("span", {}, name),
  );
}

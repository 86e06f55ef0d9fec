// One unit: what it stands for, what turns it on, what it is wired to, and what changes when it is switched.
import { choice, make, short } from "./dom.mjs";
import { look, unitPicture } from "./look.mjs";
import { strongest, weightsOf } from "./net.mjs";
import { paintRow } from "./paint.mjs";
import { takeRow } from "./rows.mjs";

const NEIGHBOURS = 6;
const REST = 100; // milliseconds without a change, after which the small pictures follow the row

export function unitView(page) {
  const { model, state } = page;
  const title = make("h3", {});
  const picture = make("canvas", { class: "picture large", role: "img" });
  const said = make("p", {});
  const number = make("input", { type: "number", min: 1, "aria-label": "Number of the unit" });
  number.addEventListener("change", () => {
    const unit = Math.round(Number(number.value)) - 1;
    if (unit >= 0 && unit < model.widths[state.layer]) page.change({ unit });
  });
  const layer = make("select", {
    "aria-label": "Layer",
    change: () => page.change({ layer: Number(layer.value), unit: 0 }),
  });
  layer.append(...model.widths.map((_, k) => make("option", { value: k }, `Layer ${k + 1}`)));
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
      said,
      switchIt.element,
      effect,
    ),
    make("div", { class: "wiring" }, ...(model.rows ? [top.element] : []), below.element, above.element),
  );
  let [wired, repainting] = [null, 0];

  function render(seen) {
    const { layer: k, unit } = state;
    number.max = model.widths[k];
    if (document.activeElement !== number) number.value = unit + 1;
    layer.value = k;
    title.textContent = `Unit ${unit + 1} of layer ${k + 1}`;
    const values = unitPicture(page, seen, k, unit);
    paintRow(picture, model, values, { isChange: true });
    const [label, ...words] = (seen.backs ? adding : raising)(model, k, values);
    picture.setAttribute("aria-label", label);
    said.replaceChildren(...words, ` It is at ${short(seen.activities[k][unit])} now.`);
    const set = state.switches[k]?.[unit];
    switchIt.set(set === undefined ? "free" : set ? "on" : "off");
    effect.textContent = set === undefined ? "" : effectOf(page, seen);
    if (wired?.layers !== seen.layers || wired.k !== k || wired.unit !== unit) {
      wired = { layers: seen.layers, k, unit, tiles: [] };
      wire(seen);
    }
    clearTimeout(repainting);
    if (!seen.backs) repainting = setTimeout(repaint, REST);
  }

  function repaint() {
    for (const tile of wired.tiles) tile.paint(page.seen);
  }

  function wire(seen) {
    const { layer: k, unit } = state;
    const { layers } = seen;
    const tilesOf = (layer, weights) => {
      const tiles = strongest(weights, NEIGHBOURS).map((other) => unitTile(page, layer, other, weights[other]));
      for (const tile of tiles) tile.paint(seen);
      wired.tiles.push(...tiles);
      return tiles.map((tile) => tile.element);
    };
    if (model.rows) {
      const rows = model.rows.topOf(state.net, k, unit).map((row) => rowTile(page, row));
      top.show(rows.length ? rows : [make("p", { class: "quiet" }, "None of them: it is at 0 in every row.")]);
    }
    below.element.hidden = k === 0 && seen.backs === null; // the large picture shows these weights
    if (k === 0) {
      const canvas = make("canvas", { class: "picture", role: "img", "aria-label": "Its weights" });
      const column = weightsOf(layers[0], unit);
      paintRow(canvas, model, column, { isChange: true });
      below.show([
        make(
          "figure",
          {},
          canvas,
          make("figcaption", {}, `its weights, to ${short(Math.max(...column.map(Math.abs)))}`),
        ),
      ]);
    } else below.show(tilesOf(k - 1, weightsOf(layers[k], unit)));
    if (k + 1 < layers.length) {
      const { nHidden, weights } = layers[k + 1];
      above.show(tilesOf(k + 1, weights.subarray(unit * nHidden, (unit + 1) * nHidden)));
    } else if (model.head) {
      const { nHidden, weights } = model.head;
      const row = weights.subarray(unit * nHidden, (unit + 1) * nHidden);
      above.show(strongest(row, NEIGHBOURS).map((one) => classTile(model.outputs.names[one], row[one])));
    } else above.show([make("p", { class: "quiet" }, "Nothing: this is the top layer.")]);
  }

  return { element, render };
}

/** What the picture of a unit shows where something comes down: its label, and words. */
function adding(model) {
  const words = [`What it adds to the ${model.noun} when it alone is on: `, MORE(), " or ", LESS(), "."];
  return [`What this unit adds to the ${model.noun}`, ...words];
}

/** What the picture of a unit shows where nothing comes down. */
function raising(model, k, values) {
  const label = `What raises this unit, at the ${model.noun} as it is`;
  const one = model.isPicture ? "pixel" : model.isDocument ? "word" : "feature";
  if (values.every((value) => value === 0)) {
    const why =
      k === 0 ? ", as all its weights are 0" : " now, as all units that it listens to are off, held or switched";
    return [label, `No ${one} changes this unit${why}.`];
  }
  const when = k === 0 ? "" : `, with the ${model.noun} as it is now`;
  const size = model.isPicture ? "stronger its colour" : "longer its bar";
  const note = k === 0 ? ` These are its weights, the same for every ${model.noun}.` : "";
  return [
    label,
    `What raises this unit${when}: `,
    MORE(),
    " or ",
    LESS(),
    ` of a ${one}, the ${size} the faster.${note}`,
  ];
}

const MORE = () => make("b", { class: "plus" }, "more");
const LESS = () => make("b", { class: "minus" }, "less");

function switched({ state }, to) {
  const { layer, unit } = state;
  const { [unit]: _, ...others } = state.switches[layer] ?? {};
  const own = to === "free" ? others : { ...others, [unit]: to === "on" ? 1 : 0 };
  return { ...state.switches, [layer]: own };
}

/** What switching the unit has changed, in words. */
function effectOf(page, seen) {
  const { model, state } = page;
  const free = look(model, { ...state, switches: switched(page, "free") });
  const effects = [];
  if (seen.backs)
    effects.push(`what comes down by up to ${Math.round(100 * changeDown(page, seen, free))} % of the range`);
  if (seen.answer) {
    const [best] = strongest(free.answer, 1);
    const isNumber = model.outputs.kind === "numbers";
    const say = isNumber ? short : (value) => `${(100 * value).toFixed(1)} %`;
    const name = `${isNumber ? "" : "the answer "}${model.outputs.names[best]}`;
    effects.push(`${name} from ${say(free.answer[best])} to ${say(seen.answer[best])}`);
  }
  return `Switched, it changes ${effects.join(", and ")}.`;
}

/** The largest change of what comes down, as a share of the range of that feature. */
function changeDown({ model, state }, seen, free) {
  const without = free.backs[state.layer];
  const shares = seen.backs[state.layer].map(
    (value, i) => Math.abs(value - without[i]) / (model.highOf(i) - model.lowOf(i) || 1),
  );
  return Math.max(...shares);
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

function unitTile(page, layer, unit, weight) {
  const canvas = make("canvas", { class: "picture" });
  const sign = weight > 0 ? "+" : "−";
  const caption = make(
    "span",
    {},
    `${unit + 1} `,
    make("b", { class: weight > 0 ? "plus" : "minus" }, sign + short(Math.abs(weight))),
  );
  const element = make(
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
  const paint = (seen) =>
    paintRow(canvas, page.model, unitPicture(page, seen, layer, unit), { isChange: true, isSmall: true });
  return { element, paint };
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

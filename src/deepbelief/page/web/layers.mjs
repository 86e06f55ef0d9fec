// Every layer: what its units do, and what comes down from it again, where something does.
import { button, make, short } from "./dom.mjs";
import { heldOf } from "./look.mjs";
import { columnsOf, paintActivities, paintRow, unitAt, widthOf } from "./paint.mjs";

// Where nothing stands beside the layers, a net of few units has larger cells, and of one of many, two layers share a line.
const [FEW, MANY, HALF] = [150, 500, 410];

export function layersView(page) {
  const { model } = page;
  const views = model.widths.map((_, k) => layerView(page, k));
  const why = make("p", { class: "quiet" });
  const element = make(
    "section",
    { class: "card layers", "aria-labelledby": "layers-title" },
    make("h2", { id: "layers-title" }, "The layers"),
    make(
      "p",
      { class: "quiet" },
      "Each cell is a hidden unit: the stronger its colour, the more it is on. Click one to look at it.",
    ),
    why,
    make("div", { class: "stack" }, ...views.map((view) => view.element)),
  );
  const render = (seen) => {
    element.classList.toggle("upwards", seen.backs === null);
    why.textContent = seen.backs ? "" : whyNothingComesDown(model);
    for (const view of views) view.render(seen);
  };
  // What comes down stands in one column, beside the widest layer.
  element.style.setProperty("--field", `${Math.max(...model.widths.map(widthOf))}px`);
  return { element, render };
}

function whyNothingComesDown({ isPretrained, nNetworks, noun }) {
  if (nNetworks > 1)
    return `These are ${nNetworks} networks side by side, and the answer is their mean. They only compute upwards: nothing comes down from their layers, and they can neither dream nor complete a ${noun}.`;
  return isPretrained
    ? "Nothing comes down from these layers, because rectified units only compute upwards: choose “as pretrained” above to see what comes down in the pretrained net."
    : `This network was not pretrained: it has learned to answer, but not what a ${noun} looks like, so nothing comes down from its layers, and it can neither dream nor complete a ${noun}.`;
}

function layerView(page, k) {
  const { model, state } = page;
  const n = model.widths[k];
  let cursor = 0;
  const field = make("canvas", {
    class: "field",
    tabindex: 0,
    role: "slider",
    "aria-label": `Units of layer ${k + 1}`,
    "aria-valuemin": 1,
    "aria-valuemax": n,
    "data-caption": `Layer ${k + 1}`,
  });
  const back = make("canvas", {
    class: "picture",
    role: "img",
    "aria-label": `What comes down from layer ${k + 1}`,
    "data-caption": `From layer ${k + 1}`,
  });
  const note = make("span", { class: "quiet" });
  const hold = button("Hold layer", () => {
    const held = [...state.held];
    const isHeld = heldOf(model, state, state.net, k) !== null;
    held[k] = isHeld ? null : { net: state.net, activities: Float32Array.from(page.seen.activities[k]) };
    page.change({ held });
  });
  hold.title = "Keep what this layer does, whatever is drawn";
  const open = (unit) => page.change({ layer: k, unit, tab: "unit" });

  field.addEventListener("click", (event) => {
    const box = field.getBoundingClientRect();
    const unit = unitAt(n, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    if (unit !== null) open(unit);
  });
  const columns = () => columnsOf(n);
  const STEPS = { ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: () => -columns(), ArrowDown: () => columns() };
  field.addEventListener("keydown", (event) => {
    if (event.key in STEPS) cursor = Math.min(n - 1, Math.max(0, cursor + STEPS[event.key]()));
    else if (event.key === "Home") cursor = 0;
    else if (event.key === "End") cursor = n - 1;
    else if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    open(cursor);
  });

  const down = make("figure", {}, back, make("figcaption", {}, `comes down from layer ${k + 1}`));
  const element = make(
    "div",
    { class: "layer" },
    make("div", { class: "head" }, make("h3", {}, `Layer ${k + 1}`), note, hold),
    make("div", { class: "both" }, field, down),
  );
  const own = roomFor(n, model.widths);
  element.style.setProperty("--own", `${own}px`);
  element.style.setProperty("--most", `${1.2 * own}px`);

  function render(seen) {
    const activities = seen.activities[k];
    const isMarked = state.layer === k;
    if (isMarked) cursor = state.unit;
    paintActivities(field, activities, { marked: isMarked ? state.unit : -1, switched: state.switches[k] });
    down.hidden = seen.backs === null;
    if (seen.backs) paintRow(back, model, seen.backs[k]);
    field.setAttribute("aria-valuenow", cursor + 1);
    field.setAttribute("aria-valuetext", `unit ${cursor + 1} of ${n}: ${short(activities[cursor])}`);
    const switched = Object.keys(state.switches[k] ?? {}).length;
    note.textContent = `${n} units, ${doing(seen.layers[k], activities)}${switched ? `, ${switched} switched by you` : ""}`;
    const isHeld = heldOf(model, state, state.net, k) !== null;
    hold.textContent = isHeld ? "Let go" : "Hold layer";
    hold.setAttribute("aria-pressed", isHeld);
  }

  return { element, render };
}

/** How wide a layer wants to be, in pixels, where nothing stands beside it. */
function roomFor(n, widths) {
  const total = widths.reduce((sum, width) => sum + width, 0);
  if (total <= FEW) return 1.5 * widthOf(n);
  return total > MANY && widths.length > 2 ? Math.min(HALF, widthOf(n)) : widthOf(n);
}

/** What the units of a layer do, in words. */
function doing({ hidden }, activities) {
  const [{ type, number }] = hidden.blocks;
  const strongest = `the strongest is at ${short(Math.max(...activities))}`;
  if (type === "gaussian" || type === "relu" || type === "poisson") return strongest;
  const middle = { binomial: number / 2, spin: 0, rectified: 0 }[type] ?? 0.5; // above it, a unit is on
  const on = activities.reduce((count, value) => count + (value > middle), 0);
  const said = on === 1 ? "1 is on" : `${on} are on`;
  return type === "rectified" && on > 0 ? `${said}, ${strongest}` : said;
}

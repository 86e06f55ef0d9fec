// Every layer: what its units do, and what comes down from it again.
import { button, make, short } from "./dom.mjs";
import { columnsOf, paintActivities, paintRow, unitAt, widthOf } from "./paint.mjs";

export function layersView(page) {
  const views = page.model.pretrained.map((_, k) => layerView(page, k));
  const render = (seen) => {
    for (const view of views) view.render(seen);
  };
  const element = make(
    "section",
    { class: "card layers", "aria-labelledby": "layers-title" },
    make("h2", { id: "layers-title" }, "The layers"),
    make(
      "p",
      { class: "quiet" },
      "Each cell is a hidden unit: the stronger its colour, the more it is on. Click one to look at it.",
      page.model.isRectified
        ? " These are the pretrained layers. The network that answers has rectified units, which have no way down."
        : "",
    ),
    ...views.map((view) => view.element),
  );
  // What comes down stands in one column, beside the widest layer.
  element.style.setProperty(
    "--field",
    `${Math.max(...page.model.pretrained.map(({ nHidden }) => widthOf(nHidden)))}px`,
  );
  return { element, render };
}

function layerView(page, k) {
  const { model, state } = page;
  const n = model.pretrained[k].nHidden;
  const [{ type, number }] = model.pretrained[k].hidden.blocks;
  const middle = type === "binomial" ? number / 2 : type === "spin" ? 0 : 0.5; // above it, a unit is on
  const isEndless = type === "gaussian" || type === "relu" || type === "poisson";
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
    held[k] = held[k] ? null : Float32Array.from(page.seen.activities[k]);
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

  const element = make(
    "div",
    { class: "layer" },
    make("div", { class: "head" }, make("h3", {}, `Layer ${k + 1}`), note, hold),
    make(
      "div",
      { class: "both" },
      field,
      make("figure", {}, back, make("figcaption", {}, `comes down from layer ${k + 1}`)),
    ),
  );

  function render(seen) {
    const activities = seen.activities[k];
    const isMarked = state.layer === k;
    if (isMarked) cursor = state.unit;
    paintActivities(field, activities, { marked: isMarked ? state.unit : -1, switched: state.switches[k] });
    paintRow(back, model, seen.backs[k]);
    field.setAttribute("aria-valuenow", cursor + 1);
    field.setAttribute("aria-valuetext", `unit ${cursor + 1} of ${n}: ${short(activities[cursor])}`);
    const on = activities.reduce((count, value) => count + (value > middle), 0);
    const doing = isEndless ? `the strongest is at ${short(Math.max(...activities))}` : `${on} are on`;
    const switched = Object.keys(state.switches[k] ?? {}).length;
    note.textContent = `${n} units, ${doing}${switched ? `, ${switched} switched by you` : ""}`;
    hold.textContent = state.held[k] ? "Let go" : "Hold layer";
    hold.setAttribute("aria-pressed", state.held[k] !== null && state.held[k] !== undefined);
  }

  return { element, render };
}

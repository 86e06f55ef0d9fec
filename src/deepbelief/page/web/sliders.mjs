// A row of a table: a slider for each feature.
import { button, make, short, slider } from "./dom.mjs";
import { rowChooser } from "./rows.mjs";

export function sliders(page) {
  const { model, state } = page;
  const each = model.names.map((label, i) => {
    const [low, high] = [model.low[i], model.high[i]];
    const input = (value) => {
      const values = Float32Array.from(state.values);
      values[i] = value;
      page.change({ values, row: null });
    };
    return slider({
      label,
      min: low,
      max: high,
      step: (high - low) / 200 || 1,
      value: state.values[i],
      say: short,
      input,
    });
  });
  const rows = rowChooser(page);
  const reset = button("Mean of the data", () => page.change({ values: Float32Array.from(model.shift), row: null }));
  const element = make(
    "section",
    { class: "card drawing", "aria-labelledby": "drawing-title" },
    make("h2", { id: "drawing-title" }, "Set the features"),
    make("div", { class: "tools" }, reset),
    ...(rows ? [rows.element, rows.label] : []),
    make(
      "div",
      { class: "sliders", tabindex: 0, role: "group", "aria-label": "Features" },
      ...each.map((one) => one.element),
    ),
  );
  const render = () => {
    for (const [i, one] of each.entries()) one.set(state.values[i]);
    rows?.render();
  };
  return { element, render };
}

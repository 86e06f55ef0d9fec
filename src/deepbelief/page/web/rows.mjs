// Rows of the data that the page brought along.
import { button, make } from "./dom.mjs";

/** Choose a row by its number, or any; null if the page has none. */
export function rowChooser(page) {
  const { model, state } = page;
  if (!model.rows) return null;
  const { rows } = model;
  const number = make("input", {
    type: "number",
    class: "row",
    min: 1,
    max: rows.n,
    placeholder: `1–${rows.n}`,
    "aria-label": `Row of the data, 1 to ${rows.n}`,
  });
  number.addEventListener("change", () => {
    const row = Math.round(Number(number.value)) - 1;
    if (row >= 0 && row < rows.n) takeRow(page, row);
  });
  const label = make("span", { class: "quiet label", role: "status" });
  const any = button("Any row", () => takeRow(page, Math.floor(Math.random() * rows.n)));
  const element = make("div", { class: "rows" }, any, number);
  const render = () => {
    if (document.activeElement !== number) number.value = state.row === null ? "" : state.row + 1;
    const name = state.row === null ? "" : rows.labels[state.row];
    label.textContent = name ? `Row ${state.row + 1} is labelled ${name}.` : "";
  };
  return { element, label, render };
}

/** Give the net one of these rows. */
export function takeRow(page, row) {
  giveData(page, page.model.rows.row(row), row);
}

/** Give the net any data: those of a row, or what comes from elsewhere. */
export function giveData(page, values, row = null) {
  const data = Float32Array.from(values);
  page.change(page.model.isPicture ? { row, base: data, strokes: [] } : { row, values: data });
}

/** Give the row other values from one column on. */
export function setColumn(page, first, ...values) {
  const all = Float32Array.from(page.state.values);
  all.set(values, first);
  page.change({ values: all, row: null });
}

// A row of a table: a control for each column, as suits its values.
import { button, dropDown, make, short, slider, stepper } from "./dom.mjs";
import { giveData, rowChooser, setColumn } from "./rows.mjs";
import { heading } from "./title.mjs";
import { words } from "./words.mjs";

export function columns(page) {
  const { model, state } = page;
  const rows = rowChooser(page);
  const start = button("A typical row", () => giveData(page, model.start));
  const isWords = model.isDocument;
  const title = heading(page, isWords ? "Write a document" : "Set the features");
  const each = isWords ? [words(page)] : model.controls.map((control) => KINDS[control.kind](page, control));
  const clear = button("No words", () => giveData(page, new Float32Array(model.nVisible)));
  const element = make(
    "section",
    { class: "card drawing", "aria-labelledby": "drawing-title" },
    title.element,
    make("div", { class: "tools" }, ...(isWords ? [clear] : [start])),
    ...(rows ? [rows.element, rows.label] : []),
    isWords
      ? each[0].element
      : make(
          "div",
          { class: "sliders", tabindex: 0, role: "group", "aria-label": "Features" },
          ...each.map((one) => one.element),
        ),
  );
  const render = (seen) => {
    for (const one of each) one.set(state.values);
    title.render(seen);
    rows?.render();
  };
  return { element, render };
}

function numberSlider(page, { name, first }) {
  const [low, high] = [page.model.low[first], page.model.high[first]];
  const { element, set } = slider({
    label: name,
    min: low,
    max: high,
    step: (high - low) / 200 || 1,
    value: page.state.values[first],
    say: short,
    input: (value) => setColumn(page, first, value),
  });
  return { element, set: (values) => set(values[first]) };
}

function counter(page, { name, first, most }) {
  const { element, set } = stepper({ label: name, most, change: (value) => setColumn(page, first, value) });
  return {
    element: make("div", { class: "column" }, make("span", {}, name), element),
    set: (values) => set(values[first]),
  };
}

function toggle(page, { name, first, values: [off, on] }) {
  const input = make("input", {
    type: "checkbox",
    role: "switch",
    "aria-label": name,
    change: () => setColumn(page, first, input.checked ? on : off),
  });
  const said = make("output", {});
  const set = (values) => {
    input.checked = values[first] > (off + on) / 2;
    said.textContent = Number.isInteger(values[first]) ? String(values[first]).replace("-", "−") : short(values[first]);
  };
  return { element: make("label", { class: "column" }, make("span", {}, name), input, said), set };
}

function chooser(page, { name, first, options }) {
  const { element, select } = dropDown({
    label: name,
    options: options.map((option, i) => [String(i), option]),
    value: "0",
    change: (chosen) => setColumn(page, first, ...options.map((_, i) => (i === Number(chosen) ? 1 : 0))),
  });
  element.className = "column";
  const set = (values) => {
    const shares = options.map((_, i) => values[first + i]);
    select.value = String(shares.indexOf(Math.max(...shares)));
  };
  return { element, set };
}

const KINDS = { number: numberSlider, count: counter, switch: toggle, choice: chooser };

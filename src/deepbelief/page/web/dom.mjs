// Elements, without markup in text: whatever a model or a file is called, it is shown as text.

/** An element. Attributes that are functions are listeners; children are elements or text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** A slider with its label and its value in words; `say` makes the words. */
export function slider({ label, min, max, step, value, say = String, input }) {
  const output = make("output", {}, say(value));
  const range = make("input", {
    type: "range",
    min,
    max,
    step,
    value,
    "aria-label": label,
    "aria-valuetext": say(value),
  });
  const set = (number) => {
    range.value = number;
    output.textContent = say(number);
    range.setAttribute("aria-valuetext", say(number));
  };
  range.addEventListener("input", () => {
    set(Number(range.value));
    input(Number(range.value));
  });
  return { element: make("label", { class: "slider" }, make("span", {}, label), range, output), set };
}

/** A choice of few: radio buttons in a row. `options` are [value, label]. */
export function choice({ label, name, options, value, change }) {
  const inputs = options.map(([key]) =>
    make("input", { type: "radio", name, value: key, checked: key === value, change: () => change(key) }),
  );
  const labels = options.map(([, text], i) => make("label", {}, inputs[i], make("span", {}, text)));
  const set = (key) => {
    for (const input of inputs) input.checked = input.value === key;
  };
  return { element: make("fieldset", { class: "choice" }, make("legend", {}, label), make("div", {}, ...labels)), set };
}

/** A drop-down list. `options` are [value, label]. */
export function dropDown({ label, options, value, change }) {
  const select = make("select", { change: () => change(select.value) });
  select.append(...options.map(([key, text]) => make("option", { value: key }, text)));
  select.value = value;
  return { element: make("label", { class: "field" }, make("span", {}, label), select), select };
}

/** A whole number between a button for one less and one for one more. */
export function stepper({ label, most, change }) {
  const input = make("input", { type: "number", min: 0, max: most ?? undefined, step: 1, "aria-label": label });
  const to = (value) => {
    input.value = Math.min(most ?? Infinity, Math.max(0, Math.round(value) || 0));
    change(Number(input.value));
  };
  input.addEventListener("change", () => to(Number(input.value)));
  const step = (by) => () => to(Number(input.value) + by);
  const element = make(
    "div",
    { class: "stepper" },
    button("−", step(-1), { "aria-label": `One less of ${label}` }),
    input,
    button("+", step(1), { "aria-label": `One more of ${label}` }),
  );
  const set = (value) => {
    input.value = Number(value.toFixed(2));
  };
  return { element, set };
}

/** A button. */
export function button(text, click, attributes = {}) {
  return make("button", { type: "button", click, ...attributes }, text);
}

/** A number in a few digits. */
export function short(number) {
  const size = Math.abs(number);
  if (size !== 0 && size < 1e-6) return number.toExponential(1).replaceAll("-", "−");
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : Math.ceil(-Math.log10(size)) + 1;
  return number.toFixed(digits).replace("-", "−");
}

/** A probability in words. */
export function percent(share) {
  return share > 0.999 ? "> 99.9 %" : `${(100 * share).toFixed(share < 0.0995 || share > 0.985 ? 1 : 0)} %`;
}

// Rub out a part, and let the net fill it in, with the rest held fast.
import { button, make, percent, short } from "./dom.mjs";
import { answerTo, machines } from "./look.mjs";
import { completed, reverse, strongest } from "./net.mjs";
import { css, paintRow } from "./paint.mjs";
import { randomStream } from "./random.mjs";
import { inWords } from "./wording.mjs";

const SWEEPS = 120;
const LEFT_OUT = 60; // sweeps before means are averaged
const NO_DOCUMENTS =
  "Documents are not completed: the model is told how many words a document has, and of one with unknown words nobody can say that.";
const RUB = 0.085; // radius, as a share of the picture

export function completeView(page) {
  return page.model.isDocument ? { element: make("p", {}, NO_DOCUMENTS), render: () => {} } : completing(page);
}

/** What is expected of a column, in words. */
function expected({ kind, first, options, values }, data) {
  if (kind === "switch" && values[0] === 0) return percent(data[first]);
  if (kind === "switch")
    return `${short(values[1])} with ${percent((data[first] - values[0]) / (values[1] - values[0]))}`;
  if (kind !== "choice") return short(data[first]);
  const [best] = strongest(data.slice(first, first + options.length), 1);
  return `${options[best]}, with ${percent(data[first + best])}`;
}

function completing(page) {
  const { model, state } = page;
  let run = null;
  const canvas = make("canvas", { class: "rub", role: "img", "aria-label": "Rub out a part with the pointer" });
  const result = make("canvas", { class: "picture large", role: "img", "aria-label": "Filled in" });
  const values = make("dl", { class: "facts" });
  const progress = make("p", { class: "quiet", role: "status", id: "completed" });
  const go = button("Fill it in", () => (run ? stop() : start()), { class: "main", id: "fill" });
  const rub = (isHole) => {
    stop();
    page.change({ holes: Uint8Array.from({ length: model.nVisible }, (_, i) => (isHole(i) ? 1 : 0)) });
  };
  const [height, width, channels = 1] = model.shape ?? [1, model.nVisible];
  const place = (i) => [Math.floor(i / channels) % width, Math.floor(i / channels / width)];
  const halves = [
    ["Left half", (i) => place(i)[0] < width / 2],
    ["Right half", (i) => place(i)[0] >= width / 2],
    ["Upper half", (i) => place(i)[1] < height / 2],
    ["Lower half", (i) => place(i)[1] >= height / 2],
    ["Nothing", () => false],
  ];
  const checks = model.controls.map(({ name, first, options }) => {
    const input = make("input", { type: "checkbox", "aria-label": name, change: () => rub(isChecked) });
    return { input, name, first, end: first + (options?.length ?? 1) };
  });
  const isChecked = (i) => checks.some(({ input, first, end }) => input.checked && first <= i && i < end);

  const rubAt = (event) => {
    const box = canvas.getBoundingClientRect();
    const at = [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
    const near = (i) =>
      Math.hypot(place(i)[0] + 0.5 - at[0], place(i)[1] + 0.5 - at[1]) < RUB * Math.max(width, height);
    rub((i) => state.holes[i] || near(i));
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    rubAt(event);
  });
  canvas.addEventListener("pointermove", (event) => event.buttons && rubAt(event));

  const what = model.isPicture
    ? make("div", { class: "tools" }, ...halves.map(([label, isHole]) => button(label, () => rub(isHole))))
    : make(
        "div",
        { class: "sliders checks", tabindex: 0, role: "group", "aria-label": "Features to be filled in" },
        ...checks.map(({ input, name }) => make("label", { class: "check" }, input, make("span", {}, name))),
      );
  const how =
    model.pretrained.length > 1
      ? "The rest is held fast. States are drawn upwards, the top machine makes one Gibbs sweep, states come down again and fill the hole. Shown is the average of what is expected there."
      : "The rest is held fast while a Gibbs chain draws what is missing. Shown is the average of what it expects.";
  const element = make(
    "div",
    { class: "complete" },
    make(
      "div",
      { class: "controls" },
      make(
        "p",
        {},
        model.isPicture
          ? "Rub out a part of the drawing with the pointer, or choose a half."
          : "Choose what is not known.",
      ),
      what,
      make("div", { class: "tools" }, go),
      make("p", { class: "quiet" }, how),
    ),
    make(
      "div",
      { class: "stage" },
      make(
        "div",
        { class: "pair" },
        ...(model.isPicture ? [make("figure", {}, canvas, make("figcaption", {}, "Rub here"))] : []),
        make("figure", {}, result, make("figcaption", {}, "Filled in")),
      ),
      progress,
      values,
    ),
  );

  function start() {
    if (!state.holes.some(Boolean)) {
      progress.textContent = "Nothing is rubbed out yet.";
      return;
    }
    const random = randomStream(7);
    const first = machines(model, state)[0];
    const unseen = reverse(first, new Float32Array(first.nHidden));
    const v = page.seen.v.map((value, i) => (state.holes[i] ? unseen[i] : value));
    run = { v, sum: new Float64Array(v.length), done: 0, random };
    go.textContent = "Stop";
    requestAnimationFrame(step);
  }

  function stop() {
    run = null;
    go.textContent = "Fill it in";
  }

  function step() {
    if (!run) return;
    for (let k = 0; k < 2 && run.done < SWEEPS; k++) advance();
    show();
    if (run.done < SWEEPS) requestAnimationFrame(step);
    else stop();
  }

  function advance() {
    const { v, means } = completed(machines(model, state), run.v, state.holes, run.random);
    run.v = v;
    if (++run.done > LEFT_OUT) run.sum = run.sum.map((sum, i) => sum + means[i]);
    run.means = run.done > LEFT_OUT ? Float32Array.from(run.sum, (sum) => sum / (run.done - LEFT_OUT)) : means;
  }

  function show() {
    paintRow(result, model, model.toData(run.means));
    if (!model.isPicture) showValues();
    const says = answerTo(model, { switches: {}, held: [] }, run.means);
    progress.textContent = `${run.done} of ${SWEEPS} sweeps${says ? `: the network answers ${inWords(model, says)}` : ""}`;
  }

  /** What is expected of each feature that is not known, as a number. */
  function showValues() {
    const data = model.toData(run.means);
    const missing = model.controls.filter(({ first }) => state.holes[first]);
    values.replaceChildren(
      ...missing.map((control) =>
        make("div", {}, make("dt", {}, control.name), make("dd", {}, make("strong", {}, expected(control, data)))),
      ),
    );
  }

  function render(seen) {
    if (model.isPicture) {
      paintRow(canvas, model, seen.x);
      const context = canvas.getContext("2d");
      state.holes.forEach((hole, i) => {
        const [x, y] = place(i);
        context.fillStyle = css((x + y) % 2 ? "line" : "hole");
        if (hole && i % channels === 0) context.fillRect(x, y, 1, 1);
      });
    }
    for (const { input, first } of checks) input.checked = state.holes[first] === 1;
    if (!run) {
      values.replaceChildren();
      paintRow(
        result,
        model,
        seen.x.map((value, i) => (state.holes[i] ? model.lowOf(i) : value)),
      );
      progress.textContent = state.holes.some(Boolean) ? "" : "Nothing is rubbed out yet.";
    }
  }

  return { element, render, leave: stop };
}

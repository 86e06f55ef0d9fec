// The live page of a training: what the server tells, drawn as it comes, and three buttons.
import { chart } from "./chart.mjs";
import { decoded } from "./decode.mjs";
import { button, make, percent } from "./dom.mjs";
import { confusion, judgement, scatter } from "./judged.mjs";
import { forgetColours, paintBars, paintChanges, paintShares } from "./paint.mjs";

const about = JSON.parse(document.getElementById("net").textContent);
const query = location.search;
const MEASURES = [
  ["reconstruction_error", "Reconstruction error"],
  ["free_energy_gap", "Free energy, held-out − training"],
  ["loss", "Loss"],
  ["accuracy", "Accuracy"],
  ["squared_error", "Squared error"],
];
const WORDS = {
  reading: "Getting ready.",
  training: "Learning.",
  paused: "Paused. Nothing is lost, and nothing is learned.",
  stopping: "Stopping after the step at hand.",
  over: `Learned. The report and the page of the net are in ${about.out}.`,
  stopped: `Stopped; all that was learned is kept. To go on: ${about.resume}`,
  failed: "Training ended with an error, which stands in the terminal.",
  lost: "The connection is lost. Training goes on without this page.",
};
// Beside the first bars of a table.
const ORDER = about.shape === null ? " Bars are the columns from top to bottom." : "";
const OVER = new Set(["over", "stopped", "failed"]);

const status = make("p", { class: "status", role: "status" });
const where = make("p", { class: "quiet" });
const pause = button("Pause", () => ask(pause.textContent === "Pause" ? "pause" : "resume"), { class: "main" });
const stop = button("Stop and keep", () => ask("stop"));
const findings = make("section", { class: "card findings", hidden: true, "aria-labelledby": "findings" });
const curves = make("div", { class: "curves" });
const views = {
  units: field("units", "Units"),
  rows: field("pairs", "Rows, and what comes down for them"),
  samples: field("samples", "What the layers draw"),
};
let latest = null;

document
  .getElementById("app")
  .append(
    make(
      "header",
      {},
      make(
        "div",
        {},
        make("p", { class: "brand" }, "deepbelief"),
        make("h1", {}, "Learning ", make("em", {}, about.title)),
        status,
        where,
      ),
      make("div", { class: "tools" }, pause, stop),
    ),
    findings,
    make("main", {}, card("curves", "Epoch by epoch", curves), ...Object.values(views).map((view) => view.element)),
  );

function card(name, title, ...children) {
  return make(
    "section",
    { class: `card ${name}`, "aria-labelledby": `title-${name}` },
    make("h2", { id: `title-${name}` }, title),
    ...children,
  );
}

function field(name, title) {
  const note = make("p", { class: "quiet" }, "They appear after the first epoch.");
  const tiles = make("div", { class: "tiles" });
  const element = card(name, title, note, tiles);
  /** Show other tiles, and say of what. */
  const show = (heading, about, children) => {
    element.firstChild.textContent = heading;
    note.textContent = about;
    tiles.replaceChildren(...children);
  };
  return { element, show };
}

async function ask(what) {
  const answer = await fetch(`/${what}${query}`, { method: "POST" }).catch(() => null);
  if (!answer?.ok) show({ ...latest, state: "lost" });
}

function tile(values, label, isChange = false) {
  const canvas = make("canvas", { class: "picture", role: "img", "aria-label": label });
  if (about.shape === null)
    paintBars(canvas, isChange ? values : shares(values), Array.from(values, String), isChange, true);
  else if (isChange) paintChanges(canvas, values, about.shape, 1);
  else paintShares(canvas, values, about.shape);
  return canvas;
}

/** Rows of a table between the smallest and the largest of their own values. */
function shares(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.map((value) => (value - low) / (high - low || 1));
}

/** Each row of an encoded matrix of shares. */
function rowsOf(matrix, low = 0, high = 1) {
  const all = decoded({ ...matrix, encoding: "uint8" });
  const span = decodedSpan(matrix);
  const rows = [];
  for (let at = 0; at < all.length; at += matrix.columns)
    rows.push(all.subarray(at, at + matrix.columns).map((value) => low + ((high - low) * value) / span));
  return rows;
}

function decodedSpan({ scales, columns }) {
  return 255 * decoded({ encoding: "float32", data: scales, columns })[0];
}

function pair(...children) {
  return make("div", { class: "pair" }, ...children);
}

/** What a layer that learns has come to. */
function showLayer(view) {
  const { layer } = view;
  views.units.show(
    "Units",
    `What each ${layer === 1 ? "adds when it alone is on" : "is turned on by"}: blue is more, orange is less.${ORDER}`,
    rowsOf(view.units, -1, 1).map((values, unit) => tile(values, `Unit ${unit + 1} of layer ${layer}`, true)),
  );
  const back = rowsOf(view.reconstructions);
  views.rows.show(
    "Rows, and what comes down for them",
    `Above the row, below what layer ${layer} makes of it.`,
    rowsOf(view.rows).map((values, i) =>
      pair(tile(values, `Row ${i + 1}`), tile(back[i], `What comes down for row ${i + 1}`)),
    ),
  );
  views.samples.show(
    "What the layers draw",
    `After 30 sweeps of chains in layer ${layer} that start at these rows.`,
    rowsOf(view.samples).map((values, i) => tile(values, `Sample ${i + 1}`)),
  );
  findings.hidden = view.findings.length === 0;
  findings.replaceChildren(
    make("h2", { id: "findings" }, "The diagnosis, as it is now"),
    ...view.findings.map((one) =>
      make(
        "article",
        {},
        make("h3", {}, `${one.name}, ${one.where}`),
        make("p", {}, `${one.evidence}. ${one.advice}.`),
      ),
    ),
  );
}

/** What a network that learns has come to. */
function showNetwork({ units, changes, moved, rows, names, truth, answers, heldOut, ...rest }) {
  const changed = rowsOf(changes, -1, 1);
  views.units.show(
    "Units of layer 1",
    moved > 0
      ? `Above what each adds, below what backpropagation has changed in that. Their weights have moved by ${percent(moved)}.${ORDER}`
      : `What each adds when it alone is on. The layers rest while the top layer learns from them.${ORDER}`,
    rowsOf(units, -1, 1).map((values, unit) => {
      const now = tile(values, `Unit ${unit + 1} of layer 1`, true);
      return moved > 0 ? pair(now, tile(changed[unit], `What has changed in unit ${unit + 1}`, true)) : now;
    }),
  );
  const which = heldOut ? "rows that are held out" : "rows that the network learns from";
  views.rows.show(
    "Rows, and what the network says",
    `Some ${which}.${names.length ? " The bar of the right class is blue." : ""}`,
    rowsOf(rows).map((values, i) => pair(tile(values, `Row ${i + 1}`), judgement(names, truth[i], answers[i]))),
  );
  if (names.length) {
    const n = rest.confusion.flat().reduce((sum, count) => sum + count, 0);
    const right = rest.confusion.reduce((sum, line, k) => sum + line[k], 0);
    views.samples.show(
      "Which class is taken for which",
      `Of ${n} ${which}, ${right} are given the right class. A line is a class, a column what it is taken for.`,
      [confusion(names, rest.confusion)],
    );
  } else views.samples.show("What is, and what is said", `${rest.points.length} ${which}.`, [scatter(rest.points)]);
  for (const name of ["rows", "samples"]) views[name].element.classList.add("judged");
}

function showCurves(epochs) {
  const charts = [];
  for (const [name, title] of MEASURES) {
    const lines = new Map();
    for (const one of epochs) {
      for (const [key, dashed] of [
        [name, false],
        [`validation_${name}`, true],
      ]) {
        if (!(key in one)) continue;
        const label = dashed ? `${one.place}, held out` : one.place;
        if (!lines.has(label)) lines.set(label, { label, dashed, points: [] });
        lines.get(label).points.push([one.epoch, one[key]]);
      }
    }
    if (lines.size) charts.push(chart(title, [...lines.values()]));
  }
  curves.replaceChildren(
    ...(charts.length ? charts : [make("p", { class: "quiet" }, "They begin with the first epoch.")]),
  );
}

function show(seen) {
  const isOver = OVER.has(seen.state) || seen.state === "lost";
  status.textContent = WORDS[seen.state];
  pause.textContent = seen.state === "paused" ? "Go on" : "Pause";
  pause.disabled = isOver || seen.state === "stopping";
  stop.disabled = pause.disabled;
  const last = seen.epochs.at(-1);
  const left = last && last.epoch < last.of && !isOver ? `, about ${spoken(seen.left)} left of this phase` : "";
  where.textContent = last
    ? `${last.place}: epoch ${last.epoch} of ${last.of}${left}`
    : `${about.layers.join(" – ")} hidden units. To come: ${about.phases.join(", ")}.`;
  document.title = last
    ? `${last.place} ${last.epoch}/${last.of} · ${about.title}`
    : `deepbelief watch · ${about.title}`;
  const isNew = latest?.epochs.length !== seen.epochs.length;
  latest = seen;
  if (isNew) redraw();
}

function redraw() {
  showCurves(latest.epochs);
  if (latest.view.network) showNetwork(latest.view);
  else if (latest.view.layer) showLayer(latest.view);
}

function spoken(seconds) {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} minutes`;
}

const events = new EventSource(`/events${query}`);
events.addEventListener("message", (event) => {
  const seen = JSON.parse(event.data);
  show(seen);
  if (OVER.has(seen.state)) events.close();
});
events.addEventListener("error", () => latest && show({ ...latest, state: "lost" }));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  forgetColours();
  if (latest) redraw();
});

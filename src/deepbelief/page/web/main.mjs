// The page: its state, its views, and when they are drawn.
import { readFrom, written } from "./address.mjs";
import { answer } from "./answer.mjs";
import { columns } from "./columns.mjs";
import { completeView } from "./complete.mjs";
import { button, choice, make, short } from "./dom.mjs";
import { dreamView } from "./dream.mjs";
import { layersView } from "./layers.mjs";
import { learnView } from "./learn.mjs";
import { answerTo, look } from "./look.mjs";
import { unpacked } from "./model.mjs";
import { pad } from "./pad.mjs";
import { forgetColours } from "./paint.mjs";
import { giveData } from "./rows.mjs";
import { savePicture } from "./saving.mjs";
import { tabs } from "./tabs.mjs";
import { unitView } from "./unit.mjs";

const app = document.getElementById("app");
const model = unpacked(await packed(JSON.parse(document.getElementById("net").textContent)));
const first = {
  net: model.finetuned ? "finetuned" : "pretrained",
  tab: "unit",
  tool: "pen",
  framed: true,
  strokes: [],
  base: null, // pixels that strokes are drawn over
  row: null,
  values: model.isPicture ? null : Float32Array.from(model.start),
  layer: 0,
  unit: 0,
  switches: {},
  held: [],
  holes: new Uint8Array(model.nVisible),
  rate: model.step,
  stepped: null,
  steps: 0,
  dream: { chains: 10, from: "noise", temperature: 1, speed: 30, held: -1, firmness: 2, seed: 1 },
};

const page = {
  model,
  state: readFrom(location.hash.slice(1), model, first),
  seen: null,
  /** Change a part of the state, and draw everything once before the next frame. */
  change(part) {
    Object.assign(page.state, part);
    page.render();
  },
  render() {
    if (!waiting) waiting = requestAnimationFrame(renderNow);
  },
  renderNow,
  /** Say a sentence at the top of the page. */
  say(text) {
    notice.textContent = text;
  },
  /** Give the net a row of data, whatever it is of. */
  give: (data) => giveData(page, data),
  /** Told when what is seen has come to rest. */
  onRest: () => {},
  /** What the network answers to a row of data, with what is switched and held. */
  answerTo: (data) => Array.from(answerTo(model, page.state, model.toUnits(data))),
  isBlank: () => model.isPicture && page.state.strokes.length === 0 && page.state.base === null,
};
const hasAddress = location.protocol !== "about:";
let [waiting, resting] = [0, 0];

const notice = make("p", { class: "notice", role: "status" });
const views = [model.isPicture ? pad(page) : columns(page), answer(page), layersView(page)];
const closer = {
  unit: ["Unit", unitView],
  dream: ["Dream", dreamView],
  complete: ["Complete", completeView],
  learn: ["How it learns", learnView],
};
views.push(
  tabs(
    page,
    model.tabs.map((key) => [key, closer[key][0], closer[key][1](page)]),
  ),
);

function renderNow() {
  waiting = 0;
  page.seen = look(model, page.state);
  notice.textContent = "";
  for (const view of views) view.render(page.seen);
  nets?.set(page.state.net);
  clearTimeout(resting);
  resting = setTimeout(() => {
    remember();
    page.onRest();
  }, 200);
}

/** Keep what is seen in the address. A page in a page, as in a notebook, has no address of its own. */
function remember() {
  if (hasAddress) history.replaceState(null, "", `#${written(page.state)}`);
}

const nets = model.hasBoth
  ? choice({
      label: "Layers",
      name: "net",
      options: [
        ["pretrained", "as pretrained"],
        ["finetuned", "fine-tuned"],
      ],
      value: page.state.net,
      change: (net) => page.change({ net }),
    })
  : null;

function copyLink() {
  remember();
  const done = () => page.say("The address is copied: it shows the same again.");
  if (navigator.clipboard) navigator.clipboard.writeText(location.href).then(done, () => page.say(location.href));
  else page.say(location.href);
}

function save() {
  const canvases = [...document.querySelectorAll("#pad, .layers :not([hidden]) > canvas")];
  savePicture(
    page,
    canvases.map((canvas) => ({ canvas, caption: canvas.dataset.caption ?? "Drawn" })),
  );
}

/** What is to be shown. A net that is too large for a file comes from the server of this page. */
async function packed(inlined) {
  if (!inlined.served) return inlined;
  app.textContent = "The net is on its way.";
  const answer = await fetch(`/net${location.search}`).catch(() => null);
  if (answer?.ok) return answer.json();
  app.textContent = "The server of this page has ended: begin it again with deepbelief explore --serve.";
  throw new Error("no net");
}

/** How exact the page is, in a sentence. */
function exactness({ encoding, deviation, reconstruction, measured, disagreeing }) {
  if (encoding === "32-bit floats")
    return "Weights are 32-bit floats, so that this page computes what the model does, up to rounding.";
  const own = model.isPretrained ? "rows that the net draws by itself" : "rows of random numbers";
  const rows = `${measured} ${model.rows ? "rows of the data" : own}`;
  const other = disagreeing === 0 ? "no row has another class" : `${disagreeing} have another class`;
  const what =
    model.finetuned && model.classes.length === 0
      ? `answers differ from the model's by at most ${short(deviation)}`
      : model.finetuned
        ? `probabilities differ from the model's by at most ${short(deviation)}, and ${other}`
        : `the top layer differs from the model's by at most ${short(deviation)}`;
  const below =
    reconstruction === null ? "" : `; what comes down differs by ${short(reconstruction)} of a unit's value on average`;
  return `Weights are ${encoding}. On ${rows}, ${what}${below}.`;
}

const [drawingView, answerView, layers, below] = views.map((view) => view.element);
document.title = `${model.title}: explore`;
app.replaceChildren(
  make(
    "header",
    {},
    make(
      "div",
      {},
      make("p", { class: "brand" }, "deepbelief"),
      make("h1", {}, "Inside ", make("em", {}, model.title)),
      make(
        "p",
        { class: "lead" },
        [...model.sizes, ...(model.finetuned ? [model.outputs.names.length] : [])].join(" → "),
        model.source ? ` · rows of ${model.source}` : "",
      ),
    ),
    make(
      "div",
      { class: "tools" },
      ...(nets ? [nets.element] : []),
      ...(hasAddress ? [button("Copy link", copyLink)] : []),
      button("Save picture", save),
    ),
  ),
  notice,
  make(
    "main",
    { class: model.isPicture ? "" : "table" },
    make("div", { class: "left" }, drawingView, answerView),
    layers,
    below,
  ),
  make(
    "footer",
    {},
    make("p", {}, exactness(model.parity)),
    make(
      "p",
      {},
      model.served
        ? "Everything is computed on this page: it asks its server for the net, and for nothing else."
        : "Everything is computed on this page: it asks nothing of any server.",
    ),
  ),
);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  forgetColours();
  page.render();
});
window.explored = page; // for the curious, in the browser's console: explored.seen.activities
window.addEventListener("hashchange", () => page.change(readFrom(location.hash.slice(1), model, first)));
renderNow();

// Gibbs chains in the top machine, which come down as pictures.
import { button, choice, dropDown, make, slider } from "./dom.mjs";
import { answerTo, machineActivities, machines } from "./look.mjs";
import { down, sweep } from "./net.mjs";
import { paintRow } from "./paint.mjs";
import { randomStream } from "./random.mjs";
import { draw } from "./units.mjs";
import { looksLike } from "./wording.mjs";

const BUDGET = 24; // milliseconds of a frame for sweeps

export function dreamView(page) {
  const { model, state } = page;
  const dream = state.dream;
  let [chains, running, swept, due, last, random] = [[], false, 0, 0, 0, randomStream(dream.seed)];
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");

  const tiles = make("div", { class: "tiles dreams" });
  const count = make("p", { class: "quiet", id: "swept" });
  const go = button("Dream", () => (running ? stop() : start()), { class: "main", id: "dream" });
  const restart = () => {
    random = randomStream(dream.seed);
    chains = begin(page, random);
    swept = 0;
    show();
  };
  const set = (part) => page.change({ dream: Object.assign(dream, part) });
  const anew = (part) => {
    set(part);
    restart();
  };
  const many = choice({
    label: "Chains",
    name: "chains",
    options: [
      ["1", "1"],
      ["10", "10"],
    ],
    value: String(dream.chains),
    change: (n) => anew({ chains: Number(n) }),
  });
  const from = choice({
    label: "Start from",
    name: "from",
    options: [
      ["noise", "noise"],
      ["drawing", `the ${model.noun}`],
    ],
    value: dream.from,
    change: (one) => anew({ from: one }),
  });
  const warmth = slider({
    label: "Temperature",
    min: 0.2,
    max: 2,
    step: 0.05,
    value: dream.temperature,
    say: (t) => t.toFixed(2),
    input: (temperature) => set({ temperature }),
  });
  const speed = slider({
    label: "Sweeps a second",
    min: 1,
    max: 60,
    step: 1,
    value: dream.speed,
    input: (one) => set({ speed: one }),
  });
  const firm = slider({
    label: "How firmly",
    min: 0.5,
    max: 6,
    step: 0.5,
    value: dream.firmness,
    say: (one) => `× ${one}`,
    input: (firmness) => set({ firmness }),
  });
  const held = dropDown({
    label: "Hold a class fast",
    options: [["-1", "none"], ...model.classes.map((name, k) => [String(k), name])],
    value: String(dream.held),
    change: (k) => set({ held: Number(k) }),
  });

  const element = make(
    "div",
    { class: "dream" },
    make(
      "div",
      { class: "controls" },
      make(
        "p",
        {},
        `The top machine alternates between its two layers: hidden units are drawn given the visible ones, and visible ones given the hidden. Its state comes down through ${model.pretrained.length > 1 ? "the layers below" : "its weights"}: this is what the net believes data to be.`,
      ),
      make(
        "div",
        { class: "tools" },
        go,
        button("Begin anew", () => anew({ seed: dream.seed + 1 })),
      ),
      many.element,
      from.element,
      warmth.element,
      speed.element,
      ...(model.classes.length > 0 ? [held.element, firm.element] : []),
      ...(model.classes.length > 0
        ? [
            make(
              "p",
              { class: "quiet" },
              "The softmax layer pulls at the hidden units with the weights of that class, as label units would (Hinton, Osindero & Teh 2006).",
            ),
          ]
        : []),
    ),
    make("div", { class: "stage" }, tiles, count),
  );

  function start() {
    running = true;
    last = performance.now();
    due = 0;
    go.textContent = "Pause";
    requestAnimationFrame(step);
  }

  function stop() {
    running = false;
    go.textContent = "Dream";
  }

  function step(now) {
    if (!running) return;
    const speedNow = still.matches ? Math.min(2, dream.speed) : dream.speed;
    due = Math.min(due + ((now - last) * speedNow) / 1000, 5);
    last = now;
    const until = performance.now() + BUDGET;
    let moved = false;
    while (due >= 1 && performance.now() < until) {
      advance();
      due--;
      moved = true;
    }
    if (moved) show();
    requestAnimationFrame(step);
  }

  function advance() {
    const top = machines(model, state).at(-1);
    const pull = pullOf(model, dream);
    chains = chains.map(({ v }) => sweep(top, v, random, { temperature: dream.temperature, pull }));
    swept++;
  }

  function show() {
    const layers = machines(model, state);
    while (tiles.children.length > chains.length) tiles.lastChild.remove();
    while (tiles.children.length < chains.length)
      tiles.append(
        make(
          "figure",
          {},
          make("canvas", { class: "picture", role: "img", "aria-label": "A dream" }),
          make("figcaption", {}),
        ),
      );
    tiles.classList.toggle("one", chains.length === 1);
    chains.forEach(({ means, v }, i) => {
      const units = layers.length > 1 ? down(layers.slice(0, -1), means ?? v) : (means ?? v);
      const [canvas, caption] = tiles.children[i].children;
      paintRow(canvas, model, model.toData(units), { isSmall: chains.length > 1 });
      const says = answerTo(model, { switches: {}, held: [] }, units);
      caption.textContent = says && swept ? looksLike(model, says) : "";
    });
    count.textContent = `${swept} ${swept === 1 ? "sweep" : "sweeps"}`;
  }

  return {
    element,
    render: () => {
      if (chains.length === 0) restart();
      else show();
    },
    leave: stop,
  };
}

/** The first states of the chains. */
function begin(page, random) {
  const { model, state, seen } = page;
  const top = machines(model, state).at(-1);
  const below = model.pretrained.length > 1 ? machineActivities(model, state, seen.v).at(-2) : seen.v;
  const isNoise = state.dream.from === "noise";
  const noise = () => draw(top.visible, top.visible.bias, random);
  return Array.from({ length: state.dream.chains }, () => ({ v: isNoise ? noise() : Float32Array.from(below) }));
}

/** What a class that is held fast adds to the field of the hidden units. */
function pullOf({ head }, { held, firmness }) {
  if (!head || held < 0) return undefined;
  return Float32Array.from({ length: head.nVisible }, (_, j) => firmness * head.weights[j * head.nHidden + held]);
}

// What a network that learns answers: bars beside a row, which classes it takes for which, numbers beside those it should say.
import { make, percent, short } from "./dom.mjs";
import { strongest } from "./net.mjs";
import { svg } from "./svg.mjs";

const SHOWN_CLASSES = 3; // of each row
const MOST_IN_TABLE = 12; // classes; of more, the most frequent mistakes are listed
const [SIDE, EDGE] = [260, 36];

/** What a row is, and what the network says of it. */
export function judgement(names, truth, answer) {
  if (names.length === 0)
    return make(
      "div",
      { class: "judgement" },
      make("p", {}, `is ${short(truth)}`),
      make("p", {}, `says ${short(answer)}`),
    );
  const bars = strongest(answer, SHOWN_CLASSES).map((k) => {
    const bar = make("i", {});
    bar.style.width = `${100 * answer[k]}%`;
    return make(
      "li",
      { class: k === truth ? "best" : "", title: `${names[k]}, with ${percent(answer[k])}` },
      make("span", { class: "name" }, names[k]),
      make("span", { class: "track" }, bar),
    );
  });
  return make("div", { class: "judgement" }, make("p", {}, `is ${names[truth]}`), make("ul", {}, ...bars));
}

/** How many rows of each class are given each class. */
export function confusion(names, counts) {
  if (names.length > MOST_IN_TABLE) return mistakes(names, counts);
  const cell = (count, total, isRight) => {
    const element = make("td", { class: isRight ? "right" : "" }, count ? String(count) : "");
    element.style.setProperty("--share", count / (total || 1));
    return element;
  };
  const lines = counts.map((line, k) => {
    const total = line.reduce((sum, count) => sum + count, 0);
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, names[k]),
      ...line.map((count, j) => cell(count, total, j === k)),
    );
  });
  const head = names.map((name) => make("th", { scope: "col" }, name));
  return make(
    "div",
    { class: "confusion", tabindex: 0, role: "group", "aria-label": "Classes, and what they are taken for" },
    make("table", {}, make("tr", {}, make("td", {}), ...head), ...lines),
  );
}

function mistakes(names, counts) {
  const found = counts.flatMap((line, k) => line.map((count, j) => [j === k ? 0 : count, k, j]));
  found.sort((a, b) => b[0] - a[0]);
  const most = found.slice(0, MOST_IN_TABLE).filter(([count]) => count > 0);
  return make("ul", {}, ...most.map(([count, k, j]) => make("li", {}, `${names[k]} taken for ${names[j]}: ${count}`)));
}

/** Numbers, across, and what the network says instead, upwards; on the line, both are the same. */
export function scatter(points) {
  const [low, high] = [Math.min(...points.flat()), Math.max(...points.flat())];
  const x = (value) => EDGE + ((value - low) / (high - low || 1)) * (SIDE - EDGE - 6);
  const y = (value) => SIDE - x(value);
  return svg(
    "svg",
    { viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img", "aria-label": `${points.length} numbers, and what is predicted` },
    svg("path", { class: "axis", d: `M${x(low)} ${y(low)}L${x(high)} ${y(high)}` }),
    ...points.map(([is, says]) => svg("circle", { class: "dot line-0", cx: x(is), cy: y(says), r: 2 })),
    svg("text", { x: EDGE, y: SIDE - 8 }, `is ${short(low)}`),
    svg("text", { x: SIDE - 4, y: SIDE - 8, "text-anchor": "end" }, short(high)),
    svg("text", { x: EDGE - 4, y: 14, "text-anchor": "start" }, `says ${short(high)}`),
  );
}

// Curves with a scale and a legend, as SVG.
import { make, short } from "./dom.mjs";
import { svg } from "./svg.mjs";

const [WIDTH, HEIGHT, LEFT, BELOW, ABOVE] = [320, 180, 56, 22, 8];
const COLOURS = 4; // classes of the style sheet: line-0 to line-3

/** A chart of lines of { label, dashed, points }, where points are [epoch, value]; a dashed one has the colour before it. */
export function chart(title, lines) {
  const points = lines.flatMap((line) => line.points);
  const values = points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const last = Math.max(2, ...points.map(([epoch]) => epoch));
  const x = (epoch) => LEFT + ((epoch - 1) / (last - 1)) * (WIDTH - LEFT - 6);
  const y = (value) => HEIGHT - BELOW - ((value - low) / (high - low || 1)) * (HEIGHT - BELOW - ABOVE);
  const drawing = svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": said(title, lines) },
    svg("path", { class: "axis", d: `M${LEFT} ${ABOVE}V${HEIGHT - BELOW}H${WIDTH}` }),
    svg("text", { x: LEFT - 5, y: y(high) + 4, "text-anchor": "end" }, short(high)),
    svg("text", { x: WIDTH - 4, y: HEIGHT - 5, "text-anchor": "end" }, `epoch ${last}`),
  );
  if (high > low) drawing.append(svg("text", { x: LEFT - 5, y: y(low) + 4, "text-anchor": "end" }, short(low)));
  const legend = make("p", { class: "legend" });
  let colour = -1;
  for (const { label, dashed, points: own } of lines) {
    if (!dashed) colour += 1;
    const kind = `line-${Math.max(colour, 0) % COLOURS}${dashed ? " dashed" : ""}`;
    const d = own.map(([epoch, value], i) => `${i ? "L" : "M"}${x(epoch).toFixed(1)} ${y(value).toFixed(1)}`).join("");
    drawing.append(svg("path", { class: `line ${kind}`, d }));
    const [epoch, value] = own[own.length - 1];
    drawing.append(svg("circle", { class: `dot ${kind}`, cx: x(epoch), cy: y(value), r: 2.5 }));
    legend.append(make("span", { class: kind }, label), " ");
  }
  return make("figure", {}, make("figcaption", {}, title), drawing, legend);
}

function said(title, lines) {
  const ends = lines.map(({ label, points }) => `${label} ${short(points[points.length - 1][1])}`);
  return `${title} after the last epoch: ${ends.join(", ")}`;
}

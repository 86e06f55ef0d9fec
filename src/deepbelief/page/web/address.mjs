// What one sees, in the fragment of the address: a link shows the same again.

const letters = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function bytesIn(text) {
  const found = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(found, (letter) => letter.charCodeAt(0));
}

const inByte = (share) => Math.round(255 * Math.min(1, Math.max(0, share)));

/** The fragment that says what is seen. */
export function written(state) {
  const parts = new URLSearchParams({ tab: state.tab, net: state.net, layer: state.layer + 1, unit: state.unit + 1 });
  if (!state.framed) parts.set("framed", "no");
  if (state.row !== null) parts.set("row", state.row + 1);
  for (const { points, erase } of state.strokes)
    parts.append(erase ? "rub" : "pen", letters(points.flat().map(inByte)));
  if (state.row === null && state.values)
    parts.set("values", Array.from(state.values, (value) => Number(value.toPrecision(4))).join(","));
  for (const [layer, units] of Object.entries(state.switches))
    for (const [unit, isOn] of Object.entries(units))
      parts.append(isOn ? "on" : "off", `${Number(layer) + 1}.${Number(unit) + 1}`);
  const { dream } = state;
  if (state.tab === "dream")
    parts.set(
      "dream",
      [dream.chains, dream.from, dream.temperature, dream.speed, dream.held, dream.firmness, dream.seed].join(","),
    );
  return parts.toString();
}

/** What a fragment says of the state; what it says wrongly is left out. */
export function readFrom(fragment, model, state) {
  const parts = new URLSearchParams(fragment);
  const whole = (text, most) => {
    const number = Number(text) - 1;
    return Number.isInteger(number) && number >= 0 && number < most ? number : null;
  };
  const found = {};
  if (model.tabs.includes(parts.get("tab"))) found.tab = parts.get("tab");
  if (parts.get("net") === "pretrained" && model.hasBoth) found.net = "pretrained";
  found.framed = parts.get("framed") !== "no";
  const layer = whole(parts.get("layer"), model.widths.length);
  if (layer !== null) Object.assign(found, { layer, unit: whole(parts.get("unit"), model.widths[layer]) ?? 0 });
  found.row = model.rows ? whole(parts.get("row"), model.rows.n) : null;
  if (found.row !== null) found[model.isPicture ? "base" : "values"] = Float32Array.from(model.rows.row(found.row));
  const strokes = [...parts].filter(([name]) => name === "pen" || name === "rub");
  found.strokes = strokes.flatMap(([name, text]) => strokeIn(text, name === "rub"));
  const values = (parts.get("values") ?? "").split(",").map(Number);
  if (!model.isPicture && values.length === model.nVisible && values.every(Number.isFinite))
    found.values = Float32Array.from(values);
  found.switches = {};
  for (const [name, text] of parts) {
    if (name !== "on" && name !== "off") continue;
    const [k, unit] = text.split(".");
    const at = whole(k, model.widths.length);
    const one = at === null ? null : whole(unit, model.widths[at]);
    if (one !== null) found.switches[at] = { ...found.switches[at], [one]: name === "on" ? 1 : 0 };
  }
  const [chains, from, ...numbers] = (parts.get("dream") ?? "").split(",");
  const [temperature, speed, held, firmness, seed] = numbers.map(Number);
  if (numbers.length === 5 && [temperature, speed, held, firmness, seed].every(Number.isFinite))
    found.dream = {
      chains: chains === "10" ? 10 : 1,
      from: from === "drawing" ? from : "noise",
      temperature,
      speed,
      held: held < model.classes.length ? held : -1,
      firmness,
      seed,
    };
  return { ...state, ...found };
}

function strokeIn(text, erase) {
  try {
    const bytes = bytesIn(text);
    const points = Array.from({ length: Math.floor(bytes.length / 2) }, (_, i) => [
      bytes[2 * i] / 255,
      bytes[2 * i + 1] / 255,
    ]);
    return points.length ? [{ points, erase }] : [];
  } catch {
    return [];
  }
}

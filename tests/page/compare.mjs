// The page's arithmetic beside golden vectors: the largest relative difference of each function, for each machine.

function difference(found, wanted) {
  const [a, b] = [Array.from(found), Array.from(wanted)];
  if (a.length !== b.length) return Number.MAX_VALUE;
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]) / Math.max(1, Math.abs(b[i]))));
}

// Random numbers as they were written down; a page that asks for others, or for more of them, gets NaN.
function recorded(drawn) {
  const lists = drawn.map(([kind, values]) => [kind, [...values]]);
  const next = (kind) => {
    while (lists.length && lists[0][1].length === 0) lists.shift();
    return lists.length && lists[0][0] === kind ? lists[0][1].shift() : Number.NaN;
  };
  return { uniform: () => next("uniform"), normal: () => next("normal") };
}

export function compare(cases, { decodedLayer, forward, reverse, freeEnergy, softmax, sweep, decoded }) {
  const of = {};
  for (const golden of cases) {
    const worst = {};
    of[golden.name] = worst;
    const note = (name, found, wanted) => {
      const by = difference(found, wanted);
      worst[name] = Math.max(worst[name] ?? 0, Number.isNaN(by) ? Number.MAX_VALUE : by);
    };
    const layer = decodedLayer(golden.layer);
    const { weights, bias } = golden.head;
    const head = { nVisible: layer.nHidden, nHidden: weights.columns };
    Object.assign(head, { weights: decoded(weights), hidden: { bias: decoded(bias) } });
    golden.v.forEach((v, row) => {
      const h = forward(layer, v);
      note("forward", h, golden.forward[row]);
      note("reverse", reverse(layer, golden.forward[row]), golden.reverse[row]);
      note("free energy", [freeEnergy(layer, v)], [golden.freeEnergy[row]]);
      note("softmax", softmax(head, golden.forward[row]), golden.softmax[row]);
      const { random, v: drawn, h: hidden } = golden.sweeps[row];
      const found = sweep(layer, Float32Array.from(v), recorded(random), { clamped: golden.clamped });
      note("sweep h", found.h, hidden);
      note("sweep v", found.v, drawn);
    });
  }
  return of;
}

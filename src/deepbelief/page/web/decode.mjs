// From the text in the page to arrays: what deepbelief.page.encoding wrote.

/** The bytes of a base64 text. */
export function bytesOf(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/** The value of each of the 65,536 floats of 16 bits. */
function halves() {
  const values = new Float32Array(65536);
  for (let bits = 0; bits < values.length; bits++) {
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : (fraction / 1024) * 2 ** -14;
    values[bits] = bits & 32768 ? -size : size;
  }
  return values;
}

const HALVES = halves();

/** An encoded matrix by rows, with as many columns as `columns`. */
export function decoded({ encoding, data, columns, scales }) {
  const { buffer } = bytesOf(data);
  if (encoding === "float32") return new Float32Array(buffer);
  if (encoding === "float16") return Float32Array.from(new Uint16Array(buffer), (bits) => HALVES[bits]);
  const steps = encoding === "int8" ? new Int8Array(buffer) : new Uint8Array(buffer);
  const out = new Float32Array(steps.length);
  const scale = new Float32Array(bytesOf(scales).buffer);
  for (let at = 0, column = 0; at < out.length; at++) {
    out[at] = steps[at] * scale[column];
    if (++column === columns) column = 0;
  }
  return out;
}

function side({ blocks, bias, precision }) {
  return { blocks, bias: decoded(bias), precision: precision && decoded(precision) };
}

export function decodedLayer({ weights, visible, hidden }) {
  const { columns } = weights;
  const values = decoded(weights);
  return {
    nVisible: values.length / columns,
    nHidden: columns,
    weights: values,
    biasShare: visible.biasShare,
    visible: side(visible),
    hidden: side(hidden),
  };
}

/**
 * The layers of the pretrained net; those of the network, which came as differences from these; and its last layer. Of a
 * network whose pretrained net is not in the page, the weights came as they are.
 */
export function networks({ layers, network, isPretrained }) {
  const packed = layers.map(decodedLayer);
  if (!network) return { pretrained: packed, finetuned: null, isRectified: false, head: null };
  const isRectified = network.activation === "relu";
  const finetuned = packed.map((below, k) => {
    const blocks = isRectified ? [{ type: "rectified", size: below.nHidden }] : below.hidden.blocks;
    const hidden = { ...below.hidden, blocks, bias: decoded(network.biases[k]) };
    // Biases of the network count once: those that count with the words of a document are in its weights.
    const change = isPretrained && decoded(network.changes[k]);
    const weights = change ? below.weights.map((weight, at) => weight + change[at]) : below.weights;
    return { ...below, weights, hidden, biasShare: null };
  });
  const { weights, bias } = network.head;
  const head = { nVisible: packed[packed.length - 1].nHidden, nHidden: weights.columns };
  Object.assign(head, { weights: decoded(weights), hidden: { bias: decoded(bias) } });
  return { pretrained: isPretrained ? packed : null, finetuned, isRectified, head };
}

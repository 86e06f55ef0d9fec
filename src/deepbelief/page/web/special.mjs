// Functions of probability that JavaScript lacks: the factorial, and the normal distribution far into its tails.

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);
const LARGE = 10; // from where Stirling's series is exact
const FAR = 3; // from where the continued fraction of the tail is exact
const TERMS = 40;

/** log x!, for x ≥ 0 that need not be whole. */
export function logFactorial(x) {
  let [z, product] = [x + 1, 1];
  while (z < LARGE) product *= z++;
  const square = 1 / (z * z);
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / z;
  return (z - 0.5) * Math.log(z) - z + HALF_LOG_TAU + series - Math.log(product);
}

/** 1 / (t + 2 / (t + 3 / (t + …))), the mean of a normal distribution beyond t, above t (Laplace). */
function excess(t) {
  let inner = t;
  for (let k = TERMS; k > 1; k--) inner = t + k / inner;
  return 1 / inner;
}

/** Mills' ratio Φ(−t) / φ(t), for t ≥ 0. */
function mills(t) {
  if (t >= FAR) return 1 / (t + excess(t));
  let [term, sum] = [t, t];
  for (let k = 3; term > sum * Number.EPSILON; k += 2) {
    term *= (t * t) / k;
    sum += term;
  }
  return Math.sqrt(Math.PI / 2) * Math.exp((t * t) / 2) - sum;
}

/** Φ(−t) of a t ≥ 0. */
function tail(t) {
  return mills(t) * Math.exp((-t * t) / 2 - HALF_LOG_TAU);
}

/** φ(a) / Φ(a). */
function slopeOfLog(a) {
  return a <= 0 ? 1 / mills(-a) : Math.exp((-a * a) / 2 - HALF_LOG_TAU) / (1 - tail(a));
}

/** a + φ(a) / Φ(a), the mean of a normal distribution around a that is cut off below 0. */
export function meanAboveZero(a) {
  return a <= -FAR ? excess(-a) : a + slopeOfLog(a);
}

/** log Φ(a). */
export function logNormal(a) {
  return a <= 0 ? Math.log(mills(-a)) - (a * a) / 2 - HALF_LOG_TAU : Math.log1p(-tail(a));
}

/** log ∫ exp(a x − x² / 2) dx over x ≥ 0. */
export function logMassAboveZero(a) {
  return a <= 0 ? Math.log(mills(-a)) : (a * a) / 2 + HALF_LOG_TAU + Math.log1p(-tail(a));
}

/** The z with log Φ(z) = level, by Newton's method, which comes from below as log Φ is concave. */
export function normalQuantile(level) {
  if (level > -Math.LN2) return -normalQuantile(Math.log(-Math.expm1(level)));
  let z = -Math.sqrt(-2 * level);
  for (let step = 1; Math.abs(step) > 1e-12 * Math.max(1, Math.abs(z)); z += step)
    step = (level - logNormal(z)) / slopeOfLog(z);
  return z;
}

const TINY = 1e-18;

/**
 * The smallest whole number k with P(K ≤ k) > u, where ratio(k) is P(k) / P(k − 1) and `mode` is where P is largest, or
 * near it.
 */
export function countAt(u, ratio, mode, highest = Infinity) {
  let [k, weight, sum] = [mode, 1, 1];
  for (let above = 1; k < highest && above > TINY; sum += above) above *= ratio(++k);
  for (k = mode; k > 0 && weight > TINY; sum += weight) weight /= ratio(k--);
  for (let left = u * sum - weight; left >= 0 && k < highest; left -= weight) {
    weight *= ratio(++k);
    if (k > mode && weight < TINY) break;
  }
  return k;
}

// What the pictures compute, apart from what they draw; the tests hold each of these to the exact result.
const computed = {
  // x [rows][columns] with n more on each side: zeros, or x again from its other end.
  pad: (x, n, circular = false) => {
    const at = (list, i, none) => (circular ? list[((i % list.length) + list.length) % list.length] : list[i] ?? none);
    const wide = (list, none, one) => Array.from({ length: list.length + 2 * n }, (_, i) => one(at(list, i - n, none)));
    return wide(x, x[0].map(() => 0), (row) => wide(row, 0, (value) => value));
  },
  // The kernel w as it lies on x: as it is, or turned by 180°.
  laid: (w, turned) => (turned ? [...w].reverse().map((row) => [...row].reverse()) : w),
  // [[number, factor]] of the window at row i and column j of the output.
  products: (x, w, i, j, stride) => w.flatMap((row, m) => row.map((factor, n) => [x[i * stride + m][j * stride + n], factor])),
  // The sum of products over each window that fits.
  slide: (x, w, stride) => {
    const places = (size, reach) => [...Array(Math.max(0, Math.floor((size - reach) / stride) + 1)).keys()];
    return places(x.length, w.length).map((i) => places(x[0].length, w[0].length).map((j) =>
      computed.products(x, w, i, j, stride).reduce((sum, [a, b]) => sum + a * b, 0)));
  },
  // x moved by whole rows and columns; what comes in: null, or what went out at the other end.
  shift: (x, down, right, circular) => x.map((row, i) => row.map((_, j) => {
    const [from, column] = [i - down, j - right].map((at, axis) => {
      const size = axis ? row.length : x.length;
      return circular ? ((at % size) + size) % size : at;
    });
    return x[from]?.[column] ?? null;
  })),
  // A layer f after a shift of x, and the same shift after f; no second where the shift is no whole number of outputs.
  moved: (x, w, { border, stride, down, right }) => {
    const circular = border === "circular";
    const layer = (of) => computed.slide(border === "valid" ? of : computed.pad(of, (w.length - 1) / 2, circular), w, stride);
    const shifted = computed.shift(x, down, right, circular).map((row) => row.map((value) => value ?? 0));
    const whole = down % stride === 0 && right % stride === 0;
    return { shifted, first: layer(shifted), second: whole ? computed.shift(layer(x), down / stride, right / stride, circular) : null };
  },
  // Each number of x lays w, times itself, one stride further; of the sum so many numbers are cut off at both ends.
  transposed: (x, w, stride, cut) => {
    const rows = x.map((value, i) => Array.from({ length: (x.length - 1) * stride + w.length }, (_, at) => (w[at - i * stride] === undefined ? null : value * w[at - i * stride])));
    const full = rows[0].map((_, at) => rows.reduce((sum, row) => sum + (row[at] ?? 0), 0));
    return { rows, full, kept: full.slice(cut, full.length - cut) };
  },
  // Mean and biased variance.
  moments: (x) => {
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    return [mean, x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length];
  },
  normalize: (x, { mean, variance, gamma, beta, epsilon }) => x.map((value) => gamma * (value - mean) / Math.sqrt(variance + epsilon) + beta),
  // Of the logistic function, tanh and ReLU, written so that the tails do not cancel; ReLU has none at 0.
  slopes: (z) => {
    const one = Math.exp(-Math.abs(z)), two = Math.exp(-2 * Math.abs(z));
    return [one / (1 + one) ** 2, (4 * two) / (1 + two) ** 2, z === 0 ? null : Number(z > 0)];
  },
};
// How numbers are told; as words.py tells them.
const sign = (text) => text.replace("-", "−");
const number = (x) => {
  if (x === null) return "–";
  if (x === 0) return "0";
  if (Number.isInteger(x) && Math.abs(x) < 1e6) return sign(x.toLocaleString("en-US"));
  const [mantissa, power] = x.toExponential(2).split("e");
  const short = (digits) => sign(digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits);
  const e = Number(power);
  if (e >= -4 && e < 3) return short(x.toFixed(2 - e));
  return `${short(mantissa)} × 10${[...String(e)].map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("")}`;
};
const plural = (n, one) => `${number(n)} ${one}${n === 1 ? "" : "s"}`;
// What makes a picture answer, by its name.
const kinds = {};

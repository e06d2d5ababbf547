// Pictures that a script draws (responding.py): from the values of their controls alone, which the address keeps.
{
  const powers = (input) => (input.dataset.power ? Number((10 ** Number(input.value)).toPrecision(3)) : input.value);
  const value = (input) => (Number.isNaN(Number(powers(input))) ? input.value : Number(powers(input)));
  const drawn = (draw) => (figure) => {
    const inputs = [...figure.querySelectorAll("[name]")];
    const show = () => {
      const now = Object.fromEntries(inputs.map((input) => [input.name, value(input)]));
      for (const input of inputs) { const told = input.parentElement.querySelector(".value"); if (told) told.textContent = number(now[input.name]); }
      const [board, said] = draw(now, figure);
      figure.querySelector(".board").innerHTML = board;
      figure.querySelector(".now-says").textContent = said;
    };
    figure.addEventListener("input", show);
    show();
  };
  const set = (figure, values) => {
    const changed = Object.entries(values).filter(([name, to]) => {
      const input = figure.querySelector(`[name="${name}"]`), before = input.value;
      input.value = to;
      return input.value !== before;
    });
    if (changed.length) figure.dispatchEvent(new Event("input", { bubbles: true }));
    return changed.length > 0;
  };
  const table = (name, rows) => `<div><p class="note">${name}</p><table class="window"><tbody>${rows.map((row) => `<tr>${row.join("")}</tr>`).join("")}</tbody></table></div>`;
  const cell = (text, look = "", more = "") => `<td class="${look}"${more}>${text === null ? "" : number(text)}</td>`;
  const svg = (width, height, title, inside) => `<svg viewBox="0 0 ${width} ${height}" role="img"><title>${title}</title>${inside}</svg>`;
  const label = (x, y, text, look = "") => `<text x="${x}" y="${y}" class="${look}">${text}</text>`;

  // A window over numbers: an output with its products.
  const picture = [[0, 0, 1, 2, 1, 0], [0, 1, 3, 3, 1, 0], [1, 3, 4, 2, 0, 0], [2, 3, 2, 0, 1, 1], [1, 1, 0, 1, 2, 1], [0, 0, 0, 1, 1, 0]];
  const kernels = { edge: [[1, 0, -1], [2, 0, -2], [1, 0, -1]], corner: [[1, 2, 0], [3, 0, 0], [0, 0, 0]], sum: [[1, 1, 1], [1, 1, 1], [1, 1, 1]] };
  kinds.window = (figure) => {
    let places = 1;
    drawn(({ sum, border, stride, kernel, at }) => {
      const around = border === "same" ? 1 : 0, x = computed.pad(picture, around), w = computed.laid(kernels[kernel], sum === "convolution");
      const y = computed.slide(x, w, stride), columns = y[0].length;
      places = y.length * columns;
      const here = Math.min(at, places) - 1, i = Math.floor(here / columns), j = here % columns;
      const met = (r, c) => r >= i * stride && r < i * stride + 3 && c >= j * stride && c < j * stride + 3;
      const pad = (r, c) => r < around || c < around || r >= x.length - around || c >= x[0].length - around;
      const inputs = x.map((row, r) => row.map((one, c) => cell(one, `${met(r, c) ? "met" : ""} ${pad(r, c) ? "pad" : ""}`)));
      const outputs = y.map((row, r) => row.map((one, c) => cell(one, r === i && c === j ? "now" : "", ` data-at="${r * columns + c + 1}"`)));
      const products = computed.products(x, w, i, j, stride).map(([a, b]) => `${number(a)}·${b < 0 ? `(${number(b)})` : b}`).join(" + ");
      return [table("input", inputs) + table("kernel as it lies", w.map((row) => row.map((one) => cell(one, "of-kernel")))) + table("output", outputs), `y(${i + 1}, ${j + 1}) = ${products} = ${number(y[i][j])}`];
    })(figure);
    const go = (event) => { const to = event.target.closest("[data-at]")?.dataset.at; if (to !== undefined) set(figure, { at: to }); };
    figure.addEventListener("pointerover", go);
    figure.addEventListener("click", go);
    // Play: from output to output, until the last one.
    const play = figure.querySelector("[data-play]"), slider = figure.querySelector("[name=at]");
    let ticking;
    const stop = () => { clearInterval(ticking); ticking = undefined; play.textContent = "▶ play"; };
    const step = () => { if (Number(slider.value) < places) set(figure, { at: Number(slider.value) + 1 }); else stop(); };
    play.addEventListener("click", () => {
      if (ticking) { stop(); return; }
      if (Number(slider.value) >= places) set(figure, { at: 1 });
      play.textContent = "■ stop";
      ticking = setInterval(step, 500);
    });
  };

  // Transposed convolution: each number lays the kernel.
  kinds.transposed = drawn(({ k, stride, cut }) => {
    const x = [1, 2, 3, 4], w = [1, 10, 100, 1000, 10000].slice(0, k), most = Math.floor((3 * stride + k - 1) / 2), off = Math.min(cut, most);
    const { rows, full, kept } = computed.transposed(x, w, stride, off);
    const lost = (at) => (at < off || at >= full.length - off ? "pad" : "");
    const body = rows.map((row, i) => [`<th>${x[i]} ·</th>`, ...row.map((one, at) => cell(one, `${lost(at)} ${one === null ? "" : "met"}`))]);
    const sum = ["<th>sum</th>", ...full.map((one, at) => cell(one, lost(at) || "now"))];
    const size = `(4 − 1)·${stride} + ${k} − 2·${off} = ${kept.length}`;
    const gaps = full.includes(0) ? " Where no kernel lies the output is 0: the stride is larger than the kernel." : stride < k && k % stride ? " The kernels overlap unevenly, because the stride does not divide the kernel: a chequered output." : "";
    return [table(`kernel ${w.map(number).join(", ")}`, [...body, sum]), `${plural(kept.length, "output")}: ${size}.${gaps}`];
  });

  // Batch norm of one feature of a batch of eight.
  const batch = [-1.5, -1, -0.75, -0.25, 0.25, 0.5, 1, 1.75];
  kinds.normalized = drawn(({ mode, scale, shift, epsilon, gamma, beta }) => {
    const x = batch.map((one) => scale * one + shift), [mean, variance] = computed.moments(x);
    const [runningMean, runningVariance] = computed.moments(batch);
    const with_ = mode === "training" ? { mean, variance } : { mean: runningMean, variance: runningVariance };
    const y = computed.normalize(x, { ...with_, gamma, beta, epsilon }), [meanOut, varianceOut] = computed.moments(y);
    const mid = (one, square) => number(Math.abs(one) < 1e-9 * Math.sqrt(square) ? 0 : one); // a mean of 0 comes out as some 1e-17
    const line = (values, at, name, most) => {
      const place = (one) => 320 + 250 * Math.max(-1.1, Math.min(1.1, one / most));
      const ticks = [-most, 0, most].map((one) => `<path class="grid" d="M${place(one)} ${at - 12}v24"/>${label(place(one), at + 26, number(one), "middle")}`).join("");
      return `${label(8, at + 4, name)}<path class="grid" d="M45 ${at}h550"/>${ticks}${values.map((one) => `<circle r="5" cx="${place(one).toFixed(1)}" cy="${at}"/>`).join("")}`;
    };
    const most = 10 ** Math.ceil(Math.log10(Math.max(...x.map(Math.abs))));
    const inside = line(x, 24, "x", most) + line(y, 84, "y", 4);
    const whose = mode === "training" ? "the batch's own" : "the running";
    const said = `x: mean ${mid(mean, variance)}, variance ${number(variance)}. With ${whose} mean ${mid(with_.mean, with_.variance)} and variance ${number(with_.variance)}, y has mean ${mid(meanOut, varianceOut)} and variance ${number(varianceOut)}` + (mode === "training" ? `, which is γ²·s²/(s² + ε).` : `: the output follows the input's scale and shift.`);
    return [svg(640, 116, "The batch before and after batch norm, on two lines; what lies outside a line is drawn at its end", inside), said];
  });

  // Slopes over z, and what a product of them over many layers leaves.
  const names = ["σ′", "tanh′", "ReLU′"], looks = ["", "tanh", "relu"];
  kinds.depth = drawn(({ z, layers }) => {
    const slopes = computed.slopes(z), lowest = 40, x = (at) => 40 + 17 * (at + 8), y = (slope) => 150 - 130 * slope;
    const curve = (n) => {
      const points = [...Array(161).keys()].map((i) => (i - 80) / 10).filter((at) => at !== 0 || n < 2);
      return `<path class="curve ${looks[n]}" d="M${points.map((at) => `${x(at).toFixed(1)} ${y(computed.slopes(at)[n]).toFixed(1)}`).join("L")}"/>`;
    };
    const down = (product) => 20 + 130 * Math.min(1, product > 0 ? -Math.log10(product) / lowest : 1), along = (layer) => 370 + (270 / 30) * layer;
    const fall = (n) => (slopes[n] === null ? "" : `<path class="curve ${looks[n]}" d="M${[...Array(layers + 1).keys()].map((layer) => `${along(layer)} ${down(slopes[n] ** layer).toFixed(1)}`).join("L")}"/>`);
    const ticks = [-8, -4, 0, 4, 8].map((at) => label(x(at), 166, number(at), "middle")).join("") + [0, 0.5, 1].map((at) => label(34, y(at) + 4, number(at), "end")).join("");
    const scale = [0, 10, 20, 30, 40].map((e) => label(364, 24 + 130 * e / lowest, number(10 ** -e), "end")).join("") + [0, 10, 20, 30].map((layer) => label(along(layer), 166, layer, "middle")).join("");
    const inside = [0, 1, 2].map(curve).join("") + [0, 1, 2].map(fall).join("") + ticks + scale + `<path class="cursor" d="M${x(z)} 14V150"/>` + label(176, 182, "slope over z: σ′ whole line, tanh′ dashed, ReLU′ dotted", "middle") + label(505, 182, "product of the slopes over the layers", "middle");
    const told = names.map((name, n) => (slopes[n] === null ? `${name} has no slope there` : `${name} ${number(slopes[n])}, over ${plural(layers, "layer")} ${number(slopes[n] ** layers)}`));
    return [svg(660, 190, "Slopes of the logistic function, tanh and ReLU over z, and their product over the layers on a logarithmic scale", inside), `At z = ${number(z)}: ${told.join("; ")}.`];
  });

  // A layer and a shift, in either order. The picture is dragged.
  const glyph = ["000000000000", "000000000000", "000000000000", "000123210000", "000200010000", "000300000000", "000233200000", "000000030000", "000100020000", "000012210000", "000000000000", "000000000000"].map((row) => [...row].map(Number));
  const edges = [[1, 0, -2], [2, 0, -1], [1, 1, -2]], side = 11;
  kinds.shifted = (figure) => {
    drawn(({ stride, border, down, right }) => {
      const { shifted, first, second } = computed.moved(glyph, edges, { border, stride, down, right });
      const most = Math.max(...first.flat().map(Math.abs), 1);
      const box = (r, c, size, look, opacity = 1) => `<path class="${look}" fill-opacity="${opacity}" d="M${c * size} ${r * size}h${size}v${size}h-${size}z"/>`;
      const grid = (name, rows, look) => {
        const size = side * 12 / (border === "valid" || rows.length < 12 ? Math.max(rows.length, rows[0].length) : 12);
        return `<div><p class="note">${name}</p><svg viewBox="-1 -1 134 134" role="img"><title>${name}</title>${rows.map((row, r) => row.map((one, c) => look(one, r, c, size)).join("")).join("")}<path class="frame" d="M0 0h132v132h-132z"/></svg></div>`;
      };
      const shade = (of) => (one, r, c, size) => (one === null ? box(r, c, size, "unknown") : one === 0 ? "" : box(r, c, size, one < 0 ? "below" : "above", (Math.abs(one) / of).toFixed(2)));
      let boards = grid("x, shifted: drag it", shifted, shade(3)) + grid("f(shift x)", first, shade(most));
      if (!second) return [boards, `A shift by ${plural(Math.abs(down), "row")} and ${plural(Math.abs(right), "column")} is no whole number of outputs at stride ${stride}: there is no shift of f(x) to compare with.`];
      const known = second.flat().filter((one) => one !== null).length;
      const differ = first.flatMap((row, r) => row.filter((one, c) => second[r][c] !== null && second[r][c] !== one)).length;
      boards += grid("shift f(x)", second, shade(most)) + grid("where they differ", first, (one, r, c, size) => (second[r][c] === null ? box(r, c, size, "unknown") : second[r][c] === one ? "" : box(r, c, size, "differs")));
      const none = first.flat().length - known;
      return [boards, `Shifted by ${number(down)} down and ${number(right)} to the right: ${differ ? `${differ} of ${known} outputs differ` : `all ${known} outputs that have a counterpart are equal`}${none ? `; ${none} came in from outside (hatched)` : ""}.`];
    })(figure);
    const board = figure.querySelector(".board");
    let from;
    board.addEventListener("pointerdown", (event) => {
      const drawing = event.target.closest("svg");
      if (!drawing || drawing !== board.querySelector("svg")) return;
      const now = (name) => Number(figure.querySelector(`[name=${name}]`).value);
      from = { x: event.clientX, y: event.clientY, down: now("down"), right: now("right"), unit: drawing.getBoundingClientRect().width / 12 };
      board.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    board.addEventListener("pointermove", (event) => {
      if (from) set(figure, { down: from.down + Math.round((event.clientY - from.y) / from.unit), right: from.right + Math.round((event.clientX - from.x) / from.unit) });
    });
    for (const end of ["pointerup", "pointercancel"]) board.addEventListener(end, () => { from = undefined; });
  };

  for (const figure of document.querySelectorAll("figure[data-try]")) {
    kinds[figure.dataset.try](figure);
    for (const controls of figure.querySelectorAll(".controls")) controls.hidden = false;
  }

  // The address: #try=id&name=value…, of the picture that was moved last.
  let soon;
  document.addEventListener("input", (event) => {
    const figure = event.target.closest?.("figure[data-try]");
    if (!figure) return;
    clearTimeout(soon);
    soon = setTimeout(() => {
      const state = new URLSearchParams({ try: figure.id });
      for (const input of figure.querySelectorAll("[name]")) if (input.type !== "radio" || input.checked) state.set(input.name, input.value);
      history.replaceState(null, "", `#${state}`);
    }, 300);
  });
  const recall = () => {
    if (!location.hash.startsWith("#try=")) return;
    const state = new URLSearchParams(location.hash.slice(1)), figure = document.getElementById(state.get("try"));
    if (!figure) return;
    let last;
    for (const [name, to] of state) {
      const radio = figure.querySelector(`[type=radio][name="${CSS.escape(name)}"][value="${CSS.escape(to)}"]`);
      const input = radio ?? figure.querySelector(`[name="${CSS.escape(name)}"]`);
      if (radio) radio.checked = true;
      else if (input) input.value = to;
      last = input ?? last;
    }
    for (const event of ["input", "change"]) last?.dispatchEvent(new Event(event, { bubbles: true }));
    // What stands above is laid out only now, and moves it.
    const bring = (times) => {
      figure.scrollIntoView();
      requestAnimationFrame(() => { if (times && Math.abs(figure.getBoundingClientRect().top) > 40) bring(times - 1); });
    };
    bring(20);
  };
  addEventListener("hashchange", recall);
  recall();
}

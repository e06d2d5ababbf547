// Pictures that answer the reader. Each stands in the page without this script; here its controls are shown and heard.
// Steps and numbers are those of interactive.py, so that the still picture's values give the still picture.
{
  const range = (n, from = 0) => Array.from({ length: Math.max(0, n) }, (_, i) => from + i);
  // Where a picture is wider than its box the box follows the point x that moves, from when it is first seen.
  const following = (svg, x) => {
    const box = svg.parentElement;
    const follow = () => {
      const at = x() * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      box.scrollLeft = Math.min(Math.max(box.scrollLeft, at - 0.8 * box.clientWidth), at - 0.2 * box.clientWidth);
    };
    new IntersectionObserver(([seen], observer) => {
      if (!seen.isIntersecting) return;
      observer.disconnect();
      follow();
    }).observe(box);
    return follow;
  };
  const part = (figure) => (selector) => figure.querySelector(selector);

  // The kernel over the letters: a window is a number of the feature map.
  const kernel = (figure) => {
    const $ = part(figure);
    const sums = JSON.parse(figure.dataset.sums);
    const columns = Number(figure.dataset.columns);
    const letters = [...figure.querySelectorAll(".input td")];
    const outputs = [...figure.querySelectorAll(".outputs tr")].map((row) => [...row.cells]);
    const place = $("[name=place]");
    let row = 0, column = 0;
    const show = () => {
      const map = sums[Number($("input:checked").value)].map;
      const { index, products, others } = map[row][column];
      const on = new Map(products);
      for (const cell of letters) {
        const letter = cell.dataset.letter;
        cell.textContent = letter;
        cell.classList.toggle("met", on.has(letter));
        if (!on.has(letter)) continue;
        const small = document.createElement("sub");
        small.className = "of-kernel";
        small.textContent = on.get(letter);
        cell.append(small);
      }
      products.forEach(([, k], i) => { $(".laid").rows[Math.floor(i / columns)].cells[i % columns].textContent = k; });
      outputs.forEach((cells, i) => cells.forEach((cell, j) => {
        cell.textContent = map[i][j].sum;
        cell.classList.toggle("now", i === row && j === column);
      }));
      const also = others.map(([names, other]) => `; ${names}: ${other}`).join("");
      $(".now-says").textContent = `${index} = ${products.map((pair) => pair.join("·")).join(" + ")}${also}`;
      for (const button of figure.querySelectorAll("button[data-move]")) {
        const [down, right] = button.dataset.move.split(" ").map(Number);
        button.setAttribute("aria-disabled", String(!outputs[row + down]?.[column + right]));
      }
    };
    const move = (down, right) => {
      if (outputs[row + down]?.[column + right]) go(row + down, column + right);
    };
    const go = (i, j) => {
      [row, column] = [i, j];
      place.value = `${i} ${j}`;
      show();
      place.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const keys = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    figure.addEventListener("keydown", (event) => {
      if (event.target.matches("input") || !(event.key in keys) || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      move(...keys[event.key]);
    });
    for (const button of figure.querySelectorAll("button[data-move]")) {
      button.addEventListener("click", () => move(...button.dataset.move.split(" ").map(Number)));
    }
    outputs.forEach((cells, i) => cells.forEach((cell, j) => cell.addEventListener("click", () => go(i, j))));
    figure.addEventListener("change", () => {
      const [i, j] = place.value.split(" ").map(Number);  // an address may have moved it
      if (outputs[i]?.[j]) [row, column] = [i, j];
      show();
    });
    show();
  };

  // The size of an output: windows are laid on the row one by one, and counted; the formula is computed beside it.
  const size = (figure) => {
    const $ = part(figure);
    const [side, line, unit, base, most] = ["side", "line", "unit", "base", "most"].map((name) => Number(figure.dataset[name]));
    const inputs = [...figure.querySelectorAll("input")];
    const count = ({ H, k, stride, padding, dilation }) => {
      let n = 0;
      while (n * stride + dilation * (k - 1) + 1 <= H + 2 * padding) n += 1;
      return n;
    };
    const draw = (selector, path) => $(selector).setAttribute("d", path);
    const show = () => {
      const now = Object.fromEntries(inputs.map((input) => [input.name, Number(input.value)]));
      for (const input of inputs) input.parentElement.querySelector(".value").textContent = input.value;
      const { H, k, stride, padding, dilation } = now;
      const fit = count(now), reach = dilation * (k - 1) + 1, all = H + 2 * padding;
      const seen = fit ? (fit - 1) * stride + reach : 0, left = all - seen;
      const formula = Math.floor((all - dilation * (k - 1) - 1) / stride) + 1;
      $(".formula b").textContent = `⌊(${H} + 2·${padding} − ${dilation}·(${k} − 1) − 1) / ${stride}⌋ + 1 = ${sign(String(formula))}`;
      const rest = left ? `; ${plural(left, "element")} at the end ${left === 1 ? "is" : "are"} past the last one` : "";
      $(".formula span").textContent = fit
        ? `${plural(fit, "window")} drawn${rest}.`
        : `No window fits: it reaches over ${reach} elements, and the padded row has ${all}.`;
      const boxes = (which) => which.map((i) => `M${8 + side * i} 6h${side}v${side}h-${side}z`).join("");
      draw(".own", boxes(range(H, padding)));
      draw(".pad", boxes([...range(padding), ...range(padding, padding + H)]));
      draw(".past", boxes(range(left, seen)));
      const places = range(fit).map((n) => [8 + side * n * stride, 32 + line * n]);
      draw(".reach", places.map(([x, y]) => `M${x + 3} ${y}h${side * reach - 6}`).join(""));
      draw(".taps", places.map(([x, y]) => range(k).map((m) => `M${x + side * dilation * m + 3} ${y - 2}h${side - 6}v4h-${side - 6}z`).join("")).join(""));
      const view = $(".row").viewBox.baseVal;
      $(".row").setAttribute("viewBox", `0 0 ${view.width} ${36 + line * Math.max(1, fit)}`);
      const level = (h) => base - unit * count({ ...now, H: h });
      draw(".steps", range(most, 1).map((h) => `${h === 1 ? "M" : "L"}${8 + side * h} ${level(h)}h${side}`).join(""));
      $("circle").setAttribute("cx", 8 + side * H + Math.floor(side / 2));
      $("circle").setAttribute("cy", level(H));
    };
    const follow = following($(".stairs"), () => Number($("circle").getAttribute("cx")));
    figure.addEventListener("input", () => { show(); follow(); });
    show();
  };

  // Saturation: values and slopes in double precision (near 1 what a value lacks of it), cut-offs as the run found them.
  const saturation = (figure) => {
    const $ = part(figure);
    const { bars, most } = JSON.parse(figure.dataset.cuts);
    const slider = $("input[type=range]"), field = $("input[type=number]");
    const ends = Number(slider.max);
    const logistic = (z) => { const e = Math.exp(-Math.abs(z)); return (z >= 0 ? 1 : e) / (1 + e); };
    const short = (value, gap) => {
      if (!(gap > 0 && gap < 1e-3)) return number(value);
      return value > 0 ? `1 − ${number(gap)}` : `−1 + ${number(gap)}`;
    };
    const rows = (z) => {
      const two = Math.exp(-2 * Math.abs(z));
      const values = [short(logistic(z), z > 0 ? logistic(-z) : 1), short(Math.tanh(z), (2 * two) / (1 + two)), number(Math.max(z, 0))];
      return computed.slopes(z).map((slope, i) => [values[i], number(slope)]);
    };
    const whole = (z) => sign(String(z));  // not rounded: it may stand beside a cut-off
    const show = (z) => {
      $(".at").textContent = whole(z);
      rows(z).forEach((row, i) => row.forEach((said, j) => { figure.querySelectorAll(".values tbody tr")[i].cells[j + 1].textContent = said; }));
      const lost = new Map();
      for (const bar of bars) {
        const start = bar[z < 0 ? "low" : "high"][2];
        const names = lost.get(bar.function) ?? [];
        lost.set(bar.function, names);
        if (start !== null && z !== 0 && Math.abs(z) >= start) names.push(bar.cells);
      }
      const told = [...lost].map(([name, cells]) => `${name}: ${cells.join(", ") || "nowhere"}`).join("; ");
      $(".now-says").textContent = `At z = ${whole(z)} the computed slope is exactly 0 for ${told}.`;
      slider.setAttribute("aria-valuetext", `z = ${whole(z)}`);
      const x = 420 + Math.sign(z) * 220 * Math.log10(1 + Math.abs(z)) / Math.log10(1 + most);
      $(".cursor").setAttribute("d", $(".cursor").getAttribute("d").replace(/^M[\d.]+/, `M${x.toFixed(1)}`));
    };
    const follow = following($(".cuts"), () => Number.parseFloat($(".cursor").getAttribute("d").slice(1)));
    slider.addEventListener("input", () => {
      const t = Number(slider.value);
      const z = Number((Math.sign(t) * ((1 + most) ** (Math.abs(t) / ends) - 1)).toPrecision(3));
      field.value = z;
      show(z);
      follow();
    });
    field.addEventListener("input", () => {
      const z = Math.max(-most, Math.min(most, field.valueAsNumber));
      if (Number.isNaN(z)) return;
      slider.value = Math.round((Math.sign(z) * ends * Math.log10(1 + Math.abs(z))) / Math.log10(1 + most));
      show(z);
      follow();
    });
    show(field.valueAsNumber);
  };

  Object.assign(kinds, { kernel, size, saturation });
}

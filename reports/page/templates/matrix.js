// Search among the claims, order of the matrix, links from rows to themselves, and opening what a link leads into. The page says everything without it.
{
  // What else a word may be meant for.
  const also = {
    sigmoid: ["logistic"], logistic: ["sigmoid"], vanishing: ["saturat"], epsilon: ["ε"], eps: ["ε"], sigma: ["σ"], bn: ["batch norm"], ics: ["covariate shift"],
    dense: ["fully connected"], linear: ["fully connected"], kernel: ["filter"], filter: ["kernel"], deconvolution: ["transposed"], invariance: ["equivarian"],
    nchw: ["layout"], nhwc: ["layout"], flops: ["multiply"], bias: ["affine"], softmax: ["last layer"], padding: ["border"], flip: ["turned"], conv: ["convolution"],
  };
  const [search, shown, referee] = ["search", "shown", "referee"].map((id) => document.getElementById(id));
  // What a keyboard has no key for is found by what it has: − and – by -.
  const plain = (text) => text.toLowerCase().replace(/[-−–_\s]+/g, " ").trim();
  // Of a fact its value, where that is the claim's own words; of a limit all but the libraries that show it.
  // A formula is found by its plain text.
  const said = (x) => (x.localName === "math" ? x.getAttribute("alttext") : x.childNodes.length ? [...x.childNodes].map(said).join("") : x.textContent);
  const told = (x) => {
    if (x.tagName === "DT") return ["scope", "notes"].includes(x.textContent) ? said(x.nextElementSibling) : "";
    return [...x.childNodes].map((one) => (one.className === "tag" || one.className === "tag bad" ? "" : said(one))).join("");
  };
  const readRow = (tr, chapter) => {
    const article = document.getElementById(tr.dataset.claim);
    const texts = article ? [...article.querySelectorAll(":scope > :is(blockquote, .statement), .instead ins, .facts:not(.referee) > dt, .limit > p")].map(told) : [];
    const names = document.querySelectorAll(`nav a[href="#${CSS.escape(encodeURIComponent(tr.dataset.claim))}"]`);
    const facts = [...tr.querySelectorAll(".fact")].map((fact) => {
      const marks = [...fact.querySelectorAll("b, :scope > span")].map((x) => plain(x.textContent));
      return { fact, library: plain(fact.dataset.library), marks };
    });
    const cells = facts.flatMap((f) => [...f.fact.querySelectorAll("a")].map((a) => {
      const dtype = a.classList.contains("any") ? "" : plain(a.textContent);
      return { a, dtype, ...f, part: !["absent", "unsupported"].includes(f.marks[0]) };
    }));
    const text = [tr.querySelector("th").textContent, ...texts].map(plain).join("\n");
    const own = [tr.querySelector("th"), ...(article?.querySelectorAll(":scope > :is(blockquote, .statement)") ?? [])].map((x) => plain(said(x))).join("\n");
    return { tr, article, names, chapter, surprise: Number(tr.dataset.surprise), marks: [...tr.cells[1].querySelectorAll(".badge")].map((x) => plain(x.textContent).replace("statement ", "")), facts, cells, text, own };
  };
  // What is searched stands in the matrix, which comes packed.
  let sort, rows = [], libraries, dtypes, ofClaims, ofCells, marks;
  const index = () => {
    sort = document.getElementById("sort");
    rows = [...document.querySelectorAll(".matrix tbody tr")].map(readRow);
    const known = (of) => new Set(rows.flatMap((row) => row.cells.map(of)).filter(Boolean));
    [libraries, dtypes] = [known((cell) => cell.library), known((cell) => cell.dtype)];
    ofClaims = new Set(rows.flatMap((row) => row.marks));
    ofCells = new Set(rows.flatMap((row) => row.cells.flatMap((cell) => cell.marks)));
    marks = new Set([...ofClaims, ...ofCells].filter((mark) => !rows.some((row) => row.own.includes(mark))));
    sort?.addEventListener("change", () => { order(); keep(); });
    for (const one of document.querySelectorAll(".filter")) one.hidden = false;
    if (rows.length) show();
  };

  // [{not, kind, word}]: a word that names a library, a dtype or, where no claim's own words have it, a mark means it; "verdict:" without a word is not finished and says nothing.
  const read = (query) => [...query.matchAll(/(-?)(?:(library|dtype|verdict):)?(?:["“”]([^"“”]*)["“”]?|(\S*))/gi)].map(([, minus, kind, quoted, bare]) => {
    const word = plain(quoted ?? bare);
    const of = kind ? kind.toLowerCase() : libraries.has(word) ? "library" : dtypes.has(word) ? "dtype" : marks.has(word) ? "verdict" : "word";
    return { not: minus === "-", kind: of, word };
  }).filter((term) => term.word);

  // The cells of a row that the terms are about; none where the row is not meant.
  const meant = (row, terms) => {
    const of = (kind) => terms.filter((term) => term.kind === kind);
    const has = (word) => [word, ...(Object.hasOwn(also, word) ? also[word] : [])].some((one) => row.text.includes(one));
    if (of("word").some((t) => has(t.word) === t.not)) return [];
    const narrow = [...of("library"), ...of("dtype")];
    let cells = row.cells.filter((cell) => narrow.every((t) => (cell[t.kind] === t.word) !== t.not));
    for (const t of of("verdict")) {
      if (narrow.length ? ofCells.has(t.word) : !ofClaims.has(t.word)) cells = cells.filter((cell) => cell.marks.includes(t.word) !== t.not);
      else if (row.marks.includes(t.word) === t.not) return [];
    }
    const tells = of("verdict").length || cells.some((cell) => cell.part);
    return narrow.length && !tells ? [] : cells;
  };

  const show = () => {
    const terms = read(search.value);
    let claims = 0, count = 0;
    for (const row of rows) {
      const cells = new Set(meant(row, terms).map((cell) => cell.a));
      row.tr.hidden = terms.length > 0 && cells.size === 0;
      for (const one of [row.article, ...[...row.names].map((a) => a.closest("li"))]) if (one) one.hidden = row.tr.hidden;
      for (const { a } of row.cells) a.hidden = terms.length > 0 && !cells.has(a);
      for (const { fact } of row.facts) fact.hidden = [...fact.querySelectorAll("a")].every((a) => a.hidden);
      claims += !row.tr.hidden;
      count += row.tr.hidden ? 0 : row.cells.filter((cell) => !cell.a.hidden).length;
    }
    const all = rows.reduce((n, row) => n + row.cells.length, 0);
    shown.textContent = `${claims} of ${rows.length} claims${claims ? `, ${count} of ${all} cells` : "; Escape shows all"}`;
  };
  const order = () => {
    const by = sort.value === "surprise" ? "surprise" : "chapter";
    document.querySelector(".matrix tbody").append(...[...rows].sort((a, b) => a[by] - b[by]).map((row) => row.tr));
  };

  // The address: #search=...&sort=..., which is no element's id, since "=" stands in none.
  const keep = () => {
    const state = new URLSearchParams();
    if (search.value) state.set("search", search.value);
    if (sort.value !== "chapter") state.set("sort", sort.value);
    history.replaceState(null, "", `#${state.toString() || "claims"}`);
  };
  const seek = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    search.value = state.get("search") ?? "";
    sort.value = state.get("sort") === "surprise" ? "surprise" : "chapter";
    show();
    order();
    document.getElementById("claims").scrollIntoView();
  };
  const follow = () => {
    const hash = location.hash.slice(1);
    if (hash.startsWith("try=")) return; // a picture's: responding.js
    if (/^(search|sort)=/.test(hash)) { if (searchable) unpacked(seek); return; }
    let name = hash;
    try { name = decodeURIComponent(hash); } catch { /* not an address of this page */ }
    const target = name && document.getElementById(name);
    if (name && packed?.isConnected && (!target || target.closest(".referee"))) { unpack().then(arrive); return; }
    if (!target) return;
    if (rows.length && target.closest("[hidden]")) { search.value = ""; show(); }
    let closed = 0;
    if (target.closest(".referee")) referee.checked = true;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS" && !at.open) { at.open = true; closed += 1; }
    if (closed) target.scrollIntoView();
  };
  // The same address again: what was packed when it was first followed can now be its target.
  const arrive = () => { location.replace(location.href); follow(); };

  // What a row of the evidence is called is a link to it. Written out, these would be 3 % of the page.
  const linkNames = () => {
    const names = [".libraries tr[id] > th", ".libraries th > span", ".rows tbody[id] th", ".rows th > span", ".limit > p > b:first-child"];
    for (const name of document.querySelectorAll(names.map((one) => `${one}:not(:has(> .self))`))) {
      const self = document.createElement("a");
      self.className = "self";
      self.href = `#${encodeURIComponent(name.closest("[id]").id)}`;
      self.title = "link to this row";
      self.append(...name.childNodes);
      name.append(self);
    }
  };

  const searchable = document.querySelector("article.claim");
  if (searchable) {
    document.querySelector(".find").hidden = false;
    search.addEventListener("focus", () => unpacked(() => {}));
    search.addEventListener("input", () => unpacked(() => { show(); keep(); }));
    document.addEventListener("keydown", (event) => {
      const typing = event.target.matches?.("input, select, textarea");
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); search.focus(); }
      if (event.key === "Escape" && event.target === search && search.value) { event.preventDefault(); search.value = ""; unpacked(() => { show(); keep(); }); }
    });
  }
  linkNames();
  document.addEventListener("unpacked", () => { linkNames(); index(); });
  referee.addEventListener("change", () => unpacked(() => {}));
  if (referee.checked) unpacked(() => {});
  if (!packed) index();
  addEventListener("hashchange", follow);
  follow();
}

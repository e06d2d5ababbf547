// The lecture to be shown to others, sentence by sentence, and to be guessed at before its verdicts are seen. Nothing leaves the page.
{
  const root = document.documentElement, lecture = document.querySelector(".lecture");
  const [present, guess, beside] = ["present", "guess", "beside"].map((id) => document.getElementById(id));

  // [{parts, chips}]: the pieces of a sentence that was tested, and the marks after it.
  const tested = '.chip:not([href="#untested"], [href="#ledger"])';
  const sentences = [];
  let parts = [];
  for (const one of lecture?.querySelectorAll(".says, .chips") ?? []) {
    if (one.matches(".says")) parts.push(one);
    else { if (parts.length && one.querySelector(tested)) sentences.push({ parts, chips: one }); parts = []; }
  }
  const claims = ({ chips }) => [...chips.querySelectorAll(tested)].map((chip) => chip.getAttribute("href"));
  const findings = (sentence) => claims(sentence).map((href) => lecture.querySelector(`.finding > a[href="${CSS.escape(href)}"]`)?.parentElement).filter(Boolean);

  let now = -1;
  const note = (shown) => {
    beside.replaceChildren(...(shown ? findings(sentences[now]).map((one) => one.cloneNode(true)) : []));
    beside.hidden = !beside.childElementCount;
  };
  const go = (to) => {
    for (const part of sentences[now]?.parts ?? []) part.classList.remove("now");
    now = Math.max(0, Math.min(sentences.length - 1, to));
    for (const part of sentences[now].parts) part.classList.add("now");
    sentences[now].parts[0].scrollIntoView({ block: "center" });
    note(false);
  };
  const showing = (on) => {
    root.classList.toggle("presenting", on);
    if (on) go(Math.max(0, now));
    else { note(false); for (const part of sentences[now].parts) part.classList.remove("now"); present.focus(); }
  };

  // What a sentence is, that of its own claims first which needs most; without one, or of one that this run could not decide, nothing is asked.
  const answers = ["fails", "is disputed", "holds if …", "holds"];
  const answer = (sentence) => {
    const of = (href) => {
      const chip = sentence.chips.querySelector(`.chip[href="${CSS.escape(href)}"]`).classList;
      if (chip.contains("v-disputed")) return 1;
      if (!chip.contains("v-verified") && !chip.contains("v-supported")) return 0;
      return document.querySelector(`#notes a[href="${CSS.escape(href)}"]`) ? 2 : 3;
    };
    return answers[Math.min(...own(sentence).map(of))];
  };
  const own = ({ chips }) => [...chips.querySelectorAll(`${tested}:not(.see)`)].map((chip) => chip.getAttribute("href"));
  const decided = (sentence) => own(sentence).length && !sentence.chips.querySelector(".chip:not(.see):is(.v-inconclusive, .v-error)");
  let right = 0, asked = 0;
  const ask = (sentence) => {
    const box = document.createElement("span");
    box.className = "guess";
    for (const said of [...answers].reverse()) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = said;
      button.addEventListener("click", () => {
        const so = answer(sentence);
        asked += 1;
        right += so === said;
        box.replaceChildren(so === said ? `✓ it ${so}` : `you: it ${said}; found: it ${so}`);
        for (const one of [...sentence.parts, sentence.chips, ...findings(sentence)]) one.classList.add("told");
        for (const href of claims(sentence)) document.getElementById(decodeURIComponent(href.slice(1)))?.classList.add("told");
        document.getElementById("score").textContent = `${right} of ${asked} right`;
      });
      box.append(button);
    }
    sentence.chips.after(box);
  };

  if (sentences.length) {
    document.querySelector(".modes").hidden = false;
    present.addEventListener("click", () => showing(true));
    guess.addEventListener("change", () => {
      root.classList.toggle("guessing", guess.checked);
      if (guess.checked && !lecture.querySelector(".guess")) sentences.filter(decided).forEach(ask);
    });
    lecture.addEventListener("click", (event) => {
      if (!root.matches(".presenting") || !event.target.closest("a")) return;
      event.preventDefault();
      const at = sentences.findIndex(({ parts, chips }) => [...parts, chips].some((one) => one.contains(event.target)));
      if (at >= 0) { const again = at === now && !beside.hidden; go(at); note(!again); }
    });
    document.addEventListener("keydown", (event) => {
      if (!root.matches(".presenting") || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape") showing(false);
      else if (event.key === "ArrowRight" || event.key === "PageDown") go(now + 1);
      else if (event.key === "ArrowLeft" || event.key === "PageUp") go(now - 1);
      else if (event.key === "Enter" || event.key === " ") note(beside.hidden);
      else return;
      event.preventDefault();
    });
  }
}

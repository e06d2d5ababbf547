// A button that copies, on every block that is meant to be pasted. The page says the same without it.
for (const block of document.querySelectorAll("pre.copy")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "copy";
  button.addEventListener("click", () => {
    const text = block.querySelector("code").textContent;
    const range = document.createRange();
    range.selectNodeContents(block.querySelector("code"));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    const said = (word) => { button.textContent = word; setTimeout(() => { button.textContent = "copy"; }, 1500); };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(() => said("copied"), () => said("selected"));
    else said("selected");
  });
  block.append(button);
}

// A button that copies, on every block that is meant to be pasted. The page says the same without it.
const offerCopies = () => { for (const block of document.querySelectorAll("pre.copy:not(:has(button))")) offerCopy(block); };
const offerCopy = (block) => {
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
};
offerCopies();
document.addEventListener("unpacked", offerCopies);
// Light or dark, where the reader wants another than the system's.
{
  const button = document.getElementById("theme"), root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)");
  const other = () => ((root.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark" ? "light" : "dark");
  const offer = () => { button.textContent = `${other()} colours`; };
  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => { root.dataset.theme = other(); offer(); });
    dark.addEventListener("change", offer);
    offer();
  }
}

// What only a referee asks for comes packed. It is put into its places once, when the switch, a link or a search wants it.
const packed = document.getElementById("packed");
let unpacking;
const unpack = () => (unpacking ??= (async () => {
  const bytes = Uint8Array.from(atob(packed.content.textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const parts = (await new Response(stream).text()).split("\f");
  document.querySelectorAll(".packed").forEach((place, i) => {
    const part = document.createElement("template");
    part.innerHTML = parts[i];
    place.replaceWith(part.content);
  });
  packed.remove();
  document.dispatchEvent(new Event("unpacked"));
})());
// At once where everything stands in its place.
const unpacked = (act) => { if (packed?.isConnected) unpack().then(act); else act(); };

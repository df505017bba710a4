"use strict";
(() => {
  // An enhancement: the page is whole without it.
  const box = document.getElementById("search");
  const input = document.getElementById("search-text");
  const count = document.getElementById("search-count");
  const rows = Array.from(document.querySelectorAll(".r"));
  let texts = null;
  let timer = 0;
  box.hidden = false;

  function search() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    texts = texts || rows.map((row) => row.textContent.toLowerCase());
    let found = 0;
    rows.forEach((row, position) => {
      const hit = words.every((word) => texts[position].includes(word));
      row.classList.toggle("lost", !hit);
      found += hit ? 1 : 0;
    });
    count.value = words.length ? found + " of " + rows.length + " requirements hold these words" : "";
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  });
})();

// Small comforts of every page; all of it works without.
document.querySelectorAll("form[data-send-on-change]").forEach((form) => {
  form.classList.add("enhanced");
  form.addEventListener("change", () => form.requestSubmit());
});

// A page that was kept whole comes back with what was chosen for the next one in it.
window.addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  document
    .querySelectorAll(".word-search, .sort, .filters form")
    .forEach((form) => form.reset());
});

// On a phone the chosen category may lie outside the scrolling row.
const current = document.querySelector(".category-nav [aria-current]");
if (current) {
  const row = current.closest("ul");
  row.scrollLeft = current.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
}

// Browsers leave a card half out of its row when the Tab key comes to it.
document.querySelectorAll(".strip").forEach((strip) => {
  strip.addEventListener("focusin", ({ target }) =>
    target.closest("li").scrollIntoView({ block: "nearest", inline: "nearest" }),
  );
});

// Swatches keep the order in which they stand: a colour that is chosen goes behind the
// other chosen ones, and "Main" puts it first.

function place(swatch) {
  const list = swatch.parentElement;
  const chosen = [...list.children].filter((each) => each !== swatch && each.querySelector(":checked"));
  const last = chosen.at(-1);
  if (last) last.after(swatch);
  else list.prepend(swatch);
}

document.addEventListener("change", (event) => {
  const swatch = event.target.closest?.("[data-swatch]");
  if (!swatch) return;
  place(swatch);
  event.target.focus();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-main]");
  if (!button) return;
  const swatch = button.closest("[data-swatch]");
  swatch.parentElement.prepend(swatch);
  const box = swatch.querySelector("input");
  box.dispatchEvent(new Event("reordered", { bubbles: true }));
  box.focus();
});

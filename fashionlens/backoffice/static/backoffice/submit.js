// A choice shows its own fields at once, and a form is sent once.

document.getElementById("id_what")?.addEventListener("change", (event) => {
  event.target.form.querySelector("[name=value]")?.remove();
  event.target.form.requestSubmit();
});

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    form.querySelector("button").setAttribute("aria-disabled", "true");
  });
}
// A page that the browser shows again from its memory can be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Suggestions while typing words: a combobox (WAI-ARIA) around a plain search form.
const PAUSE_MS = 200;

for (const form of document.querySelectorAll("form[data-suggestions]")) {
  const field = form.querySelector("input[type=search]");
  const list = form.querySelector("[role=listbox]");
  let timer;
  let request; // aborts the request under way

  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-controls": list.id,
    "aria-expanded": "false",
  })) {
    field.setAttribute(name, value);
  }

  const options = () => [...list.querySelectorAll("[role=option]")];
  const active = () => list.querySelector("[aria-selected=true]");

  function close() {
    clearTimeout(timer);
    request?.abort();
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    choose(null);
  }

  function choose(option) {
    active()?.removeAttribute("aria-selected");
    if (!option) {
      field.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  async function suggest() {
    request?.abort();
    request = new AbortController();
    const address = `${form.dataset.suggestions}?${new URLSearchParams({ q: field.value })}`;
    try {
      const answer = await fetch(address, { signal: request.signal });
      list.innerHTML = answer.ok ? await answer.text() : "";
    } catch {
      return; // replaced by a newer request, or offline: the form still works
    }
    choose(null);
    list.hidden = !options().length;
    field.setAttribute("aria-expanded", String(!list.hidden));
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    if (field.value.trim().length < 2) close();
    else timer = setTimeout(suggest, PAUSE_MS);
  });

  field.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return;
    const all = options();
    const at = all.indexOf(active());
    if (event.key === "ArrowDown") choose(all[at + 1] ?? null);
    else if (event.key === "ArrowUp") choose(at < 0 ? all.at(-1) : (all[at - 1] ?? null));
    else if (event.key === "Enter" && at >= 0) all[at].click();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });

  form.addEventListener("submit", close);
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) close();
  });
  // Safari does not focus a clicked link: without this the list closes before the click.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
}

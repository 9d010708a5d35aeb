// The filters beside a list: a column where there is room, else a sheet. The form is
// fetched when it is seen, and again with new numbers when the list has changed. htmx
// applies every change of it.
(() => {
  const box = document.getElementById("filters");
  if (!box) return;
  const content = box.querySelector(".filter-box");
  const wide = matchMedia("(min-width: 64rem)");
  let shown = ""; // the address of the list whose filters are in the box

  const address = () => {
    const query = new URLSearchParams(location.search);
    query.delete("page");
    return `${location.pathname}filters/?${query}`;
  };

  const fill = () => {
    if (!box.open || box.hidden || shown === address()) return;
    shown = address();
    htmx.ajax("GET", shown, { source: box, target: content, swap: "innerHTML" });
  };

  // Without results there is nothing to filter, but filters may be why.
  const refresh = () => {
    const results = document.getElementById("results");
    if (results) box.hidden = !results.querySelector(".search-results");
    fill();
  };

  const arrange = () => {
    box.open = wide.matches;
    document.body.classList.remove("has-sheet");
    fill();
  };

  const close = () => {
    box.open = false;
    box.querySelector("summary").focus();
  };

  box.classList.add("enhanced");
  box.addEventListener("toggle", () => {
    document.body.classList.toggle("has-sheet", box.open && !wide.matches);
    fill();
  });
  box.addEventListener("click", (event) => {
    const isBackdrop = event.target === box;
    const isShow = event.target.closest("[type=submit]");
    if (wide.matches || !(isBackdrop || isShow)) return;
    if (isShow) event.preventDefault(); // every change has been applied
    close();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !wide.matches) close();
  });
  wide.addEventListener("change", arrange);
  box.addEventListener("change", () => {
    shown = ""; // going back at once finds the address that the box was filled for
  });

  // The slider moves the ends in the fields, which are sent. An end that limits
  // nothing is left empty.
  box.addEventListener("input", ({ target }) => {
    const slider = target.closest("[data-price-slider]");
    if (!slider) return;
    const [low, high] = slider.querySelectorAll("[type=range]");
    const [from, to] = slider.querySelectorAll("[type=number]");
    if (target === low) low.value = Math.min(low.value, high.value);
    if (target === high) high.value = Math.max(low.value, high.value);
    if (target === low) from.value = low.value === low.min ? "" : low.value;
    if (target === high) to.value = high.value === high.max ? "" : high.value;
    if (target === from) low.value = from.value || low.min;
    if (target === to) high.value = to.value || high.max;
  });

  // New numbers must not take away what somebody is typing.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const field = document.activeElement;
    if (detail.target !== content || !content.contains(field)) return;
    if (field.type !== "number" || field.value === field.defaultValue) return;
    detail.shouldSwap = false;
    shown = "";
  });

  // The list may have been sorted since the form was fetched.
  document.addEventListener("htmx:configRequest", ({ detail: { elt, formData } }) => {
    if (!elt.matches(".filter-form")) return;
    const own = new Set(["page", "price"]);
    for (const control of elt.elements) {
      const { name, type, value } = control;
      if (type === "number") control.defaultValue = value; // it has been sent
      if (type === "hidden") formData.delete(name);
      else own.add(name);
      if (type === "number" && !value) formData.delete(name);
    }
    const [from, to] = ["price_from", "price_to"].map((name) => formData.get(name));
    if (from && to && Number(from) > Number(to)) {
      formData.set("price_from", to);
      formData.set("price_to", from);
    }
    for (const [name, value] of new URLSearchParams(location.search))
      if (!own.has(name)) formData.append(name, value);
  });

  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (["results", "listing"].includes(detail.target?.id)) refresh();
  });
  document.addEventListener("htmx:historyRestore", refresh);
  if (wide.matches) box.open = true;
  refresh();
})();

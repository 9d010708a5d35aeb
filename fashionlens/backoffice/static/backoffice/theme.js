// What the theme leaves to its users.

// The policy forbids styles that scripts write into the page.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;

// The theme names neither its landmarks nor the fields of a table.
function describe() {
  document.getElementById("main")?.setAttribute("role", "main");
  const menu = document.getElementById("nav-sidebar");
  menu?.setAttribute("role", "navigation");
  menu?.setAttribute("aria-label", "Tasks");
  document.querySelectorAll("[data-simplebar]").forEach((bar, number) => {
    bar.dataset.simplebarAriaLabel = `Scrolled part ${number + 1}`;
  });
  for (const cell of document.querySelectorAll("td[data-label]")) {
    for (const field of cell.querySelectorAll("input, select, textarea")) {
      if (field.type === "hidden" || field.labels?.length) continue;
      if (!field.hasAttribute("aria-label")) {
        field.setAttribute("aria-label", cell.dataset.label);
      }
    }
  }
  for (const head of document.querySelectorAll("#content thead th")) {
    if (head.textContent.trim() || head.querySelector("input")) continue;
    const name = document.createElement("span");
    name.className = "visually-hidden";
    name.textContent = /column-(\w+)/.exec(head.className)?.[1] ?? "Delete";
    head.append(name);
  }
}

document.addEventListener("alpine:init", () => {
  describe();
  // A style that is bound as a text would be an inline one.
  for (const bar of document.querySelectorAll('[x-bind\\:style*="changeListWidth"]')) {
    bar.setAttribute("x-bind:style", "{width: changeListWidth + 'px'}");
  }
});

// The theme's own expressions that Alpine's build for strict policies cannot read: it
// knows no arrow functions, no statements after another, and no global names.

htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;

function page(body) {
  const active = /activeTab: '([^']*)'/.exec(body.getAttribute("x-data"));
  const kept = localStorage.getItem("sidebarDesktopOpen");
  return {
    activeTab: (active && (getCurrentTab() || active[1])) || "",
    sidebarMobileOpen: false,
    sidebarDesktopOpen: kept === null || kept === "1",
    moveRecords,
    sortRecords,
    init() {
      this.$watch("sidebarDesktopOpen", (open) =>
        localStorage.setItem("sidebarDesktopOpen", open ? "1" : "0"),
      );
    },
  };
}

function replace(attribute, pattern, value) {
  const selector = `[${CSS.escape(attribute)}*="${pattern}"]`;
  for (const element of document.querySelectorAll(selector)) {
    if (value) element.setAttribute(attribute, value);
    else element.removeAttribute(attribute);
  }
}

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
  for (const component of [theme, searchForm, searchDropdown, searchCommand]) {
    Alpine.data(component.name, component);
  }
  const state = page(document.body);
  Alpine.data("page", () => state);
  document.body.setAttribute("x-data", "page");
  document.body.removeAttribute("x-init");
  replace("x-on:click", "localStorage", "sidebarDesktopOpen = !sidebarDesktopOpen");
  replace("x-bind:action", "window.location", "");
  replace("x-bind:style", "changeListWidth", "{width: changeListWidth + 'px'}");
});

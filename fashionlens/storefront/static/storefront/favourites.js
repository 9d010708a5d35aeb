// Favourites: SKUs in this browser's storage, the newest first, and nowhere else.
(() => {
  const KEY = "favourites";
  const MAX = 100;

  const read = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
      return Array.isArray(kept) ? kept.filter((sku) => typeof sku === "string").slice(0, MAX) : [];
    } catch {
      return [];
    }
  };
  const write = (skus) => {
    try {
      localStorage.setItem(KEY, JSON.stringify(skus.slice(0, MAX)));
      return true;
    } catch {
      return false; // storage is blocked or full
    }
  };
  if (!write(read())) {
    document.querySelectorAll("[data-favourite]").forEach((button) => button.remove());
    return;
  }

  const show = () => {
    const skus = read();
    for (const button of document.querySelectorAll("[data-favourite]")) {
      button.setAttribute("aria-pressed", String(skus.includes(button.dataset.favourite)));
    }
    for (const count of document.querySelectorAll("[data-favourites-count]")) {
      count.hidden = !skus.length;
      count.textContent = skus.length;
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-favourite]");
    if (!button || event.detail > 1) return; // the second click of two would undo the first
    const { favourite } = button.dataset;
    const others = read().filter((sku) => sku !== favourite);
    write(button.getAttribute("aria-pressed") === "true" ? others : [favourite, ...others]);
    show();
  });

  // The page of favourites: its products come from the shop, by their SKUs.
  const list = document.querySelector("[data-favourites]");
  const load = async () => {
    const skus = read();
    if (!list || !skus.length) return list?.classList.add("empty-list");
    const query = new URLSearchParams(skus.map((sku) => ["sku", sku]));
    try {
      const answer = await fetch(`${list.dataset.favourites}?${query}`, { headers: { "HX-Request": "true" } });
      const cards = await answer.text();
      // Not the page of a proxy, or the login of a network.
      if (!answer.ok || /<(!doctype|html)\b/i.test(cards)) throw new Error(answer.status);
      list.innerHTML = cards;
    } catch {
      list.classList.add("failed");
    }
    show();
  };
  // Another tab has changed them.
  window.addEventListener("storage", ({ key }) => {
    if (key === KEY || key === null) show();
  });
  window.addEventListener("pageshow", ({ persisted }) => persisted && show());
  show();
  load();
})();

// Report which products of a list came into view, once, when the page is left, and
// nothing about the shopper. Clicks need no script: links name their list and place.
(() => {
  const { address } = document.currentScript.dataset;
  const MAX_EVENTS = 100; // per message, and products per event
  const pending = new Map(); // list -> place -> SKU
  const reported = new Set(); // a reload is a new page and reports again

  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        const { list, place, sku } = target.dataset;
        const impression = `${list} ${place} ${sku}`;
        if (reported.has(impression)) continue;
        reported.add(impression);
        if (!pending.has(list)) pending.set(list, new Map());
        pending.get(list).set(Number(place), sku);
      }
    },
    { threshold: 0.5 },
  );
  const watch = (root) =>
    root.querySelectorAll("[data-list]").forEach((card) => observer.observe(card));

  // One event covers products in consecutive places.
  const runs = (query, places) => {
    const events = [];
    for (const place of [...places.keys()].sort((a, b) => a - b)) {
      const last = events.at(-1);
      const products = last?.products ?? [];
      if (last && last.position + products.length === place && products.length < MAX_EVENTS)
        products.push(places.get(place));
      else
        events.push({ kind: "impression", query, position: place, products: [places.get(place)] });
    }
    return events;
  };

  const report = () => {
    const events = [...pending].flatMap(([query, places]) => runs(query, places));
    pending.clear();
    for (let start = 0; start < events.length; start += MAX_EVENTS) {
      const body = JSON.stringify({ events: events.slice(start, start + MAX_EVENTS) });
      navigator.sendBeacon(address, new Blob([body], { type: "application/json" }));
    }
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") report();
  });
  // A filtered list has the same name but other products in its places.
  document.addEventListener("htmx:load", ({ target }) => {
    const cards = [...target.querySelectorAll("[data-list]")];
    if (cards.some((card) => pending.has(card.dataset.list))) report();
    watch(target);
  });
  watch(document);

  // The click has been counted: an address that is copied or reloaded names no list.
  const here = new URL(location.href);
  if (here.pathname.includes("/products/") && here.searchParams.has("p")) {
    here.searchParams.delete("q");
    here.searchParams.delete("p");
    history.replaceState(history.state, "", here);
  }
})();

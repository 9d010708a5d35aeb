// Tells the shop what of a list came into view, once, when the page is left. Nothing
// about who looks. Clicks need no script: links name their list and place.
(() => {
  const { address } = document.currentScript.dataset;
  const MOST = 100; // of one message, and products of one run
  const pending = new Map(); // list -> place -> SKU
  const told = new Set(); // a reload is another page, and tells again

  const seen = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        seen.unobserve(target);
        const { list, place, sku } = target.dataset;
        const what = `${list} ${place} ${sku}`;
        if (told.has(what)) continue;
        told.add(what);
        if (!pending.has(list)) pending.set(list, new Map());
        pending.get(list).set(Number(place), sku);
      }
    },
    { threshold: 0.5 },
  );
  const watch = (root) =>
    root.querySelectorAll("[data-list]").forEach((card) => seen.observe(card));

  // Places that follow one another are one event.
  const runs = (query, places) => {
    const events = [];
    for (const place of [...places.keys()].sort((a, b) => a - b)) {
      const last = events.at(-1);
      const products = last?.products ?? [];
      if (last && last.position + products.length === place && products.length < MOST)
        products.push(places.get(place));
      else
        events.push({ kind: "impression", query, position: place, products: [places.get(place)] });
    }
    return events;
  };

  const tell = () => {
    const events = [...pending].flatMap(([query, places]) => runs(query, places));
    pending.clear();
    for (let start = 0; start < events.length; start += MOST) {
      const body = JSON.stringify({ events: events.slice(start, start + MOST) });
      navigator.sendBeacon(address, new Blob([body], { type: "application/json" }));
    }
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") tell();
  });
  // A narrowed list has the same name and other products in its places.
  document.addEventListener("htmx:load", ({ target }) => {
    tell();
    watch(target);
  });
  watch(document);

  // The click is counted by now; the address that is copied or reloaded names no list.
  const here = new URL(location.href);
  if (here.pathname.startsWith("/products/") && here.searchParams.has("p")) {
    here.searchParams.delete("q");
    here.searchParams.delete("p");
    history.replaceState(history.state, "", here);
  }
})();

// List the pages that the service worker has kept, the last one first.
(async () => {
  const box = document.getElementById("kept-pages");
  const list = document.createElement("ul");
  for (const name of await caches.keys()) {
    if (!name.startsWith("pages-")) continue;
    const cache = await caches.open(name);
    for (const request of (await cache.keys()).reverse()) {
      const copy = await cache.match(request, { ignoreVary: true });
      const isPage = copy.headers.get("Content-Type")?.startsWith("text/html");
      if (!isPage || new URL(request.url).pathname === location.pathname) continue;
      const page = new DOMParser().parseFromString(await copy.text(), "text/html");
      if (page.getElementById("kept-pages")) continue;
      const link = document.createElement("a");
      link.href = request.url;
      link.textContent = page.title;
      const item = document.createElement("li");
      item.append(link);
      list.append(item);
    }
  }
  box.append(list);
  box.hidden = !list.children.length;
})();
// The shop answers again.
window.addEventListener("online", () => location.reload());

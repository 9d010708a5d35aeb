// Pages without a network: the last ones that were opened, and a page that lists them.
// The network comes first, so nothing old is shown while the shop answers; a kept copy
// says that it is one. Photos and styles are in the browser's own cache.
const KEPT = "pages-VERSION_OF_THIS_SCRIPT";
const SHARED = "shared-photo";
const MAX_PAGES = 20;
const FILES = [{% for file in files %}"{{ file|escapejs }}", {% endfor %}];
// Where the pages of a language begin -> its page without a network.
const OFFLINE = { {% for start, page in offline.items %}"{{ start|escapejs }}": "{{ page|escapejs }}", {% endfor %} };
const SHELL = [...new Set(Object.values(OFFLINE)), ...FILES];
// Where "Forget these" is sent.
const FORGET = [{% for path in forget %}"{{ path|escapejs }}", {% endfor %}];
const CLOSED = [{% for path in closed %}"{{ path|escapejs }}", {% endfor %}];

self.addEventListener("install", (event) => {
  // The browser may hold a page without a network that needs the styles of before.
  const fresh = SHELL.map((path) => new Request(path, { cache: "no-cache" }));
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(fresh)));
  // Browsers lose what a page sends while it is left if it passes through here.
  for (const path of CLOSED)
    event.addRoutes?.({ condition: { urlPattern: new URLPattern({ pathname: `${path}*` }) }, source: "network" });
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  const old = (name) => name !== KEPT && name !== SHARED;
  event.waitUntil(
    Promise.all([
      caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))),
      self.registration.navigationPreload?.enable(),
    ]).then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, searchParams } = new URL(request.url);
  if (origin !== location.origin || CLOSED.some((path) => pathname.startsWith(path))) return;
  if (request.method === "POST" && request.mode === "navigate" && searchParams.has("shared"))
    event.respondWith(takePhoto(request, pathname));
  else if (request.method === "POST" && FORGET.includes(pathname)) event.waitUntil(forgetPages());
  else if (request.method !== "GET") return;
  else if (request.mode === "navigate") event.respondWith(open(event));
  else if (FILES.includes(pathname)) event.respondWith(fetch(request).catch(() => copyOf(request)));
});

// Not caches.match(): that finds shared photos too, which are files of anybody.
const copyOf = async (request) => (await caches.open(KEPT)).match(request, { ignoreVary: true });

async function open(event) {
  try {
    const answer = (await event.preloadResponse) ?? (await fetch(event.request));
    const isPage = answer.ok && answer.headers.get("Content-Type")?.startsWith("text/html");
    if (isPage && !answer.redirected) event.waitUntil(keep(event.request, answer.clone()));
    return answer;
  } catch {
    const copy = await copyOf(event.request);
    return copy ? asCopy(copy) : copyOf(offlinePage(new URL(event.request.url).pathname));
  }
}

function offlinePage(path) {
  const starts = Object.keys(OFFLINE).filter((start) => path.startsWith(start));
  return OFFLINE[starts.reduce((one, other) => (one.length > other.length ? one : other))];
}

async function keep(request, answer) {
  const cache = await caches.open(KEPT);
  await cache.delete(request, { ignoreVary: true }); // the newest is the last of its keys
  await cache.put(request, answer);
  await forgetPages(MAX_PAGES);
}

// Delete all pages but the last ones.
async function forgetPages(left = 0) {
  const cache = await caches.open(KEPT);
  const pages = (await cache.keys()).filter(({ url }) => !SHELL.includes(new URL(url).pathname));
  await Promise.all(pages.slice(0, Math.max(0, pages.length - left)).map((page) => cache.delete(page)));
}

async function asCopy(copy) {
  const page = (await copy.text()).replace("<body>", '<body class="is-copy">');
  const kept = ["Content-Type", "Content-Security-Policy"].filter((name) => copy.headers.has(name));
  return new Response(page, { headers: kept.map((name) => [name, copy.headers.get(name)]) });
}

// A photo from another app waits for the page of the search, which shrinks and sends it.
async function takePhoto(request, search) {
  try {
    const photo = (await request.formData()).get("photo");
    const cache = await caches.open(SHARED);
    const headers = { "Content-Type": photo.type, "X-Name": encodeURIComponent(photo.name) };
    await cache.put(search, new Response(photo, { headers }));
  } catch {
    return Response.redirect(search, 303);
  }
  return Response.redirect(`${search}#shared`, 303);
}

// Small conveniences of every page, which also works without script.
const { serviceWorker: workerAddress } = document.currentScript.dataset;

document.addEventListener("change", ({ target }) =>
  target.closest("form[data-send-on-change]")?.requestSubmit(),
);

// A page restored from the browser's cache still has the choices for the next page.
window.addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  document
    .querySelectorAll(".word-search, .sort, .filter-form")
    .forEach((form) => form.reset());
});

// The choice of a language is kept for the front page. Results change the address.
for (const link of document.querySelectorAll("[data-language]"))
  link.addEventListener("click", () => {
    const { language, prefix } = link.dataset;
    document.cookie = `language=${language}; path=/; max-age=31536000; samesite=lax`;
    const here = document.querySelector("[data-language][aria-current]").dataset.prefix;
    link.href = prefix + location.pathname.slice(here.length) + location.search;
  });

// On a phone the current category may lie outside the scrolling row.
const current = document.querySelector(".category-nav [aria-current]");
if (current) {
  const row = current.closest("ul");
  row.scrollLeft = current.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
}

// Browsers leave a card that Tab moves to half outside its row.
document.addEventListener("focusin", ({ target }) =>
  target.closest(".strip li")?.scrollIntoView({ block: "nearest", inline: "nearest" }),
);

// Pages without a network, see the service worker. Installed when all else is loaded.
if ("serviceWorker" in navigator) {
  window.addEventListener("load", () => {
    const install = () => navigator.serviceWorker.register(workerAddress).catch(() => {});
    (window.requestIdleCallback ?? setTimeout)(install);
  });
}

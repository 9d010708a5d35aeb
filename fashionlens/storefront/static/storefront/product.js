// A product's photos, one beside the other: thumbnails lead to them, and each opens large.
// The page also works without: links then lead to the photos themselves.
(() => {
  const track = document.querySelector(".gallery-track");
  const photos = [...track.querySelectorAll("a")];
  const thumbs = [...document.querySelectorAll(".thumbs a")];
  const searched = document.querySelector("#with-photo [name=image]");
  const zoom = document.querySelector("dialog.zoom");
  const towardsEnd = getComputedStyle(track).direction === "rtl" ? -1 : 1;
  let shown = 0;

  const mark = (number) => {
    shown = number;
    thumbs.forEach((thumb, n) =>
      n === number ? thumb.setAttribute("aria-current", "true") : thumb.removeAttribute("aria-current"),
    );
    if (searched) searched.value = photos[number].dataset.image;
  };
  const go = (number) => {
    if (photos[number]) photos[number].scrollIntoView({ block: "nearest", inline: "center" });
  };
  const observer = new IntersectionObserver(
    (entries) => entries.forEach(({ isIntersecting, target }) => isIntersecting && mark(photos.indexOf(target))),
    { root: track, threshold: 0.6 },
  );
  photos.forEach((photo) => observer.observe(photo));
  thumbs.forEach((thumb, number) =>
    thumb.addEventListener("click", (event) => {
      event.preventDefault();
      go(number);
    }),
  );
  const steps = { ArrowLeft: -towardsEnd, ArrowRight: towardsEnd };
  track.addEventListener("keydown", (event) => {
    if (!(event.key in steps) || photos.length < 2) return;
    event.preventDefault();
    go(shown + steps[event.key]);
  });
  if (!zoom) return;

  // Large -------------------------------------------------------------------------------

  const area = zoom.querySelector(".zoom-area");
  const picture = area.querySelector("img");
  const near = zoom.querySelector("[data-near]");

  const show = (number) => {
    if (!photos[number]) return;
    mark(number);
    const inPage = photos[number].querySelector("img:last-of-type");
    picture.src = inPage.currentSrc || inPage.src;
    picture.alt = inPage.alt;
    setNear(false);
  };

  // Twice as large as the screen, with the point of the photo in the middle.
  const setNear = (on, x = 0.5, y = 0.5) => {
    near.setAttribute("aria-pressed", String(on));
    area.classList.toggle("near", on);
    if (!on) return;
    picture.src = photos[shown].href; // the photo as it is stored
    area.scrollTo({
      left: x * area.scrollWidth - area.clientWidth / 2,
      top: y * area.scrollHeight - area.clientHeight / 2,
      behavior: "instant",
    });
  };

  photos.forEach((photo, number) =>
    photo.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // in a tab of its own
      event.preventDefault();
      if (zoom.open) return;
      show(number);
      zoom.showModal();
    }),
  );
  picture.addEventListener("click", ({ clientX, clientY }) => {
    const { left, top, width, height } = picture.getBoundingClientRect();
    setNear(!area.classList.contains("near"), (clientX - left) / width, (clientY - top) / height);
  });
  near.addEventListener("click", () => setNear(!area.classList.contains("near")));
  zoom.querySelector("[data-close]").addEventListener("click", () => zoom.close());
  zoom.querySelectorAll("[data-step]").forEach((button) =>
    button.addEventListener("click", () => show(shown + Number(button.dataset.step))),
  );
  zoom.addEventListener("keydown", (event) => {
    if (event.key === "+" || event.key === "-") setNear(event.key === "+");
    else if (event.key in steps && !area.classList.contains("near")) show(shown + steps[event.key]);
  });
  zoom.addEventListener("close", () => go(shown));
})();

(() => {
  const button = document.querySelector("[data-share]");
  const message = document.getElementById("share-message");
  const url = document.querySelector("link[rel=canonical]").href;
  const copy = async () => {
    await navigator.clipboard.writeText(url);
    message.textContent = button.dataset.copied;
  };
  // The address bar has the link.
  if (!navigator.share && !navigator.clipboard) return button.remove();
  button.addEventListener("click", async () => {
    try {
      await (navigator.share ? navigator.share({ title: button.dataset.share, url }) : copy());
    } catch (error) {
      if (error.name === "AbortError") return; // the shopper thought better of it
      message.textContent = url;
    }
  });
})();

// The photo form: choose, drop or paste a photo, choose a part of it or of a product's
// photo, search, and show the picture beside its results. The photo stays in this tab;
// a smaller copy or the part alone is uploaded. Without script the form still works.
(() => {
  const form = document.getElementById("photo-form");
  if (!form) return;
  const { photo: input, product, image } = form.elements;
  const message = document.getElementById("photo-message");
  const preview = document.getElementById("preview");
  const frame = preview.parentElement;
  const crop = form.querySelector("crop-box");
  const more = form.querySelector(".drop-more");
  const moreText = more.textContent;
  const live = form.hasAttribute("data-hx-post");
  // Times the upload limit: a phone's photo may exceed that and is shrunk before.
  const MAX_READ = 10;
  const files = new Map(); // number -> {file, address}: photos chosen on this page
  let picture = null; // the picture shown: {photo, name, box} or {product, image, src, ...}
  let pending = null; // the picture that was sent last
  let keepsRefinement = false; // whether the search sent keeps the words and filters of the page
  let latest = 0; // a newer photo replaces one that is still being read
  let ready = false; // the photo to send has been prepared

  form.classList.add("enhanced");

  const showMessage = (text) => {
    const line = document.createElement("p");
    line.textContent = text;
    message.replaceChildren(...(text ? [line] : []));
    input.setAttribute("aria-invalid", String(Boolean(text)));
  };

  // The picture -------------------------------------------------------------------

  const addressOf = ({ src, photo }) => src ?? files.get(photo)?.address ?? photoMemory.photo(photo);

  const show = (next) => {
    const address = next && addressOf(next);
    picture = address ? next : null;
    if (!picture) preview.removeAttribute("src");
    else if (preview.src !== new URL(address, location).href) preview.src = address;
    if (next?.ratio) frame.style.setProperty("--ratio", next.ratio);
    const title = next?.product ? next.name : form.dataset.yourPhoto;
    preview.alt = next?.name && !next.product ? `${title}, ${next.name}` : title;
    const unseen = next?.name && !picture;
    more.textContent = unseen ? form.dataset.unseen.replace("{name}", next.name) : moreText;
    form.classList.toggle("has-name", Boolean(unseen));
    form.classList.toggle("has-photo", Boolean(picture));
    if (!live) return;
    form.classList.toggle("of-product", Boolean(picture?.product));
    for (const field of [product, image]) field.disabled = !picture?.product;
    product.value = picture?.product ?? "";
    image.value = picture?.image ?? "";
    crop.box = picture?.box ?? null;
    garmentMarks.hide(frame);
  };

  // Of a photo that was sent in part, the page knows where the part lies; the server cuts
  // the photos of products.
  const showGarments = () => {
    const part = picture?.product ? null : picture?.box;
    const found = !picture?.box && garmentMarks.found();
    if (found) crop.suggest(found);
    garmentMarks.show(frame, part);
  };

  const fit = () => {
    const { naturalWidth: width, naturalHeight: height } = preview;
    if (width && height) frame.style.setProperty("--ratio", width / height);
  };
  preview.addEventListener("load", fit);
  fit(); // a picture of the page may have loaded already

  const queryPhoto = () => document.getElementById("query-photo")?.dataset ?? {};

  // Show the picture of the page's results, if this tab knows it.
  const showQueryPhoto = () => {
    const { query, product, image, src, name, box } = queryPhoto();
    if (product) {
      show({ product, image, src, name, box: box ? box.split(",").map(Number) : null });
      if (query) photoMemory.keepPicture(query, picture);
    } else {
      if (!query) input.value = "";
      show(query ? photoMemory.picture(query) : null);
    }
    if (live) showGarments();
  };

  // From file to form -------------------------------------------------------------

  const abort = () => window.htmx?.trigger(form, "htmx:abort");

  const submit = (upload, next, keepRefinement) => {
    const transfer = new DataTransfer();
    // A new file: choosing the one that the field holds would send no change event.
    if (upload) transfer.items.add(new File([upload], upload.name, { type: upload.type }));
    input.files = transfer.files;
    show(next);
    pending = next;
    keepsRefinement = keepRefinement;
    if (!live) photoMemory.keepPicture(photoMemory.PENDING, next);
    ready = true;
    form.requestSubmit();
    ready = false;
  };

  const refuseAsTooLarge = () => {
    form.classList.remove("busy");
    input.value = "";
    if (live) showQueryPhoto();
    else show(null);
    showMessage(form.dataset.tooLarge);
  };

  const choose = async (file) => {
    const own = ++latest;
    abort();
    showMessage("");
    const limit = Number(form.dataset.maxBytes);
    if (file.size > MAX_READ * limit) return refuseAsTooLarge();
    form.classList.add("busy");
    const { upload, ratio, finish } = await photoResize.prepare(file);
    if (own !== latest) return;
    if (upload.size > limit) return refuseAsTooLarge();
    const photo = Date.now();
    if (finish) files.set(photo, { file, address: URL.createObjectURL(upload) });
    const keep = () => finish && photoMemory.keepPhoto(photo, finish());
    if (!live) keep(); // the results are another page
    submit(upload, { photo, ratio, name: file.name, box: null }, false);
    if (live) (window.requestIdleCallback ?? setTimeout)(keep);
  };

  // Search with the picture shown, or with the part of it in the box. The server crops
  // the photos of products.
  const searchShown = async () => {
    const own = ++latest;
    abort();
    showMessage("");
    const next = { ...picture, box: crop.box };
    if (next.product) return submit(null, next, true);
    form.classList.add("busy");
    const upload = await photoResize.cut(files.get(next.photo)?.file ?? preview, next.box);
    if (own !== latest) return;
    if (upload) submit(upload, next, true);
    else {
      form.classList.remove("busy");
      showMessage(form.dataset.failed);
    }
  };

  const chooseFrom = (chosen) => {
    if (chosen.length) choose(chosen[0]);
    else showMessage(form.dataset.noPhoto);
  };

  input.addEventListener("change", () => input.files.length && choose(input.files[0]));

  document.querySelector("[data-camera]")?.addEventListener("click", () => {
    input.setAttribute("capture", "environment");
    input.click();
    input.removeAttribute("capture"); // the next photo may be one that is there already
  });

  const isInField = ({ target }) => target.closest?.("input:not([type=file]), textarea");

  document.addEventListener("paste", (event) => {
    const { files: pasted, types } = event.clipboardData;
    if (pasted.length || (!isInField(event) && !types.includes("text/plain"))) {
      event.preventDefault();
      chooseFrom(pasted);
    }
  });

  // The whole page accepts a dropped photo: missing the form must not leave the page.
  // Text dragged into a field belongs to the field.
  const isForField = (event) => isInField(event) && !event.dataTransfer.types.includes("Files");
  let inside = 0;
  const markDropping = (on) => form.classList.toggle("dropping", on);
  document.addEventListener("dragenter", (event) => {
    if (!isForField(event)) event.preventDefault();
    inside += 1;
    markDropping(true);
  });
  document.addEventListener("dragover", (event) => isForField(event) || event.preventDefault());
  document.addEventListener("dragleave", () => {
    inside = Math.max(0, inside - 1);
    if (!inside) markDropping(false);
  });
  document.addEventListener("drop", (event) => {
    inside = 0;
    markDropping(false);
    if (isForField(event)) return;
    event.preventDefault();
    chooseFrom(event.dataTransfer.files);
  });

  const stopBusy = () => form.classList.remove("busy");
  if (!live) {
    // The results are another page. After going back, the form starts empty.
    window.addEventListener("pageshow", () => {
      stopBusy();
      form.reset();
      show(null);
    });
    return;
  }

  const cancel = () => {
    latest += 1; // of a photo that is still being read
    abort();
    stopBusy();
    showQueryPhoto();
    input.focus();
  };

  // A part ------------------------------------------------------------------------------

  crop.addEventListener("crop", searchShown);

  const searchPart = (button) => {
    crop.box = button.value ? button.value.split(",").map(Number) : null;
    searchShown();
  };
  const actions = {
    "[name=box][type=submit]": searchPart,
    "[data-again]": () => searchShown(),
    "[data-crop]": () => crop.focus(),
    "[data-choose]": () => input.click(),
    "[data-cancel]": () => cancel(),
  };
  document.addEventListener("click", (event) => {
    for (const [which, act] of Object.entries(actions)) {
      const control = event.target.closest(which);
      if (!control) continue;
      event.preventDefault();
      act(control);
    }
  });
  // Words are sent together with the picture shown.
  document.addEventListener(
    "submit",
    (event) => {
      if (event.target !== form || ready || !picture) return;
      event.preventDefault();
      event.stopPropagation();
      searchShown();
    },
    true,
  );

  // The results ------------------------------------------------------------------------

  const status = document.getElementById("results-status");
  const results = document.getElementById("results");
  results.setAttribute("aria-busy", "false");
  const isFromForm = ({ elt }) => elt === form;

  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (!isFromForm(detail)) return;
    // A shopper's photo is cut already; htmx adds the box of the button pressed.
    detail.formData.delete("box");
    if (picture?.product && picture.box)
      detail.formData.append("box", picture.box.map((side) => side.toFixed(4)).join());
    if (!keepsRefinement || !queryPhoto().query) return;
    const given = new Set(detail.formData.keys());
    for (const [name, value] of new URLSearchParams(location.search))
      if (!["page", "garment"].includes(name) && !given.has(name)) detail.formData.append(name, value);
  });
  // Other parts of the page load by themselves, such as the filters.
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.target !== results) return;
    if (isFromForm(detail)) form.classList.add("busy");
    results.setAttribute("aria-busy", "true");
    status.textContent = form.dataset.searching;
    status.className = "visually-hidden";
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.requestConfig.target !== results) return;
    if (isFromForm(detail)) stopBusy();
    results.setAttribute("aria-busy", "false");
    if (!detail.successful) status.textContent = "";
    if (![413, 422, 429].includes(detail.xhr.status)) return;
    // The photo was refused: the results are still those of the previous picture.
    showQueryPhoto();
    input.setAttribute("aria-invalid", "true");
  });
  const fail = ({ detail }, text) => {
    if (isFromForm(detail) || detail.requestConfig.verb !== "get") {
      showQueryPhoto(); // the results are still those of the previous picture
      return showMessage(text);
    }
    // For a link, the form with its message may be out of sight.
    status.textContent = text;
    status.className = "notice";
  };
  document.addEventListener("htmx:sendError", (event) => fail(event, failures.explain(null)));
  document.addEventListener("htmx:timeout", (event) => fail(event, failures.explain(null, "late")));
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr, requestConfig, pathInfo } = event.detail;
    // The page that a link leads to says what is wrong.
    if (requestConfig.verb === "get" && xhr.status < 500 && xhr.status >= 400)
      location.assign(pathInfo.finalRequestPath);
    else fail(event, failures.explain(xhr));
  });

  let query = queryPhoto().query;
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (detail.target !== results) return;
    const fromForm = isFromForm(detail.requestConfig ?? {});
    const before = query;
    query = queryPhoto().query;
    if (fromForm && query) photoMemory.keepPicture(query, pending);
    if (!fromForm && query !== before) showQueryPhoto();
    else showGarments();
    showMessage("");
    const title = document.getElementById("results-title");
    const count = results.querySelector(".count");
    const words = [title, count].flatMap((part) => part?.textContent ?? []).join(": ");
    status.textContent = words.replace(/\s+/g, " ").trim();
    if (!fromForm) title?.focus({ preventScroll: true });
    else if (!keepsRefinement && results.getBoundingClientRect().top > window.innerHeight * 0.7)
      results.scrollIntoView({ block: "start" });
  });
  // Back to an expired search: its page says so. Offline, the browser says so; the
  // results of another address must not stay.
  document.addEventListener("htmx:historyCacheMissLoadError", () => location.reload());
  document.addEventListener("htmx:historyCacheMiss", ({ detail }) =>
    detail.xhr.addEventListener("error", () => location.reload()),
  );
  document.addEventListener("htmx:historyRestore", () => {
    query = queryPhoto().query;
    showMessage("");
    status.className = "visually-hidden";
    showQueryPhoto();
  });

  const sent = photoMemory.picture(photoMemory.PENDING);
  if (query && sent) photoMemory.keepPicture(query, sent);
  photoMemory.keepPicture(photoMemory.PENDING, null);
  showQueryPhoto();

  // A photo that another app has shared, kept by the service worker until now.
  const takeShared = async () => {
    history.replaceState(history.state, "", location.pathname);
    const cache = await caches.open("shared-photo");
    const answer = await cache.match(location.pathname);
    if (!answer) return;
    await cache.delete(location.pathname);
    const name = decodeURIComponent(answer.headers.get("X-Name") ?? "");
    const blob = await answer.blob();
    choose(new File([blob], name, { type: blob.type }));
  };
  if (location.hash === "#shared") takeShared();
})();

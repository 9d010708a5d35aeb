// The photo form: choose, drop or paste a photo, choose a part of it or of a product's
// photo, search, and show beside the results what they are for. The photo stays in this
// tab; what is sent is a smaller one, or the part alone. All but that works without.
(() => {
  const form = document.getElementById("photo-form");
  if (!form) return;
  const { photo: input, product, image } = form.elements;
  const message = document.getElementById("photo-message");
  const preview = document.getElementById("preview");
  const frame = preview.parentElement;
  const crop = form.querySelector("crop-box");
  const more = form.querySelector(".drop-more");
  const moreWords = more.textContent;
  const live = form.hasAttribute("hx-post");
  // Of the limit on what is sent: a phone's photo is above it and is made small here.
  const MOST_READ = 10;
  const files = new Map(); // number -> {file, address}: photos chosen on this page
  let look = null; // the picture shown: {photo, name, box} or {product, image, src, ...}
  let pending = null; // the look that was sent last
  let goesOn = false; // whether what was sent keeps the words and filters of the page
  let turn = 0; // a newer photo overtakes one that is still being read
  let ready = false; // what the form sends has been prepared

  form.classList.add("enhanced");

  const say = (words) => {
    const line = document.createElement("p");
    line.textContent = words;
    message.replaceChildren(...(words ? [line] : []));
    input.setAttribute("aria-invalid", String(Boolean(words)));
  };

  // The picture -------------------------------------------------------------------

  const addressOf = ({ src, photo }) => src ?? files.get(photo)?.address ?? photoKept.photo(photo);

  const show = (next) => {
    const address = next && addressOf(next);
    look = address ? next : null;
    if (!look) preview.removeAttribute("src");
    else if (preview.src !== new URL(address, location).href) preview.src = address;
    const title = next?.product ? next.name : "Your photo";
    preview.alt = next?.name && !next.product ? `${title}, ${next.name}` : title;
    const unseen = next?.name && !look;
    more.textContent = unseen ? `${next.name} (not shown by this browser)` : moreWords;
    form.classList.toggle("has-name", Boolean(unseen));
    form.classList.toggle("has-photo", Boolean(look));
    if (!live) return;
    form.classList.toggle("of-product", Boolean(look?.product));
    for (const field of [product, image]) field.disabled = !look?.product;
    product.value = look?.product ?? "";
    image.value = look?.image ?? "";
    crop.box = look?.box ?? null;
  };

  const fit = () => {
    const { naturalWidth: width, naturalHeight: height } = preview;
    if (width && height) frame.style.setProperty("--ratio", width / height);
  };
  preview.addEventListener("load", fit);
  fit(); // what came with the page may have loaded before

  const asked = () => document.getElementById("asked")?.dataset ?? {};

  // What the page's results are for, as far as this tab has seen it.
  const showAsked = () => {
    const { query, product, image, picture, name, box } = asked();
    if (product) {
      show({ product, image, src: picture, name, box: box ? box.split(",").map(Number) : null });
      if (query) photoKept.keepLook(query, look);
    } else {
      if (!query) input.value = "";
      show(query ? photoKept.look(query) : null);
    }
  };

  // From file to form -------------------------------------------------------------

  const abort = () => window.htmx?.trigger(form, "htmx:abort");

  const submit = (upload, next, keepsOn) => {
    const transfer = new DataTransfer();
    // A file of its own: choosing the one that the field holds would change nothing.
    if (upload) transfer.items.add(new File([upload], upload.name, { type: upload.type }));
    input.files = transfer.files;
    show(next);
    pending = next;
    goesOn = keepsOn;
    if (!live) photoKept.keepLook(photoKept.PENDING, next);
    ready = true;
    form.requestSubmit();
    ready = false;
  };

  const refuseAsTooLarge = () => {
    form.classList.remove("busy");
    input.value = "";
    if (live) showAsked();
    else show(null);
    say(form.dataset.tooLarge);
  };

  const take = async (file) => {
    const mine = ++turn;
    abort();
    say("");
    const limit = Number(form.dataset.maxBytes);
    if (file.size > MOST_READ * limit) return refuseAsTooLarge();
    form.classList.add("busy");
    const { upload, small } = await photoPixels.prepare(file);
    if (mine !== turn) return;
    if (upload.size > limit) return refuseAsTooLarge();
    const photo = Date.now();
    if (small) {
      files.set(photo, { file, address: URL.createObjectURL(upload) });
      photoKept.keepPhoto(photo, small);
    }
    submit(upload, { photo, name: file.name, box: null }, false);
  };

  // The picture shown, or the part of it in the box. A product's is cut by the server.
  const sendShown = async () => {
    const mine = ++turn;
    abort();
    say("");
    const next = { ...look, box: crop.box };
    if (next.product) return submit(null, next, true);
    form.classList.add("busy");
    const upload = await photoPixels.cut(files.get(next.photo)?.file ?? preview, next.box);
    if (mine !== turn) return;
    if (upload) submit(upload, next, true);
    else {
      form.classList.remove("busy");
      say(form.dataset.failed);
    }
  };

  const takeFrom = (chosen) => {
    if (chosen.length) take(chosen[0]);
    else say(form.dataset.noPhoto);
  };

  input.addEventListener("change", () => input.files.length && take(input.files[0]));

  const isTyped = ({ target }) => target.closest?.("input:not([type=file]), textarea");

  document.addEventListener("paste", (event) => {
    const { files: pasted, types } = event.clipboardData;
    if (pasted.length || (!isTyped(event) && !types.includes("text/plain"))) {
      event.preventDefault();
      takeFrom(pasted);
    }
  });

  // The whole page takes the photo: who misses the frame must not lose the page. Words
  // dragged into a field are for the field.
  const forField = (event) => isTyped(event) && !event.dataTransfer.types.includes("Files");
  let inside = 0;
  const mark = (on) => form.classList.toggle("dropping", on);
  document.addEventListener("dragenter", (event) => {
    if (!forField(event)) event.preventDefault();
    inside += 1;
    mark(true);
  });
  document.addEventListener("dragover", (event) => forField(event) || event.preventDefault());
  document.addEventListener("dragleave", () => {
    inside = Math.max(0, inside - 1);
    if (!inside) mark(false);
  });
  document.addEventListener("drop", (event) => {
    inside = 0;
    mark(false);
    if (forField(event)) return;
    event.preventDefault();
    takeFrom(event.dataTransfer.files);
  });

  const rest = () => form.classList.remove("busy");
  if (!live) {
    // The results are another page; the preview waits there. Back, all starts anew.
    window.addEventListener("pageshow", () => {
      rest();
      form.reset();
      show(null);
    });
    return;
  }

  // A part ------------------------------------------------------------------------------

  crop.addEventListener("crop", sendShown);

  const sendPart = (button) => {
    crop.box = button.value ? button.value.split(",").map(Number) : null;
    sendShown();
  };
  const deeds = {
    "[name=box][type=submit]": sendPart,
    "[data-again]": () => sendShown(),
    "[data-crop]": () => crop.focus(),
    "[data-choose]": () => input.click(),
  };
  document.addEventListener("click", (event) => {
    for (const [which, deed] of Object.entries(deeds)) {
      const control = event.target.closest(which);
      if (!control) continue;
      event.preventDefault();
      deed(control);
    }
  });
  // Words sent beside a picture take it along.
  document.addEventListener(
    "submit",
    (event) => {
      if (event.target !== form || ready || !look) return;
      event.preventDefault();
      event.stopPropagation();
      sendShown();
    },
    true,
  );

  // The answer ------------------------------------------------------------------------

  const status = document.getElementById("results-status");
  const results = document.getElementById("results");
  results.setAttribute("aria-busy", "false");
  const isOurs = ({ elt }) => elt === form;

  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (!isOurs(detail)) return;
    // Of an own photo the part has been cut; htmx adds what button was pressed once.
    detail.formData.delete("box");
    if (look?.product && look.box)
      detail.formData.append("box", look.box.map((side) => side.toFixed(4)).join());
    if (!goesOn || !asked().query) return;
    const given = new Set(detail.formData.keys());
    for (const [name, value] of new URLSearchParams(location.search))
      if (name !== "page" && !given.has(name)) detail.formData.append(name, value);
  });
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (isOurs(detail)) form.classList.add("busy");
    results.setAttribute("aria-busy", "true");
    status.textContent = "Searching";
    status.className = "unseen";
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (isOurs(detail)) rest();
    results.setAttribute("aria-busy", "false");
    if (!detail.successful) status.textContent = "";
    if (detail.xhr.status !== 422) return;
    // Refused: the results on the page are still those of the picture before.
    showAsked();
    input.setAttribute("aria-invalid", "true");
  });
  for (const failure of ["htmx:sendError", "htmx:timeout"])
    document.addEventListener(failure, ({ detail }) => {
      if (detail.requestConfig.verb !== "get") return say(form.dataset.failed);
      // Of a link; the form may be far out of sight.
      status.textContent = form.dataset.unanswered;
      status.className = "notice";
    });
  document.addEventListener("htmx:responseError", ({ detail }) => {
    // The page of a link says itself what is wrong with it.
    if (detail.requestConfig.verb === "get") location.assign(detail.pathInfo.finalRequestPath);
    else say(form.dataset.failed);
  });

  let query = asked().query;
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (detail.target !== results) return;
    const ours = isOurs(detail.requestConfig ?? {});
    const before = query;
    query = asked().query;
    if (ours && query) photoKept.keepLook(query, pending);
    if (!ours && query !== before) showAsked();
    say("");
    const title = document.getElementById("results-title");
    const count = results.querySelector(".count");
    const words = [title, count].flatMap((part) => part?.textContent ?? []).join(": ");
    status.textContent = words.replace(/\s+/g, " ").trim();
    if (!ours) title?.focus({ preventScroll: true });
    else if (!goesOn && results.getBoundingClientRect().top > window.innerHeight * 0.7)
      results.scrollIntoView({ block: "start" });
  });
  // Back to a search that is over: its own page says so. Without a connection the
  // browser does; the results of another address are no answer.
  document.addEventListener("htmx:historyCacheMissLoadError", () => location.reload());
  document.addEventListener("htmx:historyCacheMiss", ({ detail }) =>
    detail.xhr.addEventListener("error", () => location.reload()),
  );
  document.addEventListener("htmx:historyRestore", () => {
    query = asked().query;
    say("");
    status.className = "unseen";
    showAsked();
  });

  if (query && photoKept.look(photoKept.PENDING)) photoKept.keepLook(query, photoKept.look(photoKept.PENDING));
  photoKept.keepLook(photoKept.PENDING, null);
  showAsked();
})();

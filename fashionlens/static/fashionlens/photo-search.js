// The photo form: choose, drop or paste; preview; make large photos small before they
// are sent. The form works without any of this.
(() => {
  const form = document.getElementById("photo-form");
  if (!form) return;
  const input = form.elements.photo;
  const message = document.getElementById("photo-message");
  const preview = document.getElementById("preview");
  const more = form.querySelector(".drop-more");
  const moreWords = more.textContent;
  const live = form.hasAttribute("hx-post");
  const MAX_SIDE = 1600; // the encoder looks at far less
  const KEPT_SIDE = 480; // of the preview this tab keeps, for reload and back
  const PENDING = "photo:pending";
  let turn = 0; // a newer photo overtakes one that is still being read
  let objectUrl = "";

  form.classList.add("enhanced");

  const say = (words) => {
    const line = document.createElement("p");
    line.textContent = words;
    message.replaceChildren(...(words ? [line] : []));
    input.setAttribute("aria-invalid", String(Boolean(words)));
  };

  // The preview -----------------------------------------------------------------

  const show = (address, name = "") => {
    if (objectUrl && objectUrl !== address) URL.revokeObjectURL(objectUrl);
    objectUrl = address.startsWith("blob:") ? address : "";
    preview.hidden = !address;
    if (address) preview.src = address;
    else preview.removeAttribute("src");
    preview.alt = name ? `Your photo, ${name}` : "Your photo";
    more.textContent = name && !address ? `${name} (not shown by this browser)` : moreWords;
    form.classList.toggle("has-name", Boolean(name && !address));
    form.classList.toggle("has-photo", Boolean(address));
  };

  const keep = (key, value) => {
    try {
      if (value) sessionStorage.setItem(key, value);
      else sessionStorage.removeItem(key);
    } catch {
      // Storage is full or forbidden: the preview is gone after a reload, no more.
    }
  };
  const kept = (key) => {
    try {
      return sessionStorage.getItem(key);
    } catch {
      return null;
    }
  };

  const queryId = () => document.querySelector("[data-query]")?.dataset.query;

  // The photo of the results on the page, as far as this tab has seen it.
  const showKept = () => {
    const id = queryId();
    if (id && kept(PENDING)) {
      keep(`photo:${id}`, kept(PENDING));
      keep(PENDING, "");
    }
    show((id && kept(`photo:${id}`)) || "");
  };

  // From file to form -------------------------------------------------------------

  const draw = (bitmap, side) => {
    const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = canvas.getContext("2d");
    context.fillStyle = "white"; // as the server does with transparency
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return canvas;
  };

  const toJpeg = (canvas) =>
    new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));

  // What to send and the small preview to keep. A photo this browser cannot read is
  // sent as it is: the server reads more kinds.
  const prepare = async (file) => {
    let bitmap;
    try {
      bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch {
      return { upload: file, small: "" };
    }
    try {
      const small = draw(bitmap, KEPT_SIDE).toDataURL("image/jpeg", 0.8);
      if (Math.max(bitmap.width, bitmap.height) <= MAX_SIDE) return { upload: file, small };
      const blob = await toJpeg(draw(bitmap, MAX_SIDE));
      const upload = blob && new File([blob], "photo.jpg", { type: "image/jpeg" });
      return { upload: upload || file, small };
    } finally {
      bitmap.close();
    }
  };

  const take = async (file) => {
    const mine = ++turn;
    if (window.htmx) window.htmx.trigger(form, "htmx:abort");
    say("");
    if (file.size > Number(form.dataset.maxBytes)) {
      input.value = "";
      keep(PENDING, "");
      showKept();
      say(form.dataset.tooLarge);
      return;
    }
    form.classList.add("busy");
    const { upload, small } = await prepare(file);
    if (mine !== turn) return;
    const transfer = new DataTransfer();
    transfer.items.add(upload);
    input.files = transfer.files;
    show(small ? URL.createObjectURL(upload) : "", file.name);
    keep(PENDING, small);
    form.requestSubmit();
  };

  const takeFrom = (files) => {
    if (files.length) take(files[0]);
    else say(form.dataset.noPhoto);
  };

  input.addEventListener("change", () => input.files.length && take(input.files[0]));

  document.addEventListener("paste", (event) => {
    const { files, types } = event.clipboardData;
    const typing = event.target.closest?.("input[type=search], textarea");
    if (files.length || (!typing && !types.includes("text/plain"))) {
      event.preventDefault();
      takeFrom(files);
    }
  });

  // The whole page takes the photo: who misses the frame must not lose the page.
  let inside = 0;
  const mark = (on) => form.classList.toggle("dropping", on);
  document.addEventListener("dragenter", (event) => {
    event.preventDefault();
    inside += 1;
    mark(true);
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("dragleave", () => {
    inside = Math.max(0, inside - 1);
    if (!inside) mark(false);
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    inside = 0;
    mark(false);
    takeFrom(event.dataTransfer.files);
  });

  // The answer ------------------------------------------------------------------------

  const rest = () => form.classList.remove("busy");
  if (!live) {
    // The results are another page; the preview waits there. Back, all starts anew.
    window.addEventListener("pageshow", () => {
      rest();
      form.reset();
      show("");
    });
    keep(PENDING, "");
    return;
  }

  const status = document.getElementById("results-status");
  const results = document.getElementById("results");
  results.setAttribute("aria-busy", "false");

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt === form) form.classList.add("busy");
    results.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt === form) rest();
    if (event.detail.xhr.status === 422) {
      // Refused: the results on the page are still those of the photo before.
      keep(PENDING, "");
      showKept();
      input.setAttribute("aria-invalid", "true");
    }
    results.setAttribute("aria-busy", "false");
  });
  for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"])
    document.addEventListener(failure, () => say(form.dataset.failed));

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== results) return;
    const title = document.getElementById("results-title");
    const count = results.querySelector(".count");
    status.textContent = [title, count].map((part) => part?.textContent ?? "").join(": ");
    const id = queryId();
    if (id && kept(PENDING)) {
      keep(`photo:${id}`, kept(PENDING));
      keep(PENDING, "");
    }
    if (event.detail.requestConfig?.elt !== form) title?.focus({ preventScroll: true });
    else if (results.getBoundingClientRect().top > window.innerHeight * 0.7)
      results.scrollIntoView({ block: "start" });
  });
  // Back to a search that is over: its own page says so.
  document.addEventListener("htmx:historyCacheMissLoadError", () => location.reload());
  document.addEventListener("htmx:historyRestore", () => {
    say("");
    showKept();
  });

  if (!queryId()) keep(PENDING, "");
  showKept();
})();

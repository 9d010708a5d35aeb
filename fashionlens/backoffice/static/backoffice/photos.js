// Photos of a product: each is sent as soon as it is chosen, so that the form carries
// ids only. Without this script each row has a file field.

const MAX_BYTES = 10 * 1024 * 1024;
const AT_ONCE = 2;
const POLL_MS = 2000;
const STATES = { waiting: "Waiting for search", searchable: "Found by search", failed: "Not found by search" };

const section = document.querySelector("[data-photos]");
if (section) start(section);

function start(section) {
  const list = section.querySelector("[data-list]");
  const total = section.querySelector(`[name="${section.dataset.prefix}-TOTAL_FORMS"]`);
  const told = section.querySelector("[data-told]");
  const queue = [];
  let running = 0;
  let dragged = null;

  for (const card of [...list.children]) {
    if (card.dataset.id || field(card, "upload").value) prepare(card);
    else card.remove();
  }
  renumber();
  const drop = section.querySelector("[data-drop]");
  drop.hidden = false;
  number();
  poll();

  drop.querySelector("[data-choose]").addEventListener("change", (event) => {
    add([...event.target.files]);
    event.target.value = "";
  });
  section.addEventListener("dragover", (event) => {
    event.preventDefault();
    if (dragged) place(event);
    else drop.classList.add("photos-over");
  });
  section.addEventListener("dragleave", () => drop.classList.remove("photos-over"));
  section.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("photos-over");
    if (!dragged) add([...event.dataTransfer.files]);
  });
  // A photo that misses the field must not replace the page.
  for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());

  section.closest("form").addEventListener("submit", (event) => {
    if (!queue.length && !running) {
      // What could not be sent is no row of the form.
      for (const card of [...list.children]) {
        if (!card.dataset.id && !field(card, "upload").value) card.remove();
      }
      renumber();
      number();
      return;
    }
    event.preventDefault();
    tell("Photos are still being sent. Save again when they are there.");
    told.classList.remove("visually-hidden");
  });

  function prepare(card) {
    card.classList.add("photo-scripted");
    const picture = card.querySelector(".photo-picture");
    picture.draggable = true;
    card.querySelector("[data-buttons]").hidden = false;
    picture.addEventListener("dragstart", (event) => {
      dragged = card;
      event.dataTransfer.effectAllowed = "move";
    });
    picture.addEventListener("dragend", () => {
      dragged = null;
      number();
    });
    card.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.hasAttribute("data-earlier")) move(card, -1, button);
      if (button.hasAttribute("data-later")) move(card, 1, button);
      if (button.hasAttribute("data-remove")) remove(card);
      if (button.hasAttribute("data-retry")) send(card);
      if (button.hasAttribute("data-replace")) replace(card);
      if (button.hasAttribute("data-finds-button")) finds(card);
    });
    card.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const on = event.target.closest("[data-earlier], [data-later]");
      if (!step || !on) return;
      event.preventDefault();
      move(card, step, on);
    });
  }

  function place(event) {
    const over = event.target.closest?.("[data-photo]");
    if (!over || over === dragged) return;
    const box = over.getBoundingClientRect();
    if (event.clientX < box.left + box.width / 2) over.before(dragged);
    else over.after(dragged);
  }

  function move(card, step, button) {
    const other = step < 0 ? card.previousElementSibling : card.nextElementSibling;
    if (other) step < 0 ? other.before(card) : other.after(card);
    button.focus();
    number();
    tell(`Photo ${shown().indexOf(card) + 1} of ${shown().length}`);
  }

  function shown() {
    return [...list.children].filter((card) => !card.hidden);
  }

  function number() {
    shown().forEach((card, position) => {
      field(card, "position").value = position;
      card.dataset.place = position + 1;
    });
  }

  function field(card, name) {
    return card.querySelector(`[name$="-${name}"]`);
  }

  function remove(card) {
    const next = card.nextElementSibling ?? card.previousElementSibling;
    const box = field(card, "DELETE");
    if (card.dataset.id && box) {
      box.checked = true;
      card.hidden = true;
    } else {
      card.remove();
      renumber();
    }
    number();
    (next?.querySelector("[data-remove]") ?? drop.querySelector("input")).focus();
    tell("Photo deleted. Save to keep this.");
  }

  // Rows of a form set are numbered from 0 without gaps; stored ones come first.
  function renumber() {
    const stored = [...list.children].filter((card) => card.dataset.id);
    const fresh = [...list.children].filter((card) => !card.dataset.id);
    fresh.forEach((card, index) => {
      for (const element of card.querySelectorAll("[name], [id], [for]")) {
        for (const attribute of ["name", "id", "for"]) {
          const value = element.getAttribute(attribute);
          if (value) element.setAttribute(attribute, value.replace(/images-\d+-/, `images-${stored.length + index}-`));
        }
      }
    });
    total.value = stored.length + fresh.length;
  }

  function add(files) {
    for (const file of files) {
      const card = fresh();
      list.append(card);
      take(card, file);
    }
    number();
    if (files.length) tell(`${files.length} photos added`);
  }

  function fresh() {
    const html = section.querySelector("[data-empty]").innerHTML.replaceAll("__prefix__", total.value);
    const holder = document.createElement("ol");
    holder.innerHTML = html;
    const card = holder.firstElementChild;
    total.value = Number(total.value) + 1;
    prepare(card);
    return card;
  }

  function replace(card) {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = drop.querySelector("input").accept;
    input.addEventListener("change", () => input.files[0] && take(card, input.files[0]));
    input.click();
  }

  function take(card, file) {
    const picture = card.querySelector("[data-picture]");
    picture.src = URL.createObjectURL(file);
    picture.hidden = false;
    picture.onerror = () => (picture.hidden = true);
    picture.alt = file.name;
    card.chosen = file;
    send(card);
  }

  function send(card) {
    problem(card, "");
    if (card.chosen.size > MAX_BYTES) {
      return problem(card, `${card.chosen.name} is larger than 10 MB. Choose a smaller file.`);
    }
    state(card, "Waiting to be sent");
    card.setAttribute("aria-busy", "true");
    queue.push(card);
    next();
  }

  async function next() {
    if (running >= AT_ONCE || !queue.length) return;
    const card = queue.shift();
    running += 1;
    state(card, "Being sent");
    await upload(card);
    card.removeAttribute("aria-busy");
    running -= 1;
    next();
  }

  async function upload(card) {
    const body = new FormData();
    body.append("photo", card.chosen);
    body.append("csrfmiddlewaretoken", section.closest("form").querySelector("[name=csrfmiddlewaretoken]").value);
    let response, answer;
    try {
      response = await fetch(section.dataset.upload, { method: "POST", body });
      answer = await response.json();
    } catch {
      return problem(card, "The photo was not sent: the connection was lost.", true);
    }
    if (!response.ok) return problem(card, answer.error ?? "The photo was not sent.", response.status >= 500);
    field(card, "upload").value = answer.id;
    state(card, "Save to store it");
    known(card, answer.copies);
  }

  function known(card, copies) {
    const place = card.querySelector("[data-problem]");
    for (const copy of copies.slice(0, 2)) {
      const line = document.createElement("p");
      line.append(copy.same ? "Already in the shop: " : "Looks the same as in ");
      const link = document.createElement("a");
      link.href = copy.address;
      link.target = "_blank";
      link.textContent = copy.title;
      line.append(link);
      place.append(line);
    }
  }

  function problem(card, text, again = false) {
    const place = card.querySelector("[data-problem]");
    place.replaceChildren();
    card.classList.toggle("photo-bad", Boolean(text));
    card.querySelector("[data-retry]").hidden = !again;
    if (!text) return;
    state(card, "");
    const line = document.createElement("p");
    line.className = "errornote";
    line.textContent = text;
    place.append(line);
    tell(text);
    field(card, "upload").value = "";
  }

  function state(card, text) {
    card.querySelector("[data-state]").textContent = text;
  }

  function tell(text) {
    told.textContent = text;
  }

  async function finds(card) {
    const place = card.querySelector("[data-found]");
    place.textContent = "Searching";
    try {
      const response = await fetch(`${section.dataset.finds}?photo=${card.dataset.id}`);
      if (!response.ok) throw new Error(response.statusText);
      place.innerHTML = (await response.json()).html;
    } catch {
      place.textContent = "The search failed. Try again.";
    }
  }

  async function poll() {
    if (!section.dataset.states) return;
    let photos = {};
    try {
      photos = (await (await fetch(section.dataset.states)).json()).photos;
    } catch {
      return setTimeout(poll, 5 * POLL_MS);
    }
    let waiting = false;
    for (const card of list.children) {
      const found = photos[card.dataset.id];
      if (!found || card.chosen) continue;
      state(card, STATES[found.state] + (found.reason ? `: ${found.reason}` : ""));
      card.dataset.search = found.state;
      card.querySelector("[data-finds-button]").hidden = found.state !== "searchable";
      waiting ||= found.state === "waiting";
    }
    if (waiting) setTimeout(poll, POLL_MS);
  }
}

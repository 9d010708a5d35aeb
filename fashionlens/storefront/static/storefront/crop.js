// <crop-box> lies over a picture to choose a part of it by pointer, touch or keyboard.
// It sends a "crop" event when the box is released, and on Enter.
(() => {
  const WHOLE = [0, 0, 1, 1]; // left, top, right, bottom, as fractions of the picture
  const MIN_PX = 40;
  const MIN_SHARE = 0.05;
  const STEP = 0.02; // per key press
  const EDGES = ["l", "t", "r", "b"]; // in the order of a box
  const HANDLES = ["t", "r", "b", "l", "lt", "rt", "rb", "lb"];
  const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const ANNOUNCE_AFTER_MS = 400;

  const same = (one, other) => one.every((side, n) => side === other[n]);
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const percent = (share) => Math.round(share * 100);

  const append = (parent, name, attributes = {}) => {
    const element = parent.appendChild(document.createElement("div"));
    element.className = name;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  class CropBox extends HTMLElement {
    #sides = WHOLE;
    #sent = WHOLE; // the box of the last event
    #found = WHOLE; // what the search found by itself in the whole picture
    #drag = null;
    #timer = 0;

    connectedCallback() {
      if (this.frame) return;
      this.shade = append(this, "crop-shade");
      this.frame = append(this, "crop-frame", {
        tabindex: "0",
        role: "application",
        "aria-roledescription": this.dataset.role,
        "aria-describedby": this.dataset.help,
      });
      for (const edges of HANDLES) append(this.frame, "crop-handle", { "data-edges": edges });
      this.voice = append(this, "visually-hidden", { role: "status" });
      this.addEventListener("pointerdown", (event) => this.#grab(event));
      this.addEventListener("pointermove", (event) => this.#follow(event));
      this.addEventListener("pointerup", (event) => this.#release(event));
      this.addEventListener("pointercancel", (event) => this.#cancel(event));
      this.frame.addEventListener("keydown", (event) => this.#press(event));
      this.#draw();
    }

    // Return null for the whole picture, and where the box was not moved from what the
    // search found in it.
    get box() {
      return this.#isWhole() || same(this.#sides, this.#found) ? null : [...this.#sides];
    }
    set box(box) {
      this.#found = WHOLE;
      this.#place(box ?? WHOLE);
    }

    // Begin with the garment that the search found in the whole picture.
    suggest(box) {
      this.#found = box;
      this.#place(box);
    }

    #place(sides) {
      this.#drag = null;
      this.#sides = this.#sent = sides;
      if (this.frame) this.#draw();
    }

    #isWhole() {
      return same(this.#sides, WHOLE);
    }

    focus() {
      this.frame.focus();
    }

    // Pointer and touch -------------------------------------------------------------

    #grab(event) {
      if (event.button || this.#drag) return;
      const handle = event.target.closest(".crop-handle");
      const inside = event.target.closest(".crop-frame");
      const mouse = event.pointerType === "mouse";
      let edges = handle?.dataset.edges ?? "";
      const moving = !handle && inside && !this.#isWhole();
      const area = this.getBoundingClientRect();
      const start = [...this.#sides];
      if (!handle && !moving) {
        if (!mouse) return; // a finger outside the box scrolls the page
        const x = clamp((event.clientX - area.left) / area.width, 0, 1);
        const y = clamp((event.clientY - area.top) / area.height, 0, 1);
        start.splice(0, 4, x, y, x, y);
        edges = "new";
      }
      this.setPointerCapture(event.pointerId);
      const { pointerId: id, clientX: x, clientY: y } = event;
      this.#drag = { id, x, y, area, edges, start, before: this.#sides };
    }

    #follow(event) {
      const drag = this.#drag;
      if (drag?.id !== event.pointerId) return;
      const dx = (event.clientX - drag.x) / drag.area.width;
      const dy = (event.clientY - drag.y) / drag.area.height;
      if (drag.edges === "new") {
        const [x, y] = drag.start;
        const far = [clamp(x + dx, 0, 1), clamp(y + dy, 0, 1)];
        const near = [Math.min(x, far[0]), Math.min(y, far[1])];
        const end = [Math.max(x, far[0]), Math.max(y, far[1])];
        const [width, height] = this.#minimum();
        // A click without a drag draws no box.
        const drawn = end[0] - near[0] >= width && end[1] - near[1] >= height;
        this.#sides = drawn ? [...near, ...end] : drag.before;
      } else if (drag.edges) this.#sides = this.#resize(drag.start, drag.edges, dx, dy);
      else this.#sides = this.#move(drag.start, dx, dy);
      this.#draw();
    }

    #release(event) {
      if (this.#drag?.id !== event.pointerId) return;
      this.#drag = null;
      if (!same(this.#sides, this.#sent)) this.#send();
    }

    #cancel(event) {
      if (this.#drag?.id !== event.pointerId) return;
      this.#sides = this.#drag.before;
      this.#drag = null;
      this.#draw();
    }

    // Keyboard ----------------------------------------------------------------------

    #press(event) {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const key = KEYS[event.key];
      if (key && event.shiftKey) this.#sides = this.#grow(...key);
      else if (key) this.#sides = this.#move(this.#sides, key[0] * STEP, key[1] * STEP);
      else if (event.key === "Escape") this.#sides = this.#sent;
      else if (event.key !== "Enter") return;
      event.preventDefault();
      if (event.key === "Enter") this.#send();
      this.#draw();
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => (this.voice.textContent = this.#description()), ANNOUNCE_AFTER_MS);
    }

    // Grow to the right or down; at the picture's edge, to the other side.
    #grow(x, y) {
      const [, , right, bottom] = this.#sides;
      const edges = (x > 0 && right > 0.999 ? "l" : "r") + (y > 0 && bottom > 0.999 ? "t" : "b");
      const turn = (side, edge) => (edges.includes(edge) ? -side : side);
      return this.#resize(this.#sides, edges, turn(x, "l") * STEP, turn(y, "t") * STEP);
    }

    // The box -------------------------------------------------------------------------

    #minimum() {
      const { width, height } = this.getBoundingClientRect();
      const minimum = (px) => clamp(MIN_PX / (px || 1), MIN_SHARE, 1);
      return [minimum(width), minimum(height)];
    }

    #move([left, top, right, bottom], dx, dy) {
      const x = clamp(dx, -left, 1 - right);
      const y = clamp(dy, -top, 1 - bottom);
      return [left + x, top + y, right + x, bottom + y];
    }

    #resize(start, edges, dx, dy) {
      const sides = [...start];
      const minimum = this.#minimum();
      EDGES.forEach((edge, n) => {
        if (!edges.includes(edge)) return;
        const moved = start[n] + (n % 2 ? dy : dx);
        const room = minimum[n % 2];
        sides[n] = n < 2 ? clamp(moved, 0, start[n + 2] - room) : clamp(moved, start[n - 2] + room, 1);
      });
      return sides;
    }

    #draw() {
      const [left, top, right, bottom] = this.#sides.map((side) => `${side * 100}%`);
      const [width, height] = [0, 1].map((n) => (this.#sides[n + 2] - this.#sides[n]) * 100);
      Object.assign(this.frame.style, { left, top, width: `${width}%`, height: `${height}%` });
      const hole = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]];
      const path = hole.map((point) => point.join(" ")).join(", ");
      this.shade.style.clipPath = `polygon(evenodd, 0 0, 100% 0, 100% 100%, 0 100%, 0 0, ${path})`;
      this.classList.toggle("whole", this.#isWhole());
      this.frame.setAttribute("aria-label", `${this.dataset.label}: ${this.#description()}`);
    }

    #description() {
      if (this.#isWhole()) return this.dataset.whole;
      const sides = Object.fromEntries(EDGES.map((edge, n) => [edge, percent(this.#sides[n])]));
      return this.dataset.part.replace(/\{(\w)\}/g, (_, edge) => sides[edge]);
    }

    #send() {
      this.#sent = this.#sides;
      this.dispatchEvent(new CustomEvent("crop", { bubbles: true }));
    }
  }

  customElements.define("crop-box", CropBox);
})();

// Marks on the picture for the garments that were found in it: a tap goes on with one.
const garmentMarks = (() => {
  const read = (element) => {
    const box = element?.dataset.garment;
    return box ? box.split(",").map(Number) : null;
  };

  // A box in a part of the picture as one of the whole picture.
  const placeIn = (part, [left, top, right, bottom]) => {
    if (!part) return [left, top, right, bottom];
    const [width, height] = [part[2] - part[0], part[3] - part[1]];
    return [part[0] + left * width, part[1] + top * height, part[0] + right * width, part[1] + bottom * height];
  };

  const mark = (link, [left, top, right, bottom], number) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "garment-mark";
    button.textContent = number;
    button.setAttribute("aria-label", link.textContent.replace(/\s+/g, " ").trim());
    if (link.hasAttribute("aria-current")) button.setAttribute("aria-current", "true");
    button.style.left = `${((left + right) / 2) * 100}%`;
    button.style.top = `${((top + bottom) / 2) * 100}%`;
    button.addEventListener("click", () => link.click());
    return button;
  };

  return {
    // Return the box of the garment that was searched with.
    found: () => read(document.getElementById("query-photo")),
    hide(frame) {
      for (const old of frame.querySelectorAll(".garment-mark")) old.remove();
    },
    // `part` is the box of what was sent of the picture, null for all of it.
    show(frame, part) {
      this.hide(frame);
      document.querySelectorAll("#results a[data-garment]").forEach((link, n) => {
        frame.append(mark(link, placeIn(part, read(link)), n + 1));
      });
    },
  };
})();

/**
 * A widget of InstantSearch to search by a photo.
 *
 *   search.addWidgets([photoSearch({ container: "#photo", searchClient })]);
 */
export function photoSearch({ container, searchClient, label = "Search by photo" }) {
  return {
    $$type: "fashionlens.photoSearch",

    init({ helper, instantSearchInstance }) {
      const place = document.querySelector(container);
      const input = document.createElement("input");
      Object.assign(input, { type: "file", accept: "image/*", ariaLabel: label });
      const remove = document.createElement("button");
      Object.assign(remove, { type: "button", textContent: "Without photo", hidden: true });
      const message = document.createElement("p");
      message.role = "status";
      place.replaceChildren(input, remove, message);

      async function use(photo) {
        message.textContent = photo ? "Searching…" : "";
        try {
          await searchClient.setPhoto(photo);
          message.textContent = "";
        } catch (error) {
          message.textContent = error.message;
          photo = null;
        }
        remove.hidden = !photo;
        if (!photo) input.value = "";
        helper.setPage(0);
        instantSearchInstance.refresh();
      }
      input.addEventListener("change", () => use(input.files[0] ?? null));
      remove.addEventListener("click", () => use(null));
    },
  };
}

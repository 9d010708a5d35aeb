// What this tab remembers of its searches until it is closed, for reload, back and a
// search that is over: small photos, and which part of which one a search was for.
const photoKept = (() => {
  const PHOTO = "photo:"; // + number -> data: address
  const LOOK = "look:"; // + query id -> {photo, name, box} or {product, image, src, ...}

  const read = (key) => {
    try {
      return sessionStorage.getItem(key);
    } catch {
      return null;
    }
  };

  const forgetOldest = () => {
    const numbers = Object.keys(sessionStorage)
      .filter((key) => key.startsWith(PHOTO))
      .map((key) => Number(key.slice(PHOTO.length)));
    if (numbers.length) sessionStorage.removeItem(PHOTO + Math.min(...numbers));
    return numbers.length > 0;
  };

  const write = (key, value) => {
    try {
      do {
        try {
          return sessionStorage.setItem(key, value);
        } catch {
          // Full: the photo seen longest ago makes room.
        }
      } while (forgetOldest());
    } catch {
      // Storage is forbidden: the photo is gone after a reload, no more.
    }
  };

  return {
    PENDING: "pending", // of a form whose answer is another page
    photo: (number) => read(PHOTO + number) ?? "",
    keepPhoto: (number, address) => write(PHOTO + number, address),
    look: (query) => JSON.parse(read(LOOK + query)),
    keepLook: (query, look) => write(LOOK + query, JSON.stringify(look ?? null)),
  };
})();

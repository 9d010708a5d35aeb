// What this tab remembers of its searches until it is closed, for reload, back and
// expired searches: small photos, and the photo and box of each search.
const photoMemory = (() => {
  const PHOTO = "photo:"; // + number -> data: address
  const PICTURE = "picture:"; // + query id -> {photo, name, box} or {product, image, src, ...}

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
          // Storage is full: the oldest photo makes room.
        }
      } while (forgetOldest());
    } catch {
      // Storage is blocked: only a reload loses the photo.
    }
  };

  return {
    PENDING: "pending", // the search of a form whose results are another page
    photo: (number) => read(PHOTO + number) ?? "",
    keepPhoto: (number, address) => write(PHOTO + number, address),
    picture: (query) => JSON.parse(read(PICTURE + query)),
    keepPicture: (query, picture) => write(PICTURE + query, JSON.stringify(picture ?? null)),
  };
})();

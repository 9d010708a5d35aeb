// From a shopper's photo to what is sent of it: upright, no larger than the encoder can
// use, and of a part nothing but the part.
const photoPixels = (() => {
  const WHOLE = [0, 0, 1, 1];
  const MAX_SIDE = 1600; // the encoder looks at far less
  const KEPT_SIDE = 800; // of what this tab keeps for reload and back

  const draw = (bitmap, [left, top, right, bottom], side) => {
    const width = Math.max(1, (right - left) * bitmap.width);
    const height = Math.max(1, (bottom - top) * bitmap.height);
    const scale = Math.min(1, side / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext("2d");
    context.fillStyle = "white"; // as the server does with transparency
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingQuality = "high";
    const { width: w, height: h } = canvas;
    context.drawImage(bitmap, left * bitmap.width, top * bitmap.height, width, height, 0, 0, w, h);
    return canvas;
  };

  const toFile = async (canvas) => {
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
    return blob && new File([blob], "photo.jpg", { type: "image/jpeg" });
  };

  const open = (source) => createImageBitmap(source, { imageOrientation: "from-image" });

  // What to send of the whole photo, and a small one to keep. A photo this browser
  // cannot read is sent as it is: the server reads more kinds.
  const prepare = async (file) => {
    let bitmap;
    try {
      bitmap = await open(file);
    } catch {
      return { upload: file, small: "" };
    }
    try {
      const small = draw(bitmap, WHOLE, KEPT_SIDE).toDataURL("image/jpeg", 0.8);
      if (Math.max(bitmap.width, bitmap.height) <= MAX_SIDE) return { upload: file, small };
      return { upload: (await toFile(draw(bitmap, WHOLE, MAX_SIDE))) || file, small };
    } finally {
      bitmap.close();
    }
  };

  // A new file of the part alone; null where it cannot be made. `source` is a file or
  // an image of the page.
  const cut = async (source, box) => {
    let bitmap;
    try {
      bitmap = await open(source);
      return await toFile(draw(bitmap, box ?? WHOLE, MAX_SIDE));
    } catch {
      return null;
    } finally {
      bitmap?.close();
    }
  };

  return { prepare, cut };
})();

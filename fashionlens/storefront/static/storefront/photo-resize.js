// Prepare a shopper's photo for the upload: upright, no larger than the encoder can
// use, and cut to the chosen part.
const photoResize = (() => {
  const WHOLE = [0, 0, 1, 1];
  const MAX_SIDE = 1600; // the encoder uses far fewer pixels
  const KEPT_SIDE = 800; // of the copy that this tab keeps for reload and back

  const draw = (bitmap, [left, top, right, bottom], side) => {
    const width = Math.max(1, (right - left) * bitmap.width);
    const height = Math.max(1, (bottom - top) * bitmap.height);
    const scale = Math.min(1, side / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext("2d");
    context.fillStyle = "white"; // the server puts transparent photos on white too
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

  // Return the file to upload and a small copy to keep. A photo that this browser
  // cannot read is uploaded unchanged: the server reads more formats.
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

  // Return a file of the part alone, or null if that fails. `source` is a file or an
  // image of the page.
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

// Prepare a shopper's photo for the upload: upright, no larger than the encoder can
// use, and cut to the chosen part.
const photoResize = (() => {
  const WHOLE = [0, 0, 1, 1];
  const MAX_SIDE = 1024; // the encoder uses far fewer pixels, and phones upload slowly
  const CUT_SIDE = 2048; // of the copy that parts are cut from
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
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob && new File([blob], "photo.jpg", { type: "image/jpeg" });
  };

  const open = (source) => createImageBitmap(source, { imageOrientation: "from-image" });

  // Of the photo chosen last: its parts are cut from here, without decoding it again.
  let last = { source: null, canvas: null };

  // Return the file to upload, its ratio, and `finish`, which returns a small copy to
  // keep: call it when the upload is on its way. A photo that this browser cannot read is
  // uploaded unchanged: the server reads more formats.
  const prepare = async (file) => {
    let bitmap;
    try {
      bitmap = await open(file);
    } catch {
      return { upload: file };
    }
    const isLarge = Math.max(bitmap.width, bitmap.height) > MAX_SIDE;
    const shrunk = isLarge ? await toFile(draw(bitmap, WHOLE, MAX_SIDE)) : null;
    const finish = () => {
      last = { source: file, canvas: draw(bitmap, WHOLE, CUT_SIDE) };
      bitmap.close();
      return draw(last.canvas, WHOLE, KEPT_SIDE).toDataURL("image/jpeg", 0.8);
    };
    return { upload: shrunk || file, ratio: bitmap.width / bitmap.height, finish };
  };

  // Return a file of the part alone, or null if that fails. `source` is a file or an
  // image of the page.
  const cut = async (source, box) => {
    if (last.source === source) return toFile(draw(last.canvas, box ?? WHOLE, MAX_SIDE));
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

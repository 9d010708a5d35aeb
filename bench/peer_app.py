"""The simplest search page for comparison: Flask, model.predict, NumPy.

    python -m bench.peer_app ENCODER_FOLDER GALLERY.npy PORT

GALLERY.npy is (N, 128) float32 of unit length.
"""

import sys
from pathlib import Path

import numpy as np
from flask import Flask, request
from PIL import Image

from ml.backend import keras

app = Flask(__name__)


def main(folder: str, gallery_file: str, port: str) -> None:
    model = keras.saving.load_model(Path(folder) / "encoder.keras", compile=False)
    gallery = np.load(gallery_file)
    side = model.input_shape[1]

    @app.post("/")
    def search() -> dict[str, list]:
        image = Image.open(request.files["photo"].stream).convert("RGB")
        pixels = np.asarray(image.resize((side, side)))[None]
        vector = model.predict(pixels, verbose=0)[0]
        distances = 1 - gallery @ vector
        best = np.argsort(distances)[:12]
        return {"results": best.tolist(), "distances": distances[best].tolist()}

    app.run(port=int(port))


if __name__ == "__main__":
    main(*sys.argv[1:])

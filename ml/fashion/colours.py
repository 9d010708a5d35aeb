"""The colours of a garment as a layer of the network: shares of 64 shades."""

from __future__ import annotations

import numpy as np

from ml.backend import keras

SCALE = 4  # pixels of a crop that are averaged first
SOFTNESS = 9.0  # CIELAB units; how far a pixel counts for shades beside its own
LIGHTNESS = 0.7  # of the other two axes: light and shadow matter less
LEAST_WEIGHT = 1e-4  # of a pixel off the mask

# k-means of garment pixels of the project's photos: lightness times 0.7, a*, b*.
SHADES = np.array(
    [
        [5, 1, 0], [8, 2, -6], [11, 7, 4], [12, 4, -16], [13, 0, 0],
        [15, 1, -7], [16, 21, 5], [18, 12, -31], [18, 19, -8], [18, 30, 15],
        [20, 4, 12], [21, 1, 2], [21, 2, -18], [22, 22, -49], [23, 1, -7],
        [23, 45, 21], [24, -19, 7], [24, 39, -68], [25, 37, -20], [26, 41, 6],
        [27, 55, 34], [28, 1, -28], [30, -13, -14], [30, 0, -1], [30, 1, -13],
        [30, 1, 8], [33, -34, 38], [33, 3, 21], [33, 7, -44], [33, 15, 9],
        [33, 16, 35], [33, 54, 18], [34, 65, 29], [34, 66, 45], [35, -31, 1],
        [35, 22, -4], [35, 60, -20], [36, 59, 3], [37, 0, -6], [37, 6, -22],
        [39, 1, 2], [39, 34, 16], [41, 2, 11], [41, 41, -4], [43, -8, -28],
        [43, -2, -15], [44, 30, 53], [46, 0, -5], [46, 1, 37], [46, 24, -20],
        [47, -46, 23], [47, -24, -16], [47, 0, 4], [47, 14, 0], [48, -17, 3],
        [48, -17, 29], [48, 0, 64], [50, 6, 18], [52, -15, 55], [54, -1, -12],
        [54, 0, 0], [55, -40, 68], [56, 0, 9], [60, 0, 1],
    ],
    np.float32,
)  # fmt: skip

_TO_XYZ = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
) / np.array([[0.950456], [1.0], [1.088754]])
_TO_LAB = np.array([[0, 500, 0], [116, -500, 200], [0, 0, -200]], float)


def histogram(crop: keras.KerasTensor, mask: keras.KerasTensor) -> keras.KerasTensor:
    """(N, S, S, 3) -1..1 and (N, S / 4, S / 4, 1) 0..1 -> (N, 64) shares.

    The layers `xyz` and `shades` of the model still need `set_constants`.
    """
    layers, ops = keras.layers, keras.ops
    rgb = ops.maximum(layers.AveragePooling2D(SCALE)(crop) * 0.5 + 0.5, 0.0)
    curve = ops.power((rgb + 0.055) / 1.055, 2.4)
    xyz = layers.Dense(3, use_bias=False, name="xyz")(
        ops.where(rgb <= 0.04045, rgb / 12.92, curve)
    )
    root = ops.power(ops.maximum(xyz, 1e-6), 1 / 3)
    even = ops.where(xyz > 0.008856, root, 7.787 * xyz + 16 / 116)
    near = layers.Dense(len(SHADES), activation="softmax", name="shades")(even)
    pixels = mask.shape[1] * mask.shape[2]
    near = layers.Reshape((pixels, len(SHADES)))(near)
    weight = ops.maximum(layers.Reshape((1, pixels))(mask * mask), LEAST_WEIGHT)
    shares = ops.matmul(weight, near) / ops.sum(weight, axis=2, keepdims=True)
    return layers.Reshape((len(SHADES),))(shares)


def set_constants(model: keras.Model) -> None:
    """Set the layers of `histogram`: from RGB to XYZ, and from there to the shades."""
    squeeze = np.array([LIGHTNESS, 1, 1])
    to_lab = _TO_LAB * squeeze
    offset = np.array([-16.0, 0, 0]) * squeeze
    # A softmax of minus squared distances; what all shades share may be left out.
    kernel = to_lab @ SHADES.T / SOFTNESS**2
    bias = (offset @ SHADES.T - (SHADES**2).sum(axis=1) / 2) / SOFTNESS**2
    model.get_layer("xyz").set_weights([_TO_XYZ.T])
    model.get_layer("shades").set_weights([kernel, bias])

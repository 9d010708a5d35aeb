"""The triplet loss."""

from __future__ import annotations

from ml.backend import tf


def triplet_loss(
    anchor: tf.Tensor, positive: tf.Tensor, negative: tf.Tensor, margin: float
) -> tf.Tensor:
    """Mean over the batch of max(0, |a - p|^2 - |a - n|^2 + margin).

    All three (N, D) float32, unit length -> scalar. For unit vectors the squared
    Euclidean distance is twice the cosine distance. FaceNet, Schroff et al. 2015,
    equation 2.
    """
    to_positive = tf.reduce_sum(tf.square(anchor - positive), axis=1)
    to_negative = tf.reduce_sum(tf.square(anchor - negative), axis=1)
    return tf.reduce_mean(tf.maximum(to_positive - to_negative + margin, 0.0))

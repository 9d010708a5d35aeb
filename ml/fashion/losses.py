"""The losses of the recipe `fashion`."""

from __future__ import annotations

from ml.backend import tf

NEVER = -1e9  # a logit whose softmax is 0; finite, so that times 0 it is 0


def contrast(vectors: tf.Tensor, groups: tf.Tensor, temperature: float) -> tf.Tensor:
    """Return the supervised contrastive loss, a scalar.

    It draws each vector to those of its group and away from all others of the batch;
    `groups` (N,) integers. Mean over the vectors that have another one of their group
    in the batch; 0 if none has. Khosla et al. 2020, equation 2; with two vectors in
    each group it is NT-Xent of SimCLR.
    """
    itself = tf.eye(tf.shape(vectors)[0], dtype=tf.bool)
    together = tf.logical_and(groups[:, None] == groups[None, :], ~itself)
    positive = tf.cast(together, tf.float32)
    log_share = tf.nn.log_softmax(_similarities(vectors, temperature), axis=1)
    # On the diagonal log_softmax is huge, and multiplied by 0.
    sums = -tf.reduce_sum(positive * log_share, axis=1)
    counts = tf.reduce_sum(positive, axis=1)
    means = tf.math.divide_no_nan(sums, counts)
    anchors = tf.reduce_sum(tf.cast(counts > 0, tf.float32))
    return tf.math.divide_no_nan(tf.reduce_sum(means), anchors)


def soft_cross_entropy(
    logits: tf.Tensor, shares: tf.Tensor, weights: tf.Tensor
) -> tf.Tensor:
    """Return the weighted mean over N photos, a scalar; 0 if no weight is above 0.

    (N, K) logits, (N, K) shares that sum to 1, (N,) weights.
    """
    losses = tf.nn.softmax_cross_entropy_with_logits(shares, logits)
    return tf.math.divide_no_nan(
        tf.reduce_sum(losses * weights), tf.reduce_sum(weights)
    )


def _similarities(vectors: tf.Tensor, temperature: float) -> tf.Tensor:
    """Return (N, N) cosines over temperature, with NEVER on the diagonal."""
    cosines = tf.matmul(vectors, vectors, transpose_b=True) / temperature
    return tf.linalg.set_diag(cosines, tf.fill(tf.shape(cosines)[:1], NEVER))

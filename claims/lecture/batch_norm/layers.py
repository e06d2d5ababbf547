"""Single layers as the claims about batch norm ask for them: batch norm with γ = 1 and β = 0, and layers in whole numbers."""

import numpy as np

from ....reference import bounds, oracle
from ....reference.judging import assessment
from ....reference.operators import catalogue
from ...language import ask

TINY = 2.0**-60
"""An ε that is lost beside every variance here."""


def ones(x):
    """γ = 1 and β = 0 for each channel of x."""
    return np.ones(x.shape[1], x.dtype), np.zeros(x.shape[1], x.dtype)


def by_the_batch(x, epsilon=TINY):
    """Batch norm of x by the statistics of the batch."""
    gamma, beta = ones(x)
    return ask("batch_norm_training", x=x, gamma=gamma, beta=beta, epsilon=epsilon)


def by_memory(x, mean, variance, epsilon):
    """Batch norm of x [N, C] by remembered statistics."""
    gamma, beta = ones(x)
    return ask("batch_norm_inference", x=x, gamma=gamma, beta=beta, mean=mean, variance=variance, epsilon=epsilon)


def normalized(x, dtype, epsilon=TINY):
    """What ``by_the_batch`` should give, in double-double, and how far a library may be from it."""
    y = oracle.batch_norm_training(x, *ones(x), epsilon=epsilon)[0]
    return y, bounds.batch_norm_training(x, *ones(x), dtype, epsilon=epsilon)[0]


def normalized_by_memory(x, mean, variance, dtype, epsilon):
    """The same for ``by_memory``."""
    y = oracle.batch_norm_inference(x, *ones(x), mean, variance, epsilon=epsilon)
    return y, bounds.batch_norm_inference(x, *ones(x), mean, variance, dtype, epsilon=epsilon)


def exactly(operation, **arrays):
    """The results in whole multiples of a power of two; raises BadInput where some partial sum could round."""
    return assessment.exact_values(catalogue.OPERATIONS[operation], arrays, arrays["x"].dtype)

"""How large a rounding error may be, and why: the only package where a bound is made.

Notation: u unit roundoff of the dtype; gamma(n) = n·u/(1 - n·u), which no product of n factors (1 + δ), |δ| <= u,
departs from 1 by more than (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed. 2002, lemma 3.1);
S = sum |x||w| + |b|; λ the smallest subnormal, λ_min the smallest normal number.

A bound is *derived* (it holds for every input, in any order of summation, for an implementation that rounds each
operation) or *empirical* (it rests on the largest error that was seen in an exponential or the like, for which a
library promises nothing). Which of the two it is travels with it, and so does its derivation.

The oracle's values are exact results rounded once to float64: at most 2**-53 of each. That error is part of every
bound. So is the rounding of the bound's own computation in float64, by a factor 1 + 2**-40.
"""

from __future__ import annotations

from .activations import (
    falling,
    falling_gradient,
    gelu_gradient,
    hard_sigmoid,
    hard_sigmoid_gradient,
    hard_swish,
    hard_swish_gradient,
    hard_tanh,
    hard_tanh_gradient,
    relu6,
    relu6_gradient,
    silu,
    silu_gradient,
    softplus,
    softplus_gradient,
    softsign,
    softsign_gradient,
)
from .batch_norm import (
    batch_norm_gradient,
    batch_norm_inference,
    batch_norm_inference_gradient,
    batch_norm_running,
    batch_norm_training,
)
from .binary import (
    binary_cross_entropy,
    binary_cross_entropy_gradient,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_gradient,
)
from .bound import Bound, error_ratio, exact, two_libraries
from .composition import carried
from .descent import contraction
from .fft import PER_BIT, fft_convolution
from .formats import (
    FORMATS,
    exactly_representable,
    gamma,
    largest,
    near_a_tie,
    quantum,
    significand_bits,
    smallest_normal,
    smallest_subnormal,
    ulp,
    ulp_distance,
    unit_roundoff,
    without_digits,
)
from .functions import difference_from_one, elementwise, elementwise_gradient, gelu
from .growth import CHANCE, Compounded, Likely, deviations, equal, growing
from .identities import combination, logistic_tail, slope_from_value
from .losses import (
    cross_entropy,
    cross_entropy_gradient,
    cross_entropy_of_probabilities,
    log_softmax,
    log_softmax_gradient,
    softmax,
    softmax_gradient,
)
from .measured import ULP_CLASSES, Measured
from .moments import by_formula, channel_moments, weighted_sum, weights_gradient
from .pictures import jpeg_colours, jpeg_samples
from .powers import norms, norms_gradient, norms_gradient_share
from .quadrature import gaussian_alias, gaussian_sum, jump_order, midpoint_order, midpoint_sum
from .resampling import HAT, cubic, moved, resampled, transposed, weights_by_area, weights_by_kernel
from .rows import (
    group_norm,
    group_norm_gradient,
    instance_norm,
    instance_norm_gradient,
    layer_norm,
    layer_norm_gradient,
    rms_norm,
    rms_norm_gradient,
)
from .selections import nearest_neighbours, selection, slopes
from .shares import Shares, of_labels, of_targets, weighed_gradient, weighed_losses, weighed_selection
from .statistics import BIAS_MARGIN, MARGIN, is_biased, mean_square_limit, variance_of_sums
from .sums import expected_rounding, rounded_narrow, sums_of_products
from .superposition import summed, superposed
from .training import norm_identity, trajectory
from .transforms import fourier, winograd

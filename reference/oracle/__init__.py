"""What the operations really come to, rounded once to float64.

Nothing here calls the operators. A linear layer is enumerated from its definition, as triples (output, input, weight), one for
each product in the sum, and where these are many as a table of what each window meets, and exact matrix products: the same bits.
Averages and resampling are sums with whole-number weights, and one division. The value, the gradients, the sizes that error
bounds need and the number of products are all read off the same terms or weights (package ``exact``).

Functions (logistic, tanh, exp, softmax, cross-entropy, batch norm) are computed in double-double, which keeps 2**-94, and rounded
to float64: within 2**-53·(1 + 2**-40) of the exact value, or half the smallest subnormal number. Where something is subtracted
(the gradient of softmax, batch norm) the 2**-94 are of the size of the terms; each module says of which.

Results are float64, read-only, of the canonical shape, and remembered: all libraries ask for the same ones. The key is
the *values* of the arrays, so that float32 and float64 copies of the same numbers share one.
"""

from .activations.curves import (
    celu,
    celu_gradient,
    elu,
    elu_gradient,
    selu,
    selu_gradient,
    silu,
    silu_gradient,
    softplus,
    softplus_gradient,
    softsign,
    softsign_gradient,
)
from .activations.lines import (
    hard_sigmoid,
    hard_sigmoid_gradient,
    hard_swish,
    hard_swish_gradient,
    hard_tanh,
    hard_tanh_gradient,
    relu6,
    relu6_gradient,
)
from .functions import exp, gelu, gelu_gradient, logistic, logistic_gradient, tanh, tanh_gradient
from .linear import (
    convolution1d,
    convolution2d,
    convolution3d,
    cross_correlation1d,
    cross_correlation1d_gradient,
    cross_correlation2d,
    cross_correlation2d_gradient,
    cross_correlation3d,
    cross_correlation3d_gradient,
    fully_connected,
    fully_connected_gradient,
)
from .losses.binary import (
    binary_cross_entropy,
    binary_cross_entropy_gradient,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_gradient,
)
from .losses.classes import (
    cross_entropy,
    cross_entropy_gradient,
    cross_entropy_of_probabilities,
    cross_entropy_of_probabilities_gradient,
    log_softmax,
    log_softmax_gradient,
    nll_loss,
    nll_loss_gradient,
    soft_cross_entropy,
    soft_cross_entropy_gradient,
    softmax,
    softmax_gradient,
)
from .norms.batch_norm import (
    batch_norm_gradient,
    batch_norm_inference,
    batch_norm_inference_gradient,
    batch_norm_running,
    batch_norm_training,
)
from .norms.lp_pooling import (
    lp_pooling1d,
    lp_pooling1d_gradient,
    lp_pooling2d,
    lp_pooling2d_gradient,
    lp_pooling3d,
    lp_pooling3d_gradient,
)
from .norms.rows import (
    group_norm,
    group_norm_gradient,
    instance_norm,
    instance_norm_gradient,
    layer_norm,
    layer_norm_gradient,
    rms_norm,
    rms_norm_gradient,
)
from .paddings import pad, pad_gradient
from .selections import (
    absolute_value,
    absolute_value_gradient,
    adaptive_max_pooling1d,
    adaptive_max_pooling1d_gradient,
    adaptive_max_pooling2d,
    adaptive_max_pooling2d_gradient,
    adaptive_max_pooling3d,
    adaptive_max_pooling3d_gradient,
    flatten,
    flatten_gradient,
    leaky_relu,
    leaky_relu_gradient,
    max_pooling1d,
    max_pooling1d_gradient,
    max_pooling2d,
    max_pooling2d_gradient,
    max_pooling3d,
    max_pooling3d_gradient,
    prelu,
    prelu_gradient,
    relu,
    relu_gradient,
)
from .sizes import flush_sizes, sizes
from .transposed import (
    transposed_convolution1d,
    transposed_convolution1d_gradient,
    transposed_convolution2d,
    transposed_convolution2d_gradient,
    transposed_convolution3d,
    transposed_convolution3d_gradient,
)
from .weights import (
    adaptive_average_pooling1d,
    adaptive_average_pooling1d_gradient,
    adaptive_average_pooling2d,
    adaptive_average_pooling2d_gradient,
    adaptive_average_pooling3d,
    adaptive_average_pooling3d_gradient,
    area_resampling1d,
    area_resampling1d_gradient,
    area_resampling2d,
    area_resampling2d_gradient,
    area_resampling3d,
    area_resampling3d_gradient,
    average_pooling1d,
    average_pooling1d_gradient,
    average_pooling2d,
    average_pooling2d_gradient,
    average_pooling3d,
    average_pooling3d_gradient,
    bicubic_resampling2d,
    bicubic_resampling2d_gradient,
    bilinear_resampling2d,
    bilinear_resampling2d_gradient,
    linear_resampling1d,
    linear_resampling1d_gradient,
    nearest_resampling1d,
    nearest_resampling1d_gradient,
    nearest_resampling2d,
    nearest_resampling2d_gradient,
    nearest_resampling3d,
    nearest_resampling3d_gradient,
    trilinear_resampling3d,
    trilinear_resampling3d_gradient,
    weights_along,
)

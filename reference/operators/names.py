"""What operations and parameters are called elsewhere, and what each parameter means.

``NAMES``: another name of one of our operations. ``LACKING``: an operation that is none of ours, what is near, and how it differs.
"""

from __future__ import annotations

import re

NAMES = {
    "conv": "cross_correlation2d",
    "convolution": "cross_correlation2d",
    "correlate2d": "cross_correlation2d",
    "filter2d": "cross_correlation2d",
    "depthwiseconv2d": "cross_correlation2d",
    "depthwiseconv1d": "cross_correlation1d",
    "convolve2d": "convolution2d",
    "convtranspose": "transposed_convolution2d",
    "conv1dtranspose": "transposed_convolution1d",
    "conv2dtranspose": "transposed_convolution2d",
    "conv3dtranspose": "transposed_convolution3d",
    "deconvolution": "transposed_convolution2d",
    "matmul": "fully_connected",
    "addmm": "fully_connected",
    "gemm": "fully_connected",
    "maxpool": "max_pooling2d",
    "lppool": "lp_pooling2d",
    "averagepool": "average_pooling2d",
    "avgpool": "average_pooling2d",
    "adaptiveaveragepooling1d": "adaptive_average_pooling1d",
    "adaptiveaveragepooling2d": "adaptive_average_pooling2d",
    "adaptiveaveragepooling3d": "adaptive_average_pooling3d",
    "batchnormalization": "batch_norm_inference",
    "batchnorm1d": "batch_norm_inference",
    "batchnorm2d": "batch_norm_inference",
    "batchnorm3d": "batch_norm_inference",
    "instancenorm1d": "instance_norm",
    "instancenorm2d": "instance_norm",
    "instancenorm3d": "instance_norm",
    "simplifiedlayernormalization": "rms_norm",
    "abs": "absolute_value",
    "clipbyvalue": "hard_tanh",
    "clamp": "hard_tanh",
    "sparsecategoricalcrossentropy": "cross_entropy",
    "softmaxcrossentropy": "cross_entropy",
    "softmaxcrossentropyloss": "cross_entropy",
    "crossentropyloss": "cross_entropy",
    "categoricalcrossentropy": "soft_cross_entropy",
    "nllloss": "nll_loss",
    "negativeloglikelihoodloss": "nll_loss",
}
"""Folded name → operation."""

RESIZES = "nearest_resampling2d, bilinear_resampling2d, bicubic_resampling2d or area_resampling2d, by its mode; with one axis nearest_resampling1d, linear_resampling1d, with three nearest_resampling3d, trilinear_resampling3d"

LACKING = {
    "mish": "x·tanh(softplus x); gelu is another function",
    "argmax": "an index; its number is max_pooling2d's of a window over the whole image",
    "globalaveragepool": "adaptive_average_pooling2d with size=1 (1d and 3d likewise)",
    "globalmaxpool": "adaptive_max_pooling2d with size=1 (1d and 3d likewise)",
    "resize": RESIZES,
    "interpolate": RESIZES,
    "upsample": RESIZES,
    "upsampling": "nearest_resampling2d or bilinear_resampling2d, by its interpolation; its size is the scale here",
    "mse": "a mean of squares; nothing here is near",
    "l1": "a mean of distances; nothing here is near",
    "dropout": "random: there is no exact result",
    "transpose": "moves numbers without changing one: compare with equality",
    "lstm": "many operations in a row; judge each",
    "gru": "many operations in a row; judge each",
    "multiheadattention": "many operations in a row; judge each",
    "scaleddotproductattention": "many operations in a row; judge each",
}
"""Folded name, or how it begins → how it differs from what is near."""

MEANINGS = {
    "stride": "elements from one window to the next",
    "dilation": "elements from one tap of the kernel to the next",
    "groups": "into how many parts the channels are split, each of which sees its own part",
    "padding": "zeros around the image, for pooling places that never win and may count",
    "window": "the size of the window",
    "padding_mode": "what is shown beyond the borders: zeros, or the image continued",
    "output_padding": "elements more at the end of the result",
    "ceil_mode": "whether a window may hang over the end: the size is rounded up; one that would begin in the padding there is left out",
    "divisor": "what a sum is divided by in place of the window's size",
    "count_padding": "whether the mean is divided by the whole window, padding included",
    "size": "the size of the result",
    "grid": "where the result's pixels lie among those of x",
    "scale": "pixels of the result for each of x; the size is rounded down, and the grid has this step where it is not recomputed",
    "recomputed": "whether the grid's step is that of the sizes, although a scale is given",
    "rounding": "to which pixel a coordinate between two is rounded",
    "antialias": "whether the kernel is stretched where the image shrinks, so that all pixels count",
    "exclude_outside": "whether what lies outside the image is left out, or counts as the pixel at the border",
    "coefficient": "a of Keys' cubics",
    "power": "p of the p-norm: the p-th root of the sum of |x|^p",
    "epsilon": "added to the variance, or to the mean square",
    "start": "the first of the axes that are normalised over, or become one",
    "end": "the last of the axes that become one",
    "momentum": "the weight of the new value",
    "correction": "what is taken from n where the variance is divided",
    "axis": "along which the numbers sum to one",
    "alpha": "the slope for x < 0, or what an exponential is multiplied with there",
    "low": "the smallest value",
    "high": "the largest value",
    "slope": "of the line between the ends",
    "offset": "the line's value at x = 0",
    "beta": "what x is multiplied with, and the logarithm divided by",
    "threshold": "where beta·x is above it the result is x itself; infinite for none",
    "label_smoothing": "the share of a label that all classes have alike",
    "weighting": "by whose weight a smoothed label's classes count: each by its own, or all by that of the label",
    "ignore_index": "the label of rows that do not count",
    "floor": "the least value of a logarithm",
    "clip": "how far from 0 and 1 the probabilities are held",
    "reduction": "whether losses are added up, or averaged: over the rows that count, or over the weights of their labels",
    "approximate": "with the error function, or a formula with tanh",
}
"""Parameter → what it means."""


def folded(name: str) -> str:
    """Without the module, the case and the underscores: ``torch.nn.functional.max_pool2d``, ``MaxPool2d`` and ``max_pool2d`` are one."""
    return re.sub(r"[\s_-]", "", re.split(r"[.:/]", name.strip())[-1]).lower()


def lacking(name: str) -> str:
    """How an operation that is none of ours differs from what is near; "" where nothing is known of it."""
    whole = folded(name).replace("pooling", "pool").replace("normalization", "norm").replace("average", "avg")
    for known in sorted(LACKING, key=len, reverse=True):
        if re.fullmatch(rf"{known.replace('average', 'avg')}(withlogits|loss|[123]d)*", whole):
            return LACKING[known]
    return ""

"""What TensorFlow and Keras does by itself."""

# TensorFlow ships no types of its own, and what is guessed of it is wrong in places.
# pyright: reportAttributeAccessIssue=false, reportOptionalMemberAccess=false

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import tensorflow as tf

from .. import Unsupported
from ..defaults import sums, transform_sizes, ways


def argmax(x, *, axis):
    """tf.math.argmax: the index of the largest number along an axis, int64."""
    return tf.math.argmax(tf.constant(x), axis=axis, output_type=tf.int64).numpy()


def argmax_by_default(x):
    """tf.math.argmax without an axis."""
    return tf.math.argmax(tf.constant(x)).numpy()


def own_batch_norm(x, *, mode, settings):
    """A new keras.layers.BatchNormalization, called once on x as it is: (y, moving mean, moving variance).

    ``mode``: "as it comes", "training" or "inference". ``settings``: what is not left to its default.
    """
    import keras

    layer = keras.layers.BatchNormalization(dtype=x.dtype.name, **settings)
    y = layer(tf.constant(x), **({} if mode == "as it comes" else {"training": mode == "training"}))
    return y.numpy(), layer.moving_mean.numpy(), layer.moving_variance.numpy()


def decode_image(data):
    """Whatever format a file has, with as many channels as it has."""
    return tf.io.decode_image(data).numpy()


def decode_jpeg(data, *, transform):
    """A JPEG by a named inverse transform: "INTEGER_FAST", "INTEGER_ACCURATE", or "", TensorFlow's own choice."""
    return tf.io.decode_jpeg(data, channels=0, dct_method=transform).numpy()


# --- activations: rectifiers, sigmoids, and losses of probabilities ------------------------------------------------------

_RECTIFIERS = {
    "tf.nn.relu(z)": tf.nn.relu,
    "tf.nn.relu6(z)": tf.nn.relu6,
    "keras.activations.relu(z)": lambda z: _keras().activations.relu(z),
    "tf.maximum(0, z)": lambda z: tf.maximum(tf.zeros_like(z), z),
    "tf.where(z > 0, z, 0)": lambda z: tf.where(z > 0, z, tf.zeros_like(z)),
    "z * (z > 0)": lambda z: z * tf.cast(z > 0, z.dtype),
    "(z + tf.abs(z)) / 2": lambda z: (z + tf.abs(z)) / 2,
    "tf.reduce_max([z, 0])": lambda z: tf.reduce_max(tf.stack([z, tf.zeros_like(z)]), axis=0),
    "tf.maximum(z, 0)": lambda z: tf.maximum(z, tf.zeros_like(z)),
    "keras.ops.maximum(z, 0)": lambda z: _keras().ops.maximum(z, 0),
    "tf.clip_by_value(z, 0, ∞)": lambda z: tf.clip_by_value(z, tf.zeros_like(z), np.inf),
    "tf.where(z >= 0, z, 0)": lambda z: tf.where(z >= 0, z, tf.zeros_like(z)),
}
_ABSOLUTE_VALUES = {
    "tf.abs(z)": tf.abs,
    "tf.nn.relu(z) + tf.nn.relu(-z)": lambda z: tf.nn.relu(z) + tf.nn.relu(-z),
    "z * tf.sign(z)": lambda z: z * tf.sign(z),
    "tf.maximum(z, -z)": lambda z: tf.maximum(z, -z),
    "tf.where(z >= 0, z, -z)": lambda z: tf.where(z >= 0, z, -z),
    "tf.sqrt(z * z)": lambda z: tf.sqrt(z * z),
    "tf.norm([z])": lambda z: tf.norm(z[..., None], axis=-1),
}
_LEAKY_RELUS = {
    "tf.nn.leaky_relu": tf.nn.leaky_relu,
    "keras.activations.leaky_relu": lambda z: _keras().activations.leaky_relu(z),
    "keras.layers.LeakyReLU": lambda z: _keras().layers.LeakyReLU(dtype=z.dtype.name)(z),
    "keras.layers.PReLU": lambda z: _keras().layers.PReLU(dtype=z.dtype.name)(z[:, None]),
}
_FORMULAS = {
    "1/(1 + exp(-z))": lambda z: 1 / (1 + tf.exp(-z)),
    "exp(z)/(1 + exp(z))": lambda z: tf.exp(z) / (1 + tf.exp(z)),
}
_LOSSES = {
    "-tf.math.log(p)": lambda p: -tf.math.log(p),
    "keras.losses.binary_crossentropy": lambda p: _binary_crossentropy(p),
}
_LOSSES_OF_LOGITS = {
    "tf.nn.sigmoid_cross_entropy_with_logits": lambda z: tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(z), z),
    "keras.losses.binary_crossentropy(from_logits=True)": lambda z: _binary_crossentropy(z, from_logits=True),
    "keras.losses.binary_crossentropy(keras.activations.sigmoid(z))": lambda z: _binary_crossentropy(
        _keras().activations.sigmoid(z[:, None])
    ),
    "keras.losses.binary_crossentropy(tf.sigmoid(z)) in a tf.function": lambda z: _compiled()(z[:, None]),
    "-tf.math.log(tf.sigmoid(z))": lambda z: -tf.math.log(tf.sigmoid(z)),
    "keras.losses.binary_crossentropy(tf.sigmoid(z))": lambda z: _binary_crossentropy(tf.sigmoid(z[:, None])),
}


def _keras():
    import keras  # late: which backend Keras runs on is settled by its folder's environment

    return keras


def _binary_crossentropy(p, *, from_logits=False):
    """Keras takes the mean over the last axis, which is given one number here."""
    p = p if p.shape.rank == 2 else p[:, None]
    return _keras().losses.binary_crossentropy(tf.ones_like(p), p, from_logits=from_logits)


@functools.cache
def _compiled():
    return tf.function(lambda z: _binary_crossentropy(tf.sigmoid(z)), reduce_retracing=True)


def _at(function, x):
    """Value and derivative of an elementwise function."""
    z = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(z)
        y = function(z)
    return tf.reshape(y, x.shape).numpy(), tape.gradient(y, z).numpy()


def _slope(function, x):
    return _at(function, x)[1]


own_rectifiers, own_rectifier_gradient = ways(_RECTIFIERS, _slope)
own_absolute_values, own_absolute_value_gradient = ways(_ABSOLUTE_VALUES, _slope)
own_losses_of_logits, own_loss_gradient = ways(_LOSSES_OF_LOGITS, _slope)
own_losses, own_loss = ways(_LOSSES, lambda own, p: own(tf.constant(p)).numpy())
# Leaky ReLUs whose slope need not be said, each with its own.
own_leaky_relus, own_leaky_relu = ways(_LEAKY_RELUS, lambda own, x: tf.reshape(own(tf.constant(x)), x.shape).numpy())


def absolute_of_integers(x):
    """tf.abs of whole numbers in their own format."""
    return tf.abs(tf.constant(x)).numpy()


def own_slopes(shape, *, dtype):
    """The slopes that PReLU starts from for x [N, C, H, W], in the layer's own shape."""
    n, c, h, w = shape
    layer = _keras().layers.PReLU(dtype=dtype)
    layer.build((n, h, w, c))
    return layer.weights[0].numpy()


def own_hard_sigmoid(x):
    """keras.activations.hard_sigmoid."""
    return _keras().activations.hard_sigmoid(tf.constant(x)).numpy()


def logistic_formula(x, *, formula):
    """A formula of the logistic function, written out: value and derivative."""
    return _at(_FORMULAS[formula], x)


def own_loss_by_default(x, labels):
    """keras.losses.categorical_crossentropy of rows [N, K], told nothing of what they are."""
    return (
        _keras().losses.categorical_crossentropy(tf.one_hot(labels, x.shape[1], dtype=x.dtype), tf.constant(x)).numpy()
    )


def own_conv_layer(x, w, *, stride, padding, dilation, groups):
    """keras.layers.Conv2D without bias: its output for x [N, H, W, Cin], and the kernel as the layer holds it.

    The layer pads by "same" or not at all; numbers of zeros (rows, columns) are Keras' ZeroPadding2D in front of it.
    """
    import keras

    x = tf.constant(x)
    if not isinstance(padding, str):
        x = keras.layers.ZeroPadding2D(padding, data_format="channels_last", dtype=x.dtype.name)(x)
    layer = keras.layers.Conv2D(
        w.shape[3],
        w.shape[:2],
        strides=stride,
        padding=padding if isinstance(padding, str) else "valid",
        data_format="channels_last",
        dilation_rate=dilation,
        groups=groups,
        activation=None,
        use_bias=False,
        dtype=x.dtype.name,
    )
    layer.build(x.shape)
    layer.set_weights([w])
    return {"y": layer(x).numpy(), "kernel": layer.get_weights()[0]}


def own_depthwise_layer(x, w):
    """keras.layers.DepthwiseConv2D, x [N, H, W, Cin], w [Cin, multiplier, ky, kx]: its output and its kernel."""
    import keras

    layer = keras.layers.DepthwiseConv2D(
        w.shape[2:],
        strides=(1, 1),
        padding="valid",
        depth_multiplier=w.shape[1],
        data_format="channels_last",
        dilation_rate=(1, 1),
        activation=None,
        use_bias=False,
        dtype=x.dtype.name,
    )
    layer.build(x.shape)
    layer.set_weights([np.ascontiguousarray(w.transpose(2, 3, 0, 1))])
    return {"y": layer(tf.constant(x)).numpy(), "kernel": layer.get_weights()[0]}


# --- minibatches ---------------------------------------------------------------------------------------------------------


def stack(images):
    """tf.stack without an axis."""
    return tf.stack([tf.constant(image) for image in images]).numpy()


def take_apart(batch):
    """tf.unstack without an axis."""
    return [image.numpy() for image in tf.unstack(tf.constant(batch))]


# --- convolutions: every overlap, as many outputs as inputs, arguments by their names -------------------------------------


def _plane(x):
    """A plain array as the only image, of one channel."""
    return tf.constant(np.array(x)[None, ..., None])


def _taps(w):
    """A plain array as the only kernel, of one channel."""
    return tf.constant(np.array(w)[..., None, None])


def _by_fft(x, w):
    sizes, lengths = transform_sizes(x, w)
    there, back = (tf.signal.rfft, tf.signal.irfft) if x.ndim == 1 else (tf.signal.rfft2d, tf.signal.irfft2d)
    y = back(there(tf.constant(np.array(x)), lengths) * there(tf.constant(np.array(w)), lengths), lengths)
    return y.numpy()[tuple(map(slice, sizes))]


def _transposed(function):
    def full(x, w):
        sizes = [n + k - 1 for n, k in zip(x.shape, w.shape, strict=True)]
        return function(_plane(x), _taps(w), [1, *sizes, 1], strides=1, padding="VALID").numpy()[0, ..., 0]

    return full


def _same_layer(name):
    def same(x, w, stride):
        kind = getattr(_keras().layers, name)
        settings = {"groups": 1, "activation": None, "use_bias": False, "dtype": x.dtype.name}
        layer = kind(1, w.shape, strides=stride, **_KERAS, **settings)
        layer.build((1, *x.shape, 1))
        layer.set_weights([np.array(w)[..., None, None]])
        return layer(_plane(x))

    return same


_FULL = {
    ("tf.nn.conv1d_transpose", 1): _transposed(tf.nn.conv1d_transpose),
    ("tf.nn.conv2d_transpose", 2): _transposed(tf.nn.conv2d_transpose),
    ("tf.signal.rfft", 1): _by_fft,
    ("tf.signal.rfft2d", 2): _by_fft,
}
_ROW = {"padding": "SAME", "data_format": "NWC", "dilations": 1}
_IMAGE = {"padding": "SAME", "data_format": "NHWC", "dilations": (1, 1)}
_KERAS = {"padding": "same", "data_format": "channels_last", "dilation_rate": 1}
_SAME = {
    ("tf.nn.conv1d", 1): lambda x, w, s: tf.nn.conv1d(_plane(x), _taps(w), stride=s, **_ROW),
    ("tf.nn.conv2d", 2): lambda x, w, s: tf.nn.conv2d(_plane(x), _taps(w), strides=s, **_IMAGE),
    ("tf.nn.convolution", 1): lambda x, w, s: tf.nn.convolution(_plane(x), _taps(w), strides=s, **_ROW),
    ("tf.nn.convolution", 2): lambda x, w, s: tf.nn.convolution(_plane(x), _taps(w), strides=s, **_IMAGE),
    ("tf.nn.depthwise_conv2d", 2): lambda x, w, s: tf.nn.depthwise_conv2d(_plane(x), _taps(w), (1, s, s, 1), **_IMAGE),
    ("keras.ops.conv", 1): lambda x, w, s: _keras().ops.conv(_plane(x), _taps(w), strides=s, **_KERAS),
    ("keras.ops.conv", 2): lambda x, w, s: _keras().ops.conv(_plane(x), _taps(w), strides=s, **_KERAS),
    ("keras.layers.Conv1D", 1): _same_layer("Conv1D"),
    ("keras.layers.Conv2D", 2): _same_layer("Conv2D"),
}


own_fulls, own_full = sums(_FULL)
own_sames, own_same = sums(_SAME, lambda own, x, w, *, stride: own(x, w, stride).numpy()[0, ..., 0])


def own_named(x, w, *, function, input, kernel):
    """The full cross-correlation of two arrays of 3 × 3, each given by the name that the function has for it."""
    named = {"tf.nn.conv2d": tf.nn.conv2d, "keras.ops.conv": _keras().ops.conv}[function]
    # Each argument in the layout that its name asks for; zeros round the image, for neither function has a mode "full".
    arrays = {
        name: _taps(a) if name in ("filters", "kernel") else _plane(np.pad(a, 2))
        for name, a in ((input, x), (kernel, w))
    }
    return named(**arrays, strides=1, padding="VALID" if function == "tf.nn.conv2d" else "valid").numpy()[0, ..., 0]


# --- whole networks, layer by layer --------------------------------------------------------------------------------------


def network_layers(layers, *, size):
    """A network (``reference.layers.resolve``) of Keras' own layers, called on a symbolic input: each layer's own report.

    Output sizes are those of the symbolic tensors that come out (turned from [H, W, C] to [C, H, W]), parameters those that
    the layer holds, multiply-adds half the operations that TensorFlow's profiler counts in the graph (None where it cannot). In a
    graph nothing is run and no weight has memory.
    """
    import keras

    made, reports = [], []
    # In the scope no weight is drawn; what was left undrawn is forgotten at the end, or Keras would draw it later.
    with tf.Graph().as_default() as graph, keras.StatelessScope(initialize_variables=False):
        values = {"input": tf.compat.v1.placeholder(tf.float32, (1, *size[1:], size[0]))}
        for layer in layers:
            inputs = [values[name] for name in layer["from"]]
            before = len(graph.get_operations())
            own, y = _own_layer(layer, inputs)
            values[layer["name"]] = y
            made.append((own, y, graph.get_operations()[before:]))
        work = _multiply_adds(graph)
        for layer, (own, y, operations) in zip(layers, made, strict=True):
            output = tuple(int(n) for n in y.shape[1:])
            count = counted(own) if own else {"learned": 0, "not_learned": 0}
            reports.append(
                {
                    "name": layer["name"],
                    "output": (output[-1], *output[:-1]),
                    "parameters": count["learned"],
                    "not_learned": count["not_learned"],
                    "multiply_adds": _told([work[o.name] for o in operations if o.name in work], own),
                }
            )
    keras.utils.clear_session(free_memory=False)
    return reports


def _told(counts, own):
    """None where a layer multiplies by a kernel and the graph does not show it: a grouped convolution is a compiled function there."""
    return sum(counts) if counts or not hasattr(own, "kernel") else None


def _multiply_adds(graph):
    """The name of each convolution or matrix product of the graph, and half the operations that the profiler counts for it."""
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation()).with_empty_output()
    todo, counts = [profiler.profile(graph, options=options.build())], {}
    while todo:
        node = todo.pop()
        todo += node.children
        counts[node.name] = node.float_ops // 2
    return {o.name: counts.get(o.name, 0) for o in graph.get_operations() if o.type in ("Conv2D", "MatMul")}


def own_layer(layer, rank):
    """Keras' layer of a kind that has weights, for x of so many axes."""
    import keras

    kind = layer["kind"]
    if kind == "convolution":
        return keras.layers.Conv2D(
            layer["channels_out"],
            tuple(layer["kernel"]),
            strides=layer.get("stride", 1),
            padding="valid",
            data_format="channels_last",
            dilation_rate=layer.get("dilation", 1),
            groups=layer["groups"],
            use_bias=layer["bias"],
            kernel_initializer="zeros",
        )
    if kind == "fully_connected":
        return keras.layers.Dense(layer["features_out"], use_bias=layer["bias"], kernel_initializer="zeros")
    if kind == "batch_norm":
        return keras.layers.BatchNormalization(axis=-1)
    if kind in ("layer_norm", "rms_norm"):
        norm = keras.layers.LayerNormalization if kind == "layer_norm" else keras.layers.RMSNormalization
        axes: Any = [*range(1, rank)] if layer["on"] == "numbers" else -1
        return norm(axis=axes)
    if kind in ("group_norm", "instance_norm"):
        own = layer.get("affine", True)
        return keras.layers.GroupNormalization(groups=layer.get("groups", -1), axis=-1, center=own, scale=own)
    if kind == "prelu":
        # One slope a channel: the spatial axes share.
        return keras.layers.PReLU(shared_axes=[1, 2] if rank == 4 else None)
    raise Unsupported(f"TensorFlow has no layer of kind {kind}")


def counted(own):
    """How many numbers a layer, or a network, learns and does not learn."""
    learned, others = ([int(np.prod(w.shape)) for w in g] for g in (own.trainable_weights, own.non_trainable_weights))
    return {"learned": sum(learned), "not_learned": sum(others)}


_ACTIVATIONS = {
    name: name for name in ("relu6", "softsign", "silu", "softplus", "elu", "celu", "selu", "hard_sigmoid", "hard_tanh")
}
_ACTIVATIONS |= {"hard_swish": "hard_silu", "log_softmax": "log_softmax"}


def _whole_scale(layer, x):
    """What Keras' UpSampling2D takes."""
    scale = [after / before for after, before in zip(layer["output"][1:], x.shape[1:3], strict=True)]
    asked = layer["scale"] if isinstance(layer["scale"], tuple) else scale
    if not all(float(one).is_integer() for one in (*scale, *asked)):
        raise Unsupported("Keras' UpSampling2D repeats by whole numbers")
    return tuple(map(int, scale))


def _adaptive(kind):
    import keras

    if not hasattr(keras.layers, f"Adaptive{kind}Pooling2D"):
        raise Unsupported("this Keras has no adaptive pooling")
    return getattr(keras.layers, f"Adaptive{kind}Pooling2D")


def _own_layer(layer, inputs):
    """(Keras' layer, or None where a function of Keras does it, and what comes out)."""
    import keras

    kind, x = layer["kind"], inputs[0]
    if kind == "channels":
        return None, keras.ops.take(x, list(layer["take"]), axis=-1)
    if kind in ("add", "concatenate"):
        own = keras.layers.Add() if kind == "add" else keras.layers.Concatenate(axis=-1)
        return own, own(inputs)
    if kind == "absolute_value":
        return None, keras.ops.abs(x)
    if layer.get("ceil_mode"):
        raise Unsupported("Keras' pooling has no ceil_mode; its 'same' rounds up with padding of its own")
    if "padding" in layer and np.any(layer["padding"]):  # on the sides that were meant; Keras' "same" chooses its own
        fill = float("-inf") if kind == "max_pooling" else 0.0
        x = keras.ops.pad(x, [(0, 0), *layer["padding"], (0, 0)], mode="constant", constant_values=fill)
    last = {"data_format": "channels_last"}
    pool = {"pool_size": layer.get("window"), "strides": layer.get("stride"), "padding": "valid", **last}
    without_weights = {
        "max_pooling": lambda: keras.layers.MaxPooling2D(**pool),
        "average_pooling": lambda: keras.layers.AveragePooling2D(**pool),
        "global_max_pooling": lambda: keras.layers.GlobalMaxPooling2D(keepdims=True, **last),
        "global_average_pooling": lambda: keras.layers.GlobalAveragePooling2D(keepdims=True, **last),
        "relu": keras.layers.ReLU,
        **{name: functools.partial(keras.layers.Activation, own) for name, own in _ACTIVATIONS.items()},
        "leaky_relu": lambda: keras.layers.LeakyReLU(negative_slope=0.01),
        "logistic": lambda: keras.layers.Activation("sigmoid"),
        "tanh": lambda: keras.layers.Activation("tanh"),
        "softmax": lambda: keras.layers.Softmax(axis=-1),
        "flatten": lambda: keras.layers.Flatten(**last),
        "dropout": lambda: keras.layers.Dropout(layer["rate"]),
        "upsampling": lambda: keras.layers.UpSampling2D(
            _whole_scale(layer, x), interpolation=layer["method"], data_format="channels_last"
        ),
        "adaptive_max_pooling": lambda: _adaptive("Max")(layer["size"], **last),
        "adaptive_average_pooling": lambda: _adaptive("Average")(layer["size"], **last),
    }
    own = without_weights[kind]() if kind in without_weights else own_layer(layer, len(x.shape))
    return own, own(x)

"""TensorFlow and its Keras."""

from ..library import Library

LIBRARY = Library(
    "tensorflow",
    ("tensorflow", "tensorflow-cpu", "keras"),
    seconds=4,
    differentiates=True,
    layers=True,
    environment={
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_DEPRECATION_WARNINGS": "0",
        "CUDA_VISIBLE_DEVICES": "",
        "KERAS_BACKEND": "tensorflow",
    },
)

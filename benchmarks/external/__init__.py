"""ONNX's node tests and PyTorch's OpInfo samples, put to ``adjudicate`` as those frameworks word them: ``python -m benchmarks.external``."""

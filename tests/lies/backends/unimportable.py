"""Cannot be imported."""

raise ImportError("libfast.so.3: cannot open shared object file")

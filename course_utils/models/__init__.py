"""Functions that return a `keras.Model`, and inference on pictures of any size."""

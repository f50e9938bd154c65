"""Data sets: catalogue, readers, splits, augmentation, weight maps, pipelines."""

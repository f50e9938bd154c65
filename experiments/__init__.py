"""What is measured and shipped, one file a lesson: `make checkpoints`, `make evidence`, `make bench`."""

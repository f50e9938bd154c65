"""Training: the one loop, optimisers and schedules; then a file a task."""

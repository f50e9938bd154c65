"""Training: learning-rate schedules, checkpoints."""

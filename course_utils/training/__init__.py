"""Training: learning-rate schedules."""

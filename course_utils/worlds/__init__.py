"""Procedural worlds: pictures that are drawn, not downloaded, with their ground truth."""

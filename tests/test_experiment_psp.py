"""Lesson 08's bench: the encoder beside searches, in seconds and likeness."""

import re

from experiments import psp


def test_the_bench_tells_each_ways_seconds_and_likeness():
    encoder, *searches = psp.encoder_beside_search(steps=(1, 2), people=1).split("\n    ")
    assert re.match(r"encoder: \d\.\d{4} s, 1 times .* SSIM 0\.\d{3}, .* 100%$", encoder)
    assert [line.split(":")[0] for line in searches] == ["search of 1 steps", "search of 2 steps"]

import numpy as np
import pytest

from course_utils.data import pipeline


def example(rng):
    picture = rng.random((8, 6, 3)).astype(np.float32)
    return picture, (picture[..., 0] > 0.5).astype(np.int32), np.ones((8, 6), np.float32)


def test_shapes_dtypes_and_that_the_parts_belong_together():
    for picture, labels, weights in pipeline.stream(example, 4).take(3):
        assert picture.shape == (4, 8, 6, 3) and labels.shape == weights.shape == (4, 8, 6)
        assert (picture.dtype.name, labels.dtype.name) == ("float32", "int32")
        assert np.array_equal(picture.numpy()[..., 0] > 0.5, labels.numpy())


def test_same_seed_same_stream_and_no_example_twice():
    first = [batch[0].numpy() for batch in pipeline.stream(example, 4, seed=1).take(5)]
    again = [batch[0].numpy() for batch in pipeline.stream(example, 4, seed=1).take(5)]
    other = [batch[0].numpy() for batch in pipeline.stream(example, 4, seed=2).take(5)]
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert len(np.unique(np.concatenate(first).reshape(20, -1), axis=0)) == 20


def test_examples_of_different_sizes_are_named():
    def growing(rng):
        return (np.zeros((int(rng.integers(2, 50)), 3), np.float32),)

    with pytest.raises(Exception, match="one size"):
        list(pipeline.stream(growing, 4).take(3))


def test_a_later_start_goes_on_in_the_same_stream():
    whole = [batch[0].numpy() for batch in pipeline.stream(example, 3, seed=1).take(5)]
    rest = [batch[0].numpy() for batch in pipeline.stream(example, 3, seed=1, start=2).take(3)]
    assert np.array_equal(whole[2:], rest)

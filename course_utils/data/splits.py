"""Which samples train and which test: decided by source, fixed for ever, leaks impossible.

A source is what two samples must not share across the split: a person, a page, a slide.
The fixed splits:

- DSB2018: an image tests if int(sha1(id).hexdigest(), 16) mod 5 is 0, where sha1 runs over
  the UTF-8 bytes of the image's id (its folder's name).
- ISBI 2012: slices 20-29 test.
- CUHK faces: the last 38 names in sorted order test.
- Document pages: the fold of the clean page, as for DSB2018.
"""

import hashlib


def fold(source, k=5):
    """Fold 0 ... k-1 of a source: int(sha1(source).hexdigest(), 16) mod k, in UTF-8."""
    return int(hashlib.sha1(str(source).encode("utf-8")).hexdigest(), 16) % k


def tests_dsb2018(sample):
    """True for the DSB2018 samples that test: fold 0 of 5, by id."""
    return fold(sample.id) == 0


def tests_isbi2012(sample):
    """True for the ISBI 2012 slices that test: numbers 20 and above."""
    return int(sample.id) >= 20


def last_sources(sources, count):
    """The last `count` different sources in sorted order (CUHK: 38), as a set."""
    return set(sorted(set(sources))[-count:]) if count else set()


def assert_disjoint(train_sources, test_sources):
    """Raise ValueError, naming the first shared source, if a source trains and tests."""
    shared = sorted(set(train_sources) & set(test_sources), key=str)
    if shared:
        more = f" and {len(shared) - 1} more" if len(shared) > 1 else ""
        raise ValueError(
            f"Source {str(shared[0])!r}{more} is in the training data and in the "
            "test data; remove it from one of them."
        )


def assert_no_twins(train, test, key="source"):
    """Raise ValueError, naming both, for a sample that trains and one that tests of one `key`."""
    ids = {getattr(sample, key): sample.id for sample in train}
    for sample in test:
        if getattr(sample, key) in ids:
            raise ValueError(
                f"The picture {ids[getattr(sample, key)]} trains and {sample.id}, which is the same or of "
                "the same source, tests: remove one of them."
            )


def train_test(samples, test_samples=None, tests=tests_dsb2018):
    """Two lists of samples, (train, test), that share no `sample.source`.

    Without `test_samples` the rule `tests(sample)` splits `samples`. With them (a lesson's
    TEST_DATA) all of `samples` train and all of `test_samples` test.
    Raises ValueError if a source is on both sides, or a side is empty.
    """
    train, test = list(samples), test_samples
    if test_samples is None:
        train = [sample for sample in samples if not tests(sample)]
        test = [sample for sample in samples if tests(sample)]
    for name, side in (("training", train), ("test", test)):
        if not side:
            raise ValueError(f"No {name} image is left; add images, or give a test folder.")
    assert_disjoint([sample.source for sample in train], [sample.source for sample in test])
    return train, list(test)

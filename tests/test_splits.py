from types import SimpleNamespace

import pytest

from course_utils.data import splits

IDS = [
    "00071198d059ba7f5914a526d124d28e6d010c92466da21d4a04cd5413362552",
    "003cee89357d9fe13516167fd67b609a164651b21934585648c740d2c3d86dc1",
    "00ae65c1c6631ae6f2be1a449902976e6eb8483bf6b0740d00530220832c6d3e",
]


def samples(*names):
    return [SimpleNamespace(id=name, source=name) for name in names]


def names(items):
    return [item.id for item in items]


def test_folds_never_change():
    assert [splits.fold(name) for name in IDS] == [1, 3, 0]  # sha1sum in a shell, mod 5
    # sha1("abc") = a9993e364706816aba3e25717850c26c9cd0d89d (FIPS 180), which ends in ...9d
    assert splits.fold("abc", 16) == 0xD
    assert splits.fold("abc", 256) == 0x9D


def test_folds_are_about_even():
    found = [splits.fold(n) for n in range(5000)]
    assert all(800 < found.count(k) < 1200 for k in range(5))


def test_last_sources_are_the_last_in_sorted_order():
    assert splits.last_sources(["m-10", "f-2", "m-1", "f-2"], 2) == {"m-1", "m-10"}
    assert splits.last_sources(["a", "b"], 0) == set()


def test_assert_disjoint_names_the_source():
    splits.assert_disjoint(["a", "b"], ["c"])
    with pytest.raises(ValueError, match="'b' and 1 more is in the training data"):
        splits.assert_disjoint(["a", "b", "c"], ["c", "d", "b"])


def test_train_test_without_a_test_folder():
    train, test = splits.train_test(samples(*IDS))
    assert names(train) == IDS[:2] and names(test) == IDS[2:]


def test_isbi_tests_on_the_last_ten_slices():
    slices = samples(*map(str, range(30)))
    train, test = splits.train_test(slices, tests=splits.tests_isbi2012)
    assert names(train) == [str(n) for n in range(20)]
    assert names(test) == [str(n) for n in range(20, 30)]


def test_train_test_with_a_test_folder_splits_nothing():
    train, test = splits.train_test(samples(*IDS), samples("x", "y"))
    assert names(train) == IDS and names(test) == ["x", "y"]


def test_train_test_finds_the_leak():
    with pytest.raises(ValueError, match=IDS[1]):
        splits.train_test(samples(*IDS), samples("x", IDS[1]))


def test_two_samples_of_one_source_may_not_part():
    leaking = [SimpleNamespace(id=str(n), source="one stack") for n in (1, 25)]
    with pytest.raises(ValueError, match="one stack"):
        splits.train_test(leaking, tests=splits.tests_isbi2012)


@pytest.mark.parametrize("given", [([], None), (samples("a"), []), (samples(IDS[0]), None)])
def test_train_test_refuses_an_empty_side(given):
    with pytest.raises(ValueError, match="image is left"):
        splits.train_test(*given)

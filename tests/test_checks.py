"""What `course data verify` says of a folder's pictures."""

import numpy as np
from PIL import Image

from course_utils import images
from course_utils.data import checks


def smooth(seed, side=48):
    small = np.random.default_rng(seed).random((6, 6, 3)).astype(np.float32)
    return images.resize(small, (side, side))


def save(path, picture, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(images.to_uint8(picture)).save(path, **options)


def test_the_hash_outlives_a_resize_and_jpeg_and_tells_pictures_apart(tmp_path):
    hashes = []
    for seed in range(40):
        picture = smooth(seed)
        save(tmp_path / "a.jpg", images.resize(picture, (70, 90)), quality=60)
        again = checks.perceptual_hash(images.read_image(tmp_path / "a.jpg"))
        hashes.append(checks.perceptual_hash(picture))
        assert (hashes[-1] ^ again).bit_count() <= checks.ALIKE
    others = [(a ^ b).bit_count() for a in hashes for b in hashes if a != b]
    assert min(others) > checks.ALIKE
    assert checks.perceptual_hash(smooth(0)[..., 0]) < 2**64


def test_findings_name_copies_leaks_sizes_ranges_and_imbalance(tmp_path):
    for number in range(11):
        save(tmp_path / "train" / f"{number:02}.png", smooth(number))
    save(tmp_path / "train" / "11.png", smooth(3, side=40))
    save(tmp_path / "test" / "0.png", smooth(7, side=60))
    save(tmp_path / "train" / "flat.png", np.full((48, 48, 3), 0.5))
    save(tmp_path / "train" / "flat too.png", np.full((48, 48, 3), 0.2))
    (tmp_path / "train" / "broken.png").write_bytes(b"no picture")
    (tmp_path / "train" / "notes.txt").write_text("no picture either")
    looks, broken = checks.look(tmp_path)
    assert len(looks) == 15 and len(broken) == 1 and "broken.png can't be read" in broken[0]
    said = " ".join(checks.findings(looks))
    assert "15 pictures, 13 of 48x48, 1 of 60x60, 1 of 40x40." in said
    assert "Their values span 0.00 to 1.00 of the range." in said
    assert "Pictures of one tone: 2 (train/flat too.png, train/flat.png)." in said
    assert (
        "that look the same: 2 (test/0.png and train/07.png, train/03.png and train/11.png)."
        in said
    )
    assert "Pairs on two sides of a split: 1 (test/0.png and train/07.png)." in said
    assert "The folders are uneven: 14 pictures in train, 1 in test." in said


def test_of_many_copies_each_is_named_once_and_the_two_domains_are_one_side(tmp_path):
    for name in ("trainA/a", "trainB/b", "trainA/c"):
        save(tmp_path / f"{name}.png", smooth(1))
    looks, _ = checks.look(tmp_path, "*/*.png")
    assert len(checks.duplicates(looks)) == 2
    assert {one.part for one in looks} == {"train"}
    assert not any("two sides" in said for said in checks.findings(looks))


def test_a_folder_without_pictures(tmp_path):
    assert checks.findings(checks.look(tmp_path)[0]) == ["There is no picture."]

import pytest

from course_utils.training import cyclegan, face_sketch, pix2pix
from course_utils.training.settings import chosen


def test_others_take_the_place_of_the_usual_ones_and_change_nothing_else():
    usual = {"side": 64, "width": 8}
    assert chosen(usual, width=16) == {"side": 64, "width": 16} and usual["width"] == 8


@pytest.mark.parametrize(
    "build",
    [
        lambda **more: pix2pix.build("unet_l1", **more),
        lambda **more: pix2pix.train(None, "unet_l1", 2, 0, **more),
        cyclegan.build,
        lambda **more: cyclegan.train(None, 2, 0, **more),
        lambda **more: face_sketch.train_autoencoder(None, 2, 0, **more),
        lambda **more: face_sketch.train_both("cyclegan", [], 2, 0, **more),
    ],
)
def test_a_misspelt_setting_is_an_error_that_names_the_nearest(build):
    with pytest.raises(ValueError, match="no setting 'learning_rat'; .* 'learning_rate'"):
        build(learning_rat=1e-3)

"""Settings are frozen, and a misspelt one is an error that names the nearest one."""

from dataclasses import FrozenInstanceError, replace

import pytest

from course_utils.models import face_sketch as models
from course_utils.models import flow as flow_models
from course_utils.models import patchgan
from course_utils.models import pix2pix as pix2pix_models
from course_utils.models import psp as psp_models
from course_utils.models import stylegan as stylegan_models
from course_utils.training import cyclegan, face_sketch, flow, pix2pix, psp, stylegan

KINDS = {
    pix2pix.Settings: "learning_rate",
    cyclegan.Settings: "learning_rate",
    face_sketch.Settings: "learning_rate",
    pix2pix_models.Architecture: "width",
    patchgan.Architecture: "width",
    models.Autoencoder: "width",
    models.ResNet: "width",
    stylegan.Settings: "learning_rate",
    stylegan_models.Architecture: "latent",
    psp.Settings: "learning_rate",
    psp.Weights: "identity",
    psp_models.Architecture: "pyramid",
    flow.Settings: "learning_rate",
    flow_models.Architecture: "blocks",
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_a_misspelt_setting_is_an_error_that_names_the_nearest(kind):
    name = KINDS[kind]
    for make in (kind, lambda **values: replace(kind(), **values)):
        with pytest.raises(ValueError, match=f"no setting '{name[:-1]}'; .* '{name}'"):
            make(**{name[:-1]: 8})
    assert getattr(replace(kind(), **{name: 8}), name) == 8


@pytest.mark.parametrize("kind", KINDS)
def test_settings_stay_as_they_are(kind):
    with pytest.raises(FrozenInstanceError):
        kind().width = 8


def test_an_architecture_has_what_its_network_takes():
    pix2pix_models.generator(**vars(pix2pix_models.Architecture(side=32, width=2)))
    patchgan.patchgan(side=32, **vars(patchgan.Architecture(width=2)))
    models.autoencoder(**vars(models.Autoencoder(width=2)))
    models.resnet_generator(**vars(models.ResNet(width=2)))

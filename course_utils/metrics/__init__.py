"""Every metric of the course: NumPy arrays in, floats out, value ranges always checked.

The modules sort them by what they measure; callers write `metrics.ssim`. What needs a network takes
it as an argument.
"""

from .classes import class_scores, fcn_scores
from .colours import colour_error, colour_scores, colourfulness
from .detection import COCO_THRESHOLDS, average_precision, mask_iou
from .generated import diversity, precision_recall
from .instances import (
    adapted_rand_error,
    instance_counts,
    instance_f1,
    mean_average_precision,
    merges,
    pooled_f1,
    segmentation_scores,
)
from .masks import dice, iou
from .pictures import (
    TEXTURE_LAYERS,
    binary_cross_entropy,
    found_share,
    grid,
    mae,
    page_scores,
    picture_scores,
    portrait_scores,
    psnr,
    rmse,
    sharpness,
    skin_errors,
    ssim,
    ssim_window,
    texture_distance,
)

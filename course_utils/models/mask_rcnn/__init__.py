"""Mask R-CNN (He, Gkioxari, Dollár, Girshick, 2017), small and whole, a piece a module.

Everywhere a box is y0, x0, y1, x1 in pixels of the picture, the coordinates of its edges: the whole
picture is 0, 0, height, width. A batch holds equally many boxes for each picture; what isn't there
has no size, and `present` or `kinds` say so.
"""

from .anchors import anchors
from .boxes import area, clip, decode, encode, iou
from .matching import NEGATIVE, POSITIVE, UNUSED, match, sample
from .network import NETWORKS, SHIPPED, Architecture, MaskRCNN, begun, build, load
from .paste import labels, paste, paste_all
from .proposals import nms, propose
from .roi import pyramid_align, roi_align, roi_pool

__all__ = [
    "NEGATIVE",
    "NETWORKS",
    "POSITIVE",
    "SHIPPED",
    "UNUSED",
    "Architecture",
    "MaskRCNN",
    "anchors",
    "area",
    "begun",
    "build",
    "clip",
    "decode",
    "encode",
    "iou",
    "labels",
    "load",
    "match",
    "nms",
    "paste",
    "paste_all",
    "propose",
    "pyramid_align",
    "roi_align",
    "roi_pool",
    "sample",
]

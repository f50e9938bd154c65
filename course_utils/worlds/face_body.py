"""Neck and shoulders of the drawn people: an ellipse at every height, round an upright axis."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from course_utils.worlds.face_shape import FAR, Camera, directions, turned

HEIGHTS = np.array([-2.6, -1.95, -1.62, -1.42, -1.25, -1.08, -0.9, -0.5, 0.0])
WIDE = np.array([1.42, 1.36, 1.12, 0.78, 0.52, 0.42, 0.395, 0.41, 0.38])
DEEP = np.array([0.66, 0.62, 0.56, 0.49, 0.43, 0.40, 0.39, 0.40, 0.38])
BACK = np.array([-0.28, -0.30, -0.30, -0.29, -0.27, -0.24, -0.21, -0.17, -0.15])


@lru_cache(1)
def _torso():
    """Half-widths, half-depths and the axis' z of the body, finely sampled and smooth."""
    fine = np.linspace(HEIGHTS[0], HEIGHTS[-1], 521)
    smooth = [np.interp(fine, HEIGHTS, each) for each in (WIDE, DEEP, BACK)]
    kernel = np.hanning(33) / np.hanning(33).sum()
    return fine, [np.convolve(np.pad(each, 16, "edge"), kernel, "valid") for each in smooth]


class Body:
    """Neck and shoulders: upright, round an axis, with an ellipse at every height."""

    def __init__(self, camera: Camera, who):
        self.camera = camera
        fine, (wide, deep, back) = _torso()
        neck = np.clip((fine + 1.55) / 0.4, 0, 1)
        size = neck * who.neck_width + (1 - neck) * who.shoulders
        rows = camera.y[0] - camera.pixel * np.arange(-1, camera.side + 1)
        lines = np.float32([np.interp(rows, fine, each)
                            for each in (wide * size, deep * (0.5 + 0.5 * size), back)])
        self.wide, self.deep, self.back = lines[:, 1:-1, None]
        self.slopes = (lines[:, :-2] - lines[:, 2:]) / np.float32(2 * camera.pixel)

    def cast(self):
        """(slices, depth) of the rows below the ears."""
        top = int(np.searchsorted(-self.camera.y, 0.25))
        spot = slice(top, self.camera.side), slice(0, self.camera.side)
        wide, deep, back = (each[spot[0]] for each in (self.wide, self.deep, self.back))
        cosine, sine = self.camera.body[0, 0], self.camera.body[0, 2]
        x = self.camera.x[None, :]
        a = (sine / wide) ** 2 + (cosine / deep) ** 2
        b = -x * cosine * sine / wide**2 + (x * sine * cosine - back * cosine) / deep**2
        c = (x * cosine / wide) ** 2 + ((x * sine - back) / deep) ** 2 - 1
        under = b * b - a * c
        z = (np.sqrt(np.maximum(under, 0)) - b) / a
        return spot, np.where(under > 0, z, np.float32(FAR))

    def places(self, rows, columns, z):
        """Own coordinates (N, 3) of pixels, and their normals (N, 3) as the viewer sees them."""
        cosine, sine = self.camera.body[0, 0], self.camera.body[0, 2]
        x = self.camera.x[columns]
        own = np.stack([x * cosine - z * sine, self.camera.y[rows], x * sine + z * cosine], -1)
        wide, deep, back = (each[rows, 0] for each in (self.wide, self.deep, self.back))
        dwide, ddeep, dback = self.slopes.take(rows, 1)
        off = own[:, 2] - back
        slope = (-np.square(own[:, 0]) * dwide / wide**3 - off**2 * ddeep / deep**3
                 - off * dback / deep**2)
        normal = np.stack([own[:, 0] / wide**2, slope, off / deep**2], -1)
        return own, directions(turned(normal, self.camera.body))

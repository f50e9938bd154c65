"""Neck and shoulders of the drawn people: an ellipse at every height, round an upright axis."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from drawn_worlds.faces.shape import FAR, ZERO, Camera, directions

HEIGHTS = np.array([-2.6, -1.95, -1.62, -1.42, -1.25, -1.08, -0.9, -0.5, 0.0])
WIDE = np.array([1.42, 1.36, 1.12, 0.78, 0.52, 0.42, 0.395, 0.41, 0.38])
DEEP = np.array([0.66, 0.62, 0.56, 0.49, 0.43, 0.40, 0.39, 0.40, 0.38])
BACK = np.array([-0.28, -0.30, -0.30, -0.29, -0.27, -0.24, -0.21, -0.17, -0.15])


@lru_cache(1)
def _torso():
    """Heights, finely sampled, and there: how much is neck, not shoulder; half-widths, half-depths
    and the axis' z of the body, smooth.
    """
    fine = np.linspace(HEIGHTS[0], HEIGHTS[-1], 521)
    neck = np.clip((fine + 1.55) / 0.4, 0, 1)
    smooth = [np.interp(fine, HEIGHTS, each) for each in (WIDE, DEEP, BACK)]
    kernel = np.hanning(33) / np.hanning(33).sum()
    return fine, neck, *(np.convolve(np.pad(each, 16, "edge"), kernel, "valid") for each in smooth)


class Body:
    """Neck and shoulders: upright, round an axis, with an ellipse at every height."""

    def __init__(self, camera: Camera, who):
        self.camera = camera
        fine, neck, wide, deep, back = _torso()
        size = who.shoulders + neck * (who.neck_width - who.shoulders)
        rows = camera.y[0] - camera.pixel * np.arange(-1, camera.side + 1)
        lines = np.float32(
            [np.interp(rows, fine, each) for each in (wide * size, deep * (0.5 + 0.5 * size), back)]
        )
        self.wide, self.deep, self.back = lines[:, 1:-1, None]
        self.slopes = (lines[:, :-2] - lines[:, 2:]) / np.float32(2 * camera.pixel)

    def cast(self):
        """(slices, depth) of the rows below the ears."""
        top = int(np.searchsorted(-self.camera.y, 0.25))
        spot = slice(top, self.camera.side), slice(0, self.camera.side)
        wide, deep, back = (each[spot[0]] for each in (self.wide, self.deep, self.back))
        cosine, sine = self.camera.body[0, 0], self.camera.body[0, 2]
        wide2, deep2, x = wide * wide, deep * deep, self.camera.x
        a = sine * sine / wide2 + cosine * cosine / deep2  # of a z² + 2 b z + c = 0 in every row
        slope, start = cosine * sine * (1 / deep2 - 1 / wide2), back * cosine / deep2
        b = slope * x - start
        c = ((cosine * cosine / wide2 + sine * sine / deep2) * x - 2 * sine * back / deep2) * x
        under = b * b - a * (c + back * back / deep2 - 1)
        z = (np.sqrt(np.maximum(under, ZERO)) - b) / a
        np.copyto(z, FAR, where=under <= 0)
        return spot, z

    def places(self, rows, columns, z):
        """Own coordinates (3, N) of pixels, and their normals (3, N) as the viewer sees them."""
        own = self.camera.body.T @ np.array([self.camera.x[columns], self.camera.y[rows], z])
        wide, deep, back = (each.take(rows) for each in (self.wide, self.deep, self.back))
        dwide, ddeep, dback = self.slopes.take(rows, 1)
        x, off = own[0], own[2] - back
        wide2, deep2 = wide * wide, deep * deep
        slope = -x * x * dwide / (wide2 * wide) - (off * ddeep / deep + dback) * off / deep2
        return own, directions(self.camera.body @ np.array([x / wide2, slope, off / deep2]))

"""One drawn person on a raster: which surface each ray meets, and what that looks like."""

from __future__ import annotations

import numpy as np

from course_utils.worlds import face_hair, face_paint, face_shape, face_wear
from course_utils.worlds.face_body import Body
from course_utils.worlds.face_paint import EAR, GLASSES, HAIR, HEADWEAR, Coat, tinted
from course_utils.worlds.face_shape import (
    FAR, Camera, cast, directions, egg, lambert, look_at, trace, turned, unit)

BODY, HEAD, OTHER = 1, 2, 3                            # layers; ears and hair volumes from OTHER on


class Scene:
    """A person painted, before the light.

    `z` (R, R) nearness, `region` (R, R). Of the N pixels that show the person: `where`, flat
    indices; `normal` (N, 3) as the viewer sees it; `coat`. `sheens`: flat indices, strands'
    directions and brightness, and the tint of hair. `frame`: glasses, or None.
    """

    def __init__(self, who, seen, side: int):
        self.who, self.seen, self.camera = who, seen, Camera(seen, side)
        self.z = np.full((side, side), FAR, np.float32)
        self.layer = np.zeros((side, side), np.uint8)
        self.painted, self.sheens = [], []
        texels = int(np.clip(0.75 * side, 88, 288)) // 8 * 8
        self.radius = face_shape.head_radius(who, seen, texels)
        if who.beard == "full":
            self._grow_beard()
        lifted, self.inside = face_hair.thickness(who, self.radius)
        self.skin_radius = self.radius
        self.radius = self.radius + np.where(self.inside > -0.1, np.maximum(lifted, 0), 0)
        body = Body(self.camera, who)
        ears = [egg((s * 0.755 * who.head_width, -0.10, -0.10),
                    (0.085, 0.25 * who.ear_size, 0.155 * who.ear_size),
                    s * (0.38 + 0.1 * who.ear_out), -0.08 * s) for s in (-1, 1)]
        volumes = face_hair.volumes(who)
        self._meet(BODY, *body.cast())
        self._meet(HEAD, *trace(self.camera, self.radius))
        for number, shape in enumerate(ears + volumes):
            if number > 1 or not face_hair.covers_ears(who):
                self._meet(OTHER + number, *cast(self.camera, shape))
        face_wear.dress(self, body)
        self._head()
        for number, shape in enumerate(ears):
            self._ear(OTHER + number, shape)
        for number, shape in enumerate(volumes):
            self._hanging(OTHER + 2 + number, shape)
        where, normal, coats = zip(*self.painted, strict=True)
        self.where, self.normal = np.concatenate(where), np.concatenate(normal)
        self.coat = Coat(*(np.concatenate(part, -1) for part in zip(*coats, strict=True)))
        self.region = np.zeros((side, side), np.uint8)
        self.region.ravel()[self.where] = self.coat.region
        self.frame = face_wear.glasses(self)
        if self.frame is not None:
            self.region[self.frame.cover > 0.45] = GLASSES

    def normals(self):
        """(R, R, 3): the surface's normals as the viewer sees them, 0 where nothing is."""
        normals = np.zeros(self.z.shape + (3,), np.float32)
        normals.reshape(-1, 3)[self.where] = self.normal
        return normals

    def flow(self):
        """(R, R, 2): the direction of hair as it is seen, of length 0 … 1."""
        flow = np.zeros(self.z.shape + (2,), np.float32)
        for where, tangent, *_ in self.sheens:
            flow.reshape(-1, 2)[where] = tangent[:, :2]
        return flow

    def seen_at(self, layer):
        """Flat indices of a layer's pixels and their places (N, 3) in head coordinates."""
        where = np.flatnonzero(self.layer == layer)
        rows, columns = np.divmod(where, self.camera.side)
        return where, self.camera.to_head(self.camera.x[columns], self.camera.y[rows],
                                          self.z.ravel()[where])

    def put(self, where, coat: Coat, normal):
        """Paint pixels; `normal` (N, 3) as the viewer sees it."""
        self.painted.append((where, normal, coat))

    def _grow_beard(self):
        d = face_shape.chart(len(self.radius)).directions
        share = face_paint.beard_share(self.who, self.seen, d * self.radius[..., None])
        self.radius = self.radius + unit(share / 0.12) * np.float32(0.055)

    def _meet(self, layer, spot, z):
        nearer = z > self.z[spot]
        np.copyto(self.z[spot], z, where=nearer)
        np.copyto(self.layer[spot], layer, where=nearer)

    def _head(self):
        where, head = self.seen_at(HEAD)
        spots = lambert(head)
        inside = look_at(self.inside, spots)
        who, pixel = self.who, self.camera.pixel
        normal = directions(look_at(face_shape.normals(self.radius), spots))
        coat = face_paint.paint_face(who, self.seen, head, spots, inside < 0.08, pixel)
        hangs = face_hair.STYLES[who.style].hangs is not None
        place = np.flatnonzero(inside > (-0.35 if hangs else -0.12))
        if who.style == "scarf":
            hair = inside[place] / 0.012 + 0.8
        else:
            hairy = head.take(place, 0)
            across, along, tangent = face_hair.comb(who, hairy)
            noise, rough = face_hair.streaks(who, across, along, pixel)
            jagged = 1.0 if who.style in ("fringe", "short", "cropped") else 0.35
            early = 0.6
            if hangs:
                jagged = jagged * (2 * hairy[:, 1]).clip(0.05, 1)
                early = 0.6 + 7 * unit(2 * (0.3 - hairy[:, 1]))
            hair = inside[place] / 0.03 + early + jagged * (0.36 * noise + 0.15 * rough)
            if who.style in ("bald", "cropped"):
                hair = hair * 0.8
        cover = unit(hair)
        grown = np.flatnonzero(cover > 0)
        place, cover = place[grown], cover[grown]
        if who.style == "scarf":
            colour = face_wear.cloth_folds(who, head[place])
            coat.lay(place, cover, colour, HEADWEAR, 0.12)
        else:
            colour = self._strands(noise[grown], rough[grown])
            coat.lay(place, cover, colour, None, 0.02)
            coat.region[place[cover > 0.5]] = HAIR
            coat.glow[place[cover > 0.5]] = 0
            if face_hair.STYLES[who.style].curl >= 1:
                self._curly(coat, place, head)
            self._add_sheen(where[place], tangent.take(grown, 0), noise[grown], cover)
        self.put(where, coat, turned(normal, self.camera.turn))

    def _curly(self, coat, place, head):
        d = head[place]
        grain = 60 / max(face_hair.STYLES[self.who.style].curl, 0.5)
        column = (d[:, 0] - 0.6 * d[:, 2]) * 2.2 * grain + self.who.seed % 71
        row = (d[:, 1] + 0.5 * d[:, 2]) * 2.2 * grain
        lumps = face_shape.fetch(face_hair.curls(), column, row)
        coat.colour[:, place] *= 0.82 + 0.42 * lumps

    def _strands(self, noise, rough):
        colour = np.float32(self.who.hair)
        bold = 1 - 0.6 * min(1, 2.5 * self.who.hair[1])
        tone = (0.87 + bold * (0.26 * noise + 0.16 * rough)).clip(0.25, 2)
        colour = tinted(tone, colour)
        if self.who.grey > 0.05:
            colour += unit(noise - 1.4 + self.who.grey) * 0.14
        return colour

    def _add_sheen(self, where, tangent, noise, cover):
        bright = np.clip(0.75 + 0.4 * noise, 0.1, 2) * cover
        curly = face_hair.STYLES[self.who.style].curl
        bright = bright * (0.35 if curly >= 1 else 1.0)
        tint = np.sqrt(np.float32(self.who.hair)) * np.float32(self.who.hair).max() ** 0.25 * 0.5
        self.sheens.append((where, turned(tangent, self.camera.turn), bright, tint))

    def _ear(self, layer, shape):
        where, head = self.seen_at(layer)
        if not len(where):
            return
        e = turned(head - shape.centre, shape.inward)
        normal = directions(turned(e, shape.inward.T))
        coat = Coat.of(len(head), self.who.skin, EAR, 0.25)
        every = np.arange(len(head))
        up, back = e[:, 1], -e[:, 2]
        shell = np.exp(-((np.hypot(up - 0.05, back + 0.15) / 0.45) ** 2) ** 1.5)
        groove = np.exp(-((np.hypot(up * 0.95, back + 0.05) - 0.68) / 0.10) ** 2) * (up > -0.55)
        coat.shade(every, 0.5 * shell, (0.55, 0.38, 0.34))
        coat.shade(every, 0.55 * groove, (0.6, 0.42, 0.38))
        coat.shade(every, np.full(len(e), 0.35 * self.who.blush, np.float32), (1, 0.72, 0.70))
        self.put(where, coat, turned(normal, self.camera.turn))

    def _hanging(self, layer, shape):
        where, head = self.seen_at(layer)
        if not len(where):
            return
        who = self.who
        normal = directions(turned(head - shape.centre, shape.inward.T @ shape.inward))
        if who.style == "scarf":
            coat = Coat.of(len(head), who.scarf, HEADWEAR, 0.12)
            coat.colour[:] = face_wear.cloth_folds(who, head)
        else:
            across, along, tangent = face_hair.comb(who, head - shape.centre)
            noise, rough = face_hair.streaks(who, across, along, self.camera.pixel)
            coat = Coat.of(len(head), who.hair, HAIR, 0.02)
            coat.colour[:] = self._strands(noise, rough)
            self._add_sheen(where, tangent, noise, np.ones(len(head), np.float32))
        self.put(where, coat, turned(normal, self.camera.turn))

"""One drawn person on a raster: which surface each ray meets, and what that looks like."""

from __future__ import annotations

import cv2
import numpy as np

from drawn_worlds.faces import hair as face_hair
from drawn_worlds.faces import paint as face_paint
from drawn_worlds.faces import shape as face_shape
from drawn_worlds.faces import wear as face_wear
from drawn_worlds.faces.body import Body
from drawn_worlds.faces.paint import EAR, GLASSES, HAIR, HEADWEAR, Coat, tinted
from drawn_worlds.faces.shape import (
    FAR,
    ONE,
    ZERO,
    Camera,
    cast,
    directions,
    egg,
    hypot,
    lambert,
    look_at,
    mirrored,
    trace,
    unit,
)

BODY, HEAD, EARS, VOLUMES = 1, 2, 3, 4  # layers; each of hair's volumes has its own


class Scene:
    """A person painted, before the light.

    `z` (R, R) nearness, `region` (R, R). Of the N pixels that show the person: `where`, flat
    indices; `normal` (3, N) as the viewer sees it; `coat`. `sheens`: which of these pixels are
    hair (K,), strands' directions (3, K) and brightness (K,). `frame`: glasses, or None.
    """

    def __init__(self, who, seen, side: int):
        self.who, self.seen, self.camera = who, seen, Camera(seen, side)
        self.z = np.full((side, side), FAR, np.float32)
        self.layer = np.zeros((side, side), np.uint8)
        self.painted, self.sheens = [], []
        texels = min(max(5 * side // 64, 10), 36) * 8  # one as large as a pixel of the picture
        self.radius = face_shape.head_radius(who, seen, texels)
        if who.beard == "full":
            self._grow_beard()
        lifted, self.inside = face_hair.thickness(who, self.radius)
        self.skin_radius = self.radius
        self.radius = self.radius + np.maximum(lifted, ZERO) * (self.inside > -0.1)
        body = Body(self.camera, who)
        ear = egg(
            (0.755 * who.head_width, -0.10, -0.10),
            (0.085, 0.25 * who.ear_size, 0.155 * who.ear_size),
            0.38 + 0.1 * who.ear_out,
            -0.08,
        )
        volumes = list(enumerate(face_hair.volumes(who), VOLUMES))
        self._meet(BODY, *body.cast())
        self._meet(HEAD, *trace(self.camera, self.radius))
        ears = [] if face_hair.covers_ears(who) else [(EARS, ear), (EARS, mirrored(ear))]
        for layer, shape in ears + volumes:
            self._meet(layer, *cast(self.camera, shape))
        face_wear.dress(self, body)
        self._head()
        self._ears(ear)
        for layer, shape in volumes:
            self._hanging(layer, shape)
        where, normal, coats = zip(*self.painted, strict=True)
        self.where, self.normal = np.concatenate(where), np.concatenate(normal, 1)
        self.coat = Coat(
            np.concatenate([coat.values for coat in coats], 1),
            np.concatenate([coat.region for coat in coats]),
        )
        self.region = np.zeros((side, side), np.uint8)
        self.region.ravel()[self.where] = self.coat.region
        self.frame = face_wear.glasses(self)
        if self.frame is not None:
            self.region[self.frame.box][self.frame.cover > 0.45] = GLASSES

    def normals(self):
        """(R, R, 3): the surface's normals as the viewer sees them, 0 where nothing is."""
        normals = np.zeros(self.z.shape + (3,), np.float32)
        normals.reshape(-1, 3)[self.where] = self.normal.T
        return normals

    def flow(self):
        """(R, R, 2): the direction of hair as it is seen, of length 0 … 1."""
        flow = np.zeros(self.z.shape + (2,), np.float32)
        for place, tangent, _ in self.sheens:
            flow.reshape(-1, 2)[self.where[place]] = tangent[:2].T
        return flow

    def seen_at(self, layer):
        """Flat indices of a layer's pixels and their places (3, N) in head coordinates."""
        where = np.flatnonzero(self.layer == layer)
        rows, columns = np.divmod(where, self.camera.side)
        return where, self.camera.to_head(
            self.camera.x[columns], self.camera.y[rows], self.z.ravel()[where]
        )

    def put(self, where, coat: Coat, normal):
        """Paint pixels; `normal` (3, N) as the viewer sees it."""
        self.painted.append((where, normal, coat))

    def _grow_beard(self):
        d = face_shape.chart(len(self.radius)).directions
        share = face_paint.beard_share(self.who, self.seen, d * self.radius)
        self.radius = self.radius + unit(share / 0.12) * np.float32(0.055)

    def _meet(self, layer, spot, z):
        nearer = z > self.z[spot]
        np.copyto(self.z[spot], z, where=nearer)
        np.copyto(self.layer[spot], layer, where=nearer)

    def _head(self):
        where, head = self.seen_at(HEAD)
        spots = lambert(head)
        found = look_at(cv2.merge([*face_shape.normals(self.radius), self.inside]), spots)
        *normal, inside = np.ascontiguousarray(found.T)
        who, pixel = self.who, self.camera.pixel
        coat = face_paint.paint_face(who, self.seen, head, spots, inside < 0.08, pixel)
        hangs = face_hair.STYLES[who.style].hangs is not None
        place = np.flatnonzero(inside > (-0.35 if hangs else -0.12))
        inside, hairy = inside.take(place), head.take(place, 1)
        if who.style == "scarf":
            part = coat.part(place)
            part.lay(unit(inside / 0.012 + 0.8), face_wear.cloth_folds(who, hairy), HEADWEAR, 0.12)
        else:
            across, along, tangent = face_hair.comb(who, hairy)
            noise, rough = face_hair.streaks(who, across, along, pixel)
            jagged = 1.0 if who.style in ("fringe", "short", "cropped") else 0.35
            early = 0.6
            if hangs:
                jagged = jagged * (2 * hairy[1]).clip(np.float32(0.05), ONE)
                early = 0.6 + 7 * unit(2 * (0.3 - hairy[1]))
            hair = inside / 0.03 + early + jagged * (0.36 * noise + 0.15 * rough)
            if who.style in ("bald", "cropped"):
                hair = hair * 0.8
            grown = np.flatnonzero(hair > 0)
            place, cover, noise = place.take(grown), unit(hair.take(grown)), noise.take(grown)
            part = coat.part(place)
            part.lay(cover, self._strands(noise, rough.take(grown)), HAIR, 0.02)
            np.copyto(part.glow, ZERO, where=cover > 0.5)
            if face_hair.STYLES[who.style].curl >= 1:
                self._curly(part, hairy.take(grown, 1))
            self._add_sheen(place, tangent.take(grown, 1), noise, cover)
        coat.mend(place, part)
        self.put(where, coat, self.camera.turn @ directions(normal))

    def _curly(self, coat, head):
        x, y, z = head
        grain = 132 / face_hair.STYLES[self.who.style].curl
        column = (x - 0.6 * z) * grain + self.who.seed % 71
        lumps = face_shape.fetch(face_hair.curls(), column, (y + 0.5 * z) * grain)
        coat.colour *= 0.82 + 0.42 * lumps

    def _strands(self, noise, rough):
        colour = np.float32(self.who.hair)
        bold = 1 - 0.6 * min(1, 2.5 * self.who.hair[1])
        tone = (0.87 + bold * (0.26 * noise + 0.16 * rough)).clip(0.25, 2)
        colour = tinted(tone, colour)
        if self.who.grey > 0.05:
            colour += unit(noise - 1.4 + self.who.grey) * 0.14
        return colour

    def _add_sheen(self, place, tangent, noise, cover):
        """`place`: which of the pixels that will be put next."""
        bright = (0.75 + 0.4 * noise).clip(np.float32(0.1), np.float32(2)) * cover
        if face_hair.STYLES[self.who.style].curl >= 1:
            bright *= 0.35
        before = sum(len(where) for where, *_ in self.painted)
        self.sheens.append((place + before, self.camera.turn @ tangent, bright))

    def _ears(self, shape):
        """`shape`: the right one's; the left one is painted as its mirror image."""
        where, head = self.seen_at(EARS)
        if not len(where):
            return
        side, head[0] = np.sign(head[0]), np.abs(head[0])
        e = shape.inward @ (head - shape.centre[:, None])
        normal = directions(shape.inward.T @ e)
        normal[0] *= side
        flushed = 1 - 0.35 * self.who.blush * np.float32((0, 0.28, 0.30))
        coat = Coat.of(len(where), self.who.skin * flushed, EAR, 0.25)
        up, back = e[1], -e[2]
        shell = np.exp(-((hypot(up - 0.05, back + 0.15) / 0.45) ** 3))
        groove = np.exp(-np.square((hypot(up * 0.95, back + 0.05) - 0.68) / 0.10)) * (up > -0.55)
        coat.shade(0.5 * shell, (0.55, 0.38, 0.34))
        coat.shade(0.55 * groove, (0.6, 0.42, 0.38))
        self.put(where, coat, self.camera.turn @ normal)

    def _hanging(self, layer, shape):
        where, head = self.seen_at(layer)
        if not len(where):
            return
        who, own = self.who, head - shape.centre[:, None]
        normal = directions(shape.inward.T @ (shape.inward @ own))
        if who.style == "scarf":
            coat = Coat.of(len(where), who.scarf, HEADWEAR, 0.12)
            coat.colour[:] = face_wear.cloth_folds(who, head)
        else:
            across, along, tangent = face_hair.comb(who, own)
            noise, rough = face_hair.streaks(who, across, along, self.camera.pixel)
            coat = Coat.of(len(where), who.hair, HAIR, 0.02)
            coat.colour[:] = self._strands(noise, rough)
            self._add_sheen(np.arange(len(where)), tangent, noise, ONE)
        self.put(where, coat, self.camera.turn @ normal)

// From probabilities to cells, as course_utils.postprocess.instances: parted where they get narrow.
import {picture} from "./pictures.js";

const [SMOOTHING, NECK, LEAST] = [0.7, 1, 20];   // pixels, pixels, pixels a cell

// inside, cell: (height, width, 1). Returns int32 labels, 0 is background.
export function cells(inside, cell, threshold) {
  const {height, width} = inside;
  const sure = gaussian(inside, SMOOTHING).data.map(p => p > threshold ? 1 : 0);
  const deep = gaussian(picture(height, width, 1, distances(sure, height, width)), 1).data;
  return withoutSpecks(flooded(deep, cell.data.map(p => p > threshold ? 1 : 0), height, width));
}

// Water rises from the deepest places; where two lakes meet, the shallower one keeps its own label if
// it is deeper than the meeting place by NECK, else it joins the other.
function flooded(deep, mask, height, width) {
  const places = [...deep.keys()].filter(i => mask[i]);
  const slopes = places.filter(i => deep[i] > 1e-3).sort((i, j) => deep[j] - deep[i]);
  const [lake, peak, joined] = [new Int32Array(deep.length), [Infinity], [0]];   // lake 0 is dry land
  const root = i => { while (joined[i] !== i) i = joined[i]; return i; };
  for (const place of slopes) {
    const near = around(place, height, width).map(i => root(lake[i])).filter(Boolean);
    const [first = peak.length, ...others] = [...new Set(near)].sort((a, b) => peak[b] - peak[a]);
    if (first === peak.length) { joined.push(first); peak.push(deep[place]); }
    for (const other of others) if (peak[other] - deep[place] < NECK) joined[other] = first;
    lake[place] = first;
  }
  const lakes = lake.map(i => peak[root(i)] < NECK ? 0 : root(i));
  grow(lakes, new Set(places.filter(i => !lakes[i])), height, width);
  return lakes;
}

// Lakes spread over what else is free, a pixel a round.
function grow(lakes, free, height, width) {
  let rim = [...lakes.keys()].filter(i => lakes[i]);
  while (rim.length) {
    const next = new Map();
    for (const place of rim) {
      for (const i of around(place, height, width)) if (free.has(i) && !next.has(i)) next.set(i, lakes[place]);
    }
    for (const [place, found] of next) { lakes[place] = found; free.delete(place); }
    rim = [...next.keys()];
  }
}

function around(place, height, width) {
  const [x, places] = [place % width, []];
  if (x > 0) places.push(place - 1);
  if (x < width - 1) places.push(place + 1);
  if (place >= width) places.push(place - width);
  if (place < (height - 1) * width) places.push(place + width);
  return places;
}

function withoutSpecks(labels) {
  const sizes = new Map();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  return labels.map(label => sizes.get(label) < LEAST ? 0 : label);
}

// Distance of each pixel of a mask to the nearest one outside: exact, row by row and then by
// parabolas (Felzenszwalb and Huttenlocher, 2012).
function distances(mask, height, width) {
  const squares = Float64Array.from(mask, inside => inside ? 1e12 : 0);
  for (let x = 0; x < width; x++) lower(squares, x, width, height);
  for (let y = 0; y < height; y++) lower(squares, y * width, 1, width);
  return Float32Array.from(squares, d => d > 1e11 ? 0 : Math.sqrt(d));
}

function lower(values, first, stride, count) {
  const f = Float64Array.from({length: count}, (_, i) => values[first + i * stride]);
  const [at, from] = [[0], [-Infinity]];
  for (let q = 1; q < count; q++) {
    const meets = p => (f[q] + q * q - f[p] - p * p) / (2 * (q - p));
    while (at.length && meets(at.at(-1)) <= from.at(-1)) { at.pop(); from.pop(); }
    from.push(at.length ? meets(at.at(-1)) : -Infinity);
    at.push(q);
  }
  for (let q = 0, k = 0; q < count; q++) {
    while (k + 1 < at.length && from[k + 1] < q) k++;
    values[first + q * stride] = (q - at[k]) ** 2 + f[at[k]];
  }
}

function gaussian({height, width, data}, sigma) {
  const radius = Math.round(4 * sigma);
  const kernel = Array.from({length: 2 * radius + 1}, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)));
  const total = kernel.reduce((a, b) => a + b);
  const blurred = (from, count, stride, lines, step) => {
    const to = new Float32Array(from.length);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < count; i++) {
        let sum = 0;
        for (let k = -radius; k <= radius; k++) {
          let j = (((i + k) % (2 * count)) + 2 * count) % (2 * count);   // mirrored, the last pixel twice
          if (j >= count) j = 2 * count - 1 - j;
          sum += kernel[k + radius] * from[line * step + j * stride];
        }
        to[line * step + i * stride] = sum / total;
      }
    }
    return to;
  };
  return picture(height, width, 1, blurred(blurred(data, width, 1, height, width), height, width, width, 1));
}

// A line of two pixels between different labels, on a picture with three channels.
export function outlined(image, labels, [r, g, b]) {
  const made = picture(image.height, image.width, 3, image.data.slice());
  for (let i = 0; i < labels.length; i++) {
    if (around(i, image.height, image.width).some(j => labels[j] !== labels[i])) made.data.set([r, g, b], 3 * i);
  }
  return made;
}

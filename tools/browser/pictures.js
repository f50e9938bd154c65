// Pictures as {height, width, channels, data}, float32 in [0, 1], row by row: what course_utils.images
// is in Python, as far as the networks need it.

export function picture(height, width, channels, data = new Float32Array(height * width * channels)) {
  return {height, width, channels, data};
}

// What a canvas holds, on white: RGB, or grey by luminance.
export function fromPixels({height, width, data}, channels = 3) {
  const made = picture(height, width, channels).data;
  for (let i = 0, k = 0; i < data.length; i += 4) {
    const alpha = data[i + 3] / 255, rest = 1 - alpha;
    const r = data[i] / 255 * alpha + rest, g = data[i + 1] / 255 * alpha + rest, b = data[i + 2] / 255 * alpha + rest;
    if (channels === 1) {
      made[k++] = 0.2125 * r + 0.7154 * g + 0.0721 * b;
    } else {
      made[k++] = r; made[k++] = g; made[k++] = b;
    }
  }
  return picture(height, width, channels, made);
}

// For a canvas: uint8 RGBA.
export function toPixels({height, width, channels, data}) {
  const pixels = new Uint8ClampedArray(4 * height * width).fill(255);   // clamps and rounds
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) pixels[4 * i + c] = 255 * data[channels * i + (channels > 1 ? c : 0)];
  }
  return {height, width, data: pixels};
}

// Each side by itself: the mean over what a pixel covers where it shrinks, a line in between where it grows.
export function resize(image, height, width) {
  const tall = along(image, height, image.height, image.width * image.channels, image.width * image.channels, 1);
  const rows = picture(height, image.width, image.channels, tall);
  if (width === image.width) return rows;
  const made = picture(height, width, image.channels);
  for (let y = 0; y < height; y++) {
    const row = {data: rows.data.subarray(y * image.width * image.channels, (y + 1) * image.width * image.channels)};
    made.data.set(along(row, width, image.width, image.channels, image.channels, 1), y * width * image.channels);
  }
  return made;
}

// Resizes the slowest axis of `count` slices of `size` numbers.
function along({data}, wanted, count, size) {
  if (wanted === count) return data.slice(0, count * size);
  const [made, scale] = [new Float32Array(wanted * size), count / wanted];
  for (let i = 0; i < wanted; i++) {
    for (const [from, weight] of scale > 1 ? covered(i * scale, (i + 1) * scale, count) : beside((i + 0.5) * scale - 0.5, count)) {
      for (let k = 0; k < size; k++) made[i * size + k] += weight * data[from * size + k];
    }
  }
  return made;
}

function covered(first, last, count) {
  const parts = [];
  for (let i = Math.floor(first + 1e-6); i < Math.min(last - 1e-6, count); i++) {
    parts.push([i, (Math.min(i + 1, last) - Math.max(i, first)) / (last - first)]);
  }
  return parts;
}

function beside(place, count) {
  const low = Math.floor(place);
  return [[low, 1 - place + low], [low + 1, place - low]]
    .map(([i, weight]) => [Math.min(Math.max(i, 0), count - 1), weight]);
}

// The nearest pixel's: of labels no mixture is made.
export function nearest(image, height, width) {
  const made = picture(height, width, image.channels, new image.data.constructor(height * width * image.channels));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [row, column] = [Math.floor((y + 0.5) * image.height / height), Math.floor((x + 0.5) * image.width / width)];
      const from = (row * image.width + column) * image.channels;
      made.data.set(image.data.subarray(from, from + image.channels), (y * width + x) * image.channels);
    }
  }
  return made;
}

// A window that may reach beyond the edges, where the picture goes on mirrored, the last pixel twice.
export function windowOf(image, top, left, height, width) {
  const made = picture(height, width, image.channels);
  const mirror = (i, count) => { i = ((i % (2 * count)) + 2 * count) % (2 * count); return i < count ? i : 2 * count - 1 - i; };
  for (let y = 0; y < height; y++) {
    const row = mirror(top + y, image.height) * image.width;
    for (let x = 0; x < width; x++) {
      const from = (row + mirror(left + x, image.width)) * image.channels;
      for (let c = 0; c < image.channels; c++) made.data[(y * width + x) * image.channels + c] = image.data[from + c];
    }
  }
  return made;
}

// The longer side at most `side`; with grow exactly.
export function shrunk(image, side, grow = false) {
  const scale = side / Math.max(image.height, image.width);
  if (scale > 1 && !grow) return image;
  return resize(image, ...[image.height, image.width].map(n => Math.max(1, Math.round(n * scale))));
}

export function centreSquare(image, side) {
  const edge = Math.min(image.height, image.width);
  const [top, left] = [image.height, image.width].map(n => Math.floor((n - edge) / 2));
  return resize(windowOf(image, top, left, edge, edge), side, side);
}

// A sketch on white, as large as it can be in the middle of a square.
export function onPaper(sketch, side) {
  const [small, paper] = [shrunk(sketch, side, true), picture(side, side, sketch.channels)];
  const [top, left] = [side - small.height, side - small.width].map(n => Math.floor(n / 2));
  paper.data.fill(1);
  put(paper, small, top, left);
  return paper;
}

// Lays `small` into `image`, in place, as far as it fits.
export function put(image, small, top, left) {
  const [height, width] = [Math.min(small.height, image.height - top), Math.min(small.width, image.width - left)];
  for (let y = 0; y < height; y++) {
    const from = y * small.width * small.channels;
    image.data.set(small.data.subarray(from, from + width * small.channels), ((top + y) * image.width + left) * image.channels);
  }
}

// Four square pictures as one of 512 × 512, two in a row.
export function sheet(four) {
  const made = picture(512, 512, 3);
  made.data.fill(1);
  four.forEach((each, i) => put(made, resize(each, 255, 255), i > 1 ? 257 : 0, i % 2 ? 257 : 0));
  return made;
}

export function channel(image, number) {
  return picture(image.height, image.width, 1, image.data.filter((_, i) => i % image.channels === number));
}

export function repeated({height, width, data}) {
  const made = picture(height, width, 3);
  for (let i = 0; i < made.data.length; i++) made.data[i] = data[Math.floor(i / 3)];
  return made;
}

// Independent numbers of a normal distribution (Box and Muller, 1958), the same for the same seed.
export function normals(seed, count) {
  let state = (seed + 1) * 0x9E3779B9 >>> 0;
  const uniform = () => {                               // mulberry32
    state = state + 0x6D2B79F5 >>> 0;
    let x = Math.imul(state ^ state >>> 15, state | 1);
    x = x + Math.imul(x ^ x >>> 7, x | 61) ^ x;
    return ((x ^ x >>> 14) >>> 0) / 4294967296;
  };
  return Float32Array.from({length: count}, () =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()));
}

// sRGB to CIE L*a*b* (D65) and back, colour by colour; what sRGB doesn't have is clipped.
const XYZ = [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]];
const RGB = [[3.24048134, -1.53715152, -0.49853633], [-0.96925495, 1.87599, 0.04155593], [0.05564664, -0.20404134, 1.05731107]];
const WHITE = [0.95047, 1, 1.08883];
const times = (matrix, v) => matrix.map(row => row[0] * v[0] + row[1] * v[1] + row[2] * v[2]);

export function labOf(rgb) {
  const linear = rgb.map(v => v > 0.04045 ? ((v + 0.055) / 1.055) ** 2.4 : v / 12.92);
  const [x, y, z] = times(XYZ, linear).map((v, i) => v / WHITE[i])
    .map(v => v > 0.008856 ? Math.cbrt(v) : 7.787 * v + 16 / 116);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

export function rgbOf([l, a, b]) {
  const y = (l + 16) / 116;
  const xyz = [y + a / 500, y, Math.max(0, y - b / 200)]
    .map((v, i) => (v > 0.2068966 ? v ** 3 : (v - 16 / 116) / 7.787) * WHITE[i]).map(v => Math.max(v, 0));
  return times(RGB, xyz).map(v => v > 0.0031308 ? 1.055 * v ** (1 / 2.4) - 0.055 : 12.92 * v)
    .map(v => Math.min(Math.max(v, 0), 1));
}

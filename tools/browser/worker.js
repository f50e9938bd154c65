// The networks, in a thread of their own, so that the page stays awake. A message {id, route, image,
// given} is answered by {id, image}, or {id, error}; on the way there may be {id, say} and {id, watch}.
import * as pictures from "./pictures.js";
import {cells, outlined} from "./cells.js";
import {flow, outline, palette, sides} from "./settings.js";

const GRAIN = [2, 4, 8, 16, 32, 64, 128, 128].reduce((sum, side) => sum + side ** 2, 0);   // of a generator's layers up

const ROUTES = {
  async house(image, {seed = 0}) {
    const [made] = await run("house", [...drawing(image), [1, GRAIN], pictures.normals(+seed, GRAIN)]);
    return pictures.resize(made, 256, 256);
  },

  // Euler's steps of models.flow, guided: what `course serve` does, with one house after the other.
  async houses(image, {seed = 0}, {say, watch}) {
    const [shape, colours] = drawing(image);
    const data = colours.map(v => 2 * v - 1);
    const nothing = new Float32Array(data.length);
    const size = data.length;
    const four = [0, 1, 2, 3].map(i => pictures.normals(4 * seed + i, size));
    for (let step = 0; step < flow.steps; step++) {
      for (const x of four) {
        const at = condition => run("houses", [shape, x, [1], Float32Array.of(step / flow.steps), shape, condition]);
        const [[without], [guided]] = [await at(nothing), await at(data)];
        for (let i = 0; i < size; i++) {
          x[i] += (without.data[i] + flow.guidance * (guided.data[i] - without.data[i])) / flow.steps;
        }
      }
      say(`Building four houses: step ${step + 1} of ${flow.steps} …`);
      if (step < flow.steps - 1) watch(pictures.sheet(four.map(shown)));
    }
    return pictures.sheet(four.map(shown));
  },

  async face(image) {
    const paper = pictures.repeated(pictures.onPaper(pictures.fromPixels(image, 1), 128));
    return pictures.resize((await run("face", [[1, 128, 128, 3], paper.data]))[0], 256, 256);
  },

  async undraw(image) {
    const square = pictures.centreSquare(pictures.fromPixels(image), 128);
    return pictures.resize((await run("undraw", [[1, 128, 128, 3], square.data]))[0], 256, 256);
  },

  async repaint(image, _, {say}) {
    const small = pictures.shrunk(pictures.fromPixels(image), sides.repaint);
    say(`Repainting ${small.width} × ${small.height} pixels …`);
    return whole("repaint", small, 8, 8);
  },

  // Tile by tile; each sees 64 pixels more on all sides than it answers.
  async denoise(image, _, {say}) {
    const [page, border, core] = [pictures.fromPixels(image, 1), 64, 512];
    if (page.height * page.width <= 1024 * 1024) return whole("denoise", page, 8, 0);
    const made = pictures.picture(page.height, page.width, 1);
    for (let top = 0; top < page.height; top += core) {
      say(`Cleaning the page: ${Math.round(100 * top / page.height)} % …`);
      for (let left = 0; left < page.width; left += core) {
        const tile = pictures.windowOf(page, top - border, left - border, core + 2 * border, core + 2 * border);
        const [clean] = await run("denoise", [[1, tile.height, tile.width, 1], tile.data]);
        pictures.put(made, pictures.windowOf(clean, border, border, core, core), top, left);
      }
    }
    return made;
  },

  async colour(image, {hints = "[]"}) {
    const small = pictures.shrunk(pictures.fromPixels(image), sides.colour);
    const lab = [];
    for (let i = 0; i < small.data.length; i += 3) lab.push(pictures.labOf([...small.data.subarray(i, i + 3)]));
    const light = pictures.picture(small.height, small.width, 1, Float32Array.from(lab, each => each[0]));
    const seen = pictures.resize(light, 128, 128), plane = pictures.picture(128, 128, 4);
    seen.data.forEach((l, i) => { plane.data[4 * i] = l / 50 - 1; });
    for (const hint of JSON.parse(hints)) give(plane, ...hint);
    const [answer] = await run("colour", [[1, 128, 128, 4], plane.data]);
    const ab = pictures.resize(answer, small.height, small.width);
    const made = pictures.picture(small.height, small.width, 3);
    lab.forEach(([l], i) => made.data.set(pictures.rgbOf([l, ab.data[2 * i], ab.data[2 * i + 1]]), 3 * i));
    return made;
  },

  async cells(image, {threshold = 0.5, zoom = 1}) {
    const small = pictures.shrunk(pictures.fromPixels(image), sides.cells);
    const size = [small.height, small.width].map(side => Math.max(16, Math.round(zoom * side)));
    const maps = await whole("cells", normalised(pictures.resize(small, ...size)), 8, 0);
    const outside = pictures.channel(maps, 0), inside = pictures.channel(maps, 1);
    const cell = {...outside, data: outside.data.map(p => 1 - p)};
    const labels = pictures.picture(...size, 1, cells(inside, cell, +threshold));
    const count = new Set(labels.data).size - 1;
    const made = outlined(small, pictures.nearest(labels, small.height, small.width).data, outline);
    return {...made, said: `${count || "no"} cell${count === 1 ? "" : "s"}`};
  },
};

// Labels' colours: each pixel as the nearest class's. The network's input, in [0, 1].
function drawing(image) {
  const {data} = pictures.nearest(pictures.fromPixels(image), 128, 128);
  for (let i = 0; i < data.length; i += 3) {
    let [best, least] = [null, Infinity];
    for (const colour of palette) {
      const far = (colour[0] - data[i]) ** 2 + (colour[1] - data[i + 1]) ** 2 + (colour[2] - data[i + 2]) ** 2;
      if (far < least) [best, least] = [colour, far];
    }
    data.set(best, i);
  }
  return [[1, 128, 128, 3], data];
}

const shown = x => pictures.picture(128, 128, 3, x.map(v => Math.min(Math.max(v / 2 + 0.5, 0), 1)));

// One hint: a square of three pixels around its place, as models.colorization.reveal.
function give(plane, y, x, colour) {
  const [, a, b] = pictures.labOf([1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16) / 255));
  const [top, left] = [y, x].map(at => Math.max(0, Math.round(at * 128 - 1.5)));
  for (let row = top; row < Math.min(top + 3, 128); row++) {
    for (let column = left; column < Math.min(left + 3, 128); column++) {
      plane.data.set([a / 110, b / 110, 1], 4 * (row * 128 + column) + 1);
    }
  }
}

// As data.segmentation.normalise: bright cells on dark, full contrast.
function normalised(image) {
  const red = image.data.filter((_, i) => i % 3 === 0).sort();
  const flip = red[red.length >> 1] > 0.45;
  const values = flip ? image.data.map(v => 1 - v) : image.data;
  const sorted = values.slice().sort();
  const [low, high] = [0.01, 0.998].map(share => sorted[Math.round(share * (sorted.length - 1))]);
  return {...image, data: values.map(v => Math.min(Math.max((v - low) / Math.max(high - low, 0.02), 0), 1.5))};
}

// The whole picture, mirrored up to a multiple, with a margin that is cut off in the end.
async function whole(name, image, multiple, margin) {
  const [height, width] = [image.height, image.width].map(n => Math.ceil(n / multiple) * multiple + 2 * margin);
  const room = pictures.windowOf(image, -margin, -margin, height, width);
  const [made] = await run(name, [[1, height, width, image.channels], room.data]);
  return pictures.windowOf(made, margin, margin, image.height, image.width);
}

// The networks ------------------------------------------------------------------------------------

const loaded = {};
const started = start();

async function start() {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  const gpu = adapter && !adapter.info?.isFallbackAdapter;
  const ort = await import(gpu ? "./ort/ort.webgpu.min.mjs" : "./ort/ort.wasm.min.mjs");
  ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, 4) : 1;
  return {ort, options: {executionProviders: gpu ? ["webgpu", "wasm"] : ["wasm"]}};
}

async function network(name) {
  const {ort, options} = await started;
  const answer = await fetch(new URL(`../networks/${name}.onnx`, import.meta.url));
  if (!answer.ok) throw new Error(`The network ${name} can't be fetched (${answer.status}); load the page again.`);
  return ort.InferenceSession.create(new Uint8Array(await answer.arrayBuffer()), options);
}

// inputs: shape, values, shape, values … Gives pictures.
async function run(name, inputs) {
  loaded[name] ??= network(name);
  loaded[name].catch(() => { delete loaded[name]; });       // the next stroke tries again
  const [{ort}, session] = [await started, await loaded[name]];
  const feeds = session.inputNames.map((input, i) =>
    [input, new ort.Tensor("float32", inputs[2 * i + 1], inputs[2 * i])]);
  const answers = await session.run(Object.fromEntries(feeds));
  return session.outputNames.map(output => {
    const {data, dims: [, height, width, channels]} = answers[output];
    return pictures.picture(height, width, channels, data);
  });
}

onmessage = async ({data: {id, route, image, given}}) => {
  const tell = {
    say: say => postMessage({id, say}),
    watch: watch => postMessage({id, watch: pictures.toPixels(watch)}),
  };
  if (!(route in loaded)) tell.say("Loading the network, once …");
  try {
    const made = await ROUTES[route](image, given, tell);
    postMessage({id, image: pictures.toPixels(made), said: made.said});
  } catch (error) {
    postMessage({id, error: error.message});
  }
};

// The page's networks run here, in the visitor's own browser; no picture leaves it.
import {examples} from "./settings.js";

const told = await (await fetch(new URL("../networks/networks.json", import.meta.url))).json();
const worker = new Worker(new URL("worker.js", import.meta.url), {type: "module"});
const asked = new Map();       // what the worker has still to answer
let count = 0;
const LARGEST = 20e6;          // pixels; what is larger is shrunk

worker.onmessage = ({data: {id, say, watch, image, said, error}}) => {
  const {resolve, reject, options} = asked.get(id);
  if (say) return options.say?.(say);
  if (watch) return blob(watch).then(options.watch);
  asked.delete(id);
  if (error) reject(new Error(error));
  else resolve(blob(image).then(made => Object.assign(made, {said})));
};
worker.onerror = () => {
  for (const {reject} of asked.values()) reject(new Error("The networks don't start in this browser; a newer one may."));
  asked.clear();
};

export const engine = {
  home: ["The course", "../index.html"],

  takes: "PNG, JPEG or WebP",
  accept: "image/png,image/jpeg,image/webp",

  can: route => route in told,

  about: async () => told,

  // One of the pictures that came with the page, another for each seed: a Blob.
  async draw(route, seed) {
    const name = route.replace(".png", `/${seed % examples}.png`);
    const answer = await fetch(new URL(`../examples/${name}`, import.meta.url));
    if (!answer.ok) throw new Error(`The example can't be fetched (${answer.status}); load the page again.`);
    return answer.blob();
  },

  // What a network makes of a picture, a File or a canvas: a Blob, and in its `said` how many things
  // it has found. query, fields: what the network takes beside.
  async ask(route, picture, {query = [], fields = {}, ...options} = {}) {
    const image = await pixels(picture);
    const given = {...Object.fromEntries(query), ...fields};
    return new Promise((resolve, reject) => {
      const id = ++count;
      asked.set(id, {resolve, reject, options});
      worker.postMessage({id, route, image, given});
    });
  },
};

async function pixels(picture) {
  const canvas = picture instanceof HTMLCanvasElement ? picture : await decoded(picture);
  const {width, height} = canvas;
  const {data} = canvas.getContext("2d", {willReadFrequently: true}).getImageData(0, 0, width, height);
  return {width, height, data};
}

async function decoded(file) {
  const image = await createImageBitmap(file).catch(() => null);
  if (!image) throw new Error("The browser can't read this file; choose a PNG or a JPEG.");
  const scale = Math.min(1, Math.sqrt(LARGEST / (image.width * image.height)));
  const [width, height] = [image.width, image.height].map(side => Math.max(1, Math.round(scale * side)));
  const canvas = Object.assign(document.createElement("canvas"), {width, height});
  canvas.getContext("2d", {willReadFrequently: true}).drawImage(image, 0, 0, width, height);
  return canvas;
}

function blob({width, height, data}) {
  const canvas = Object.assign(document.createElement("canvas"), {width, height});
  canvas.getContext("2d").putImageData(new ImageData(data, width, height), 0, 0);
  return new Promise(done => canvas.toBlob(done));
}

// The page's networks run on the server that sent it.
export const engine = {
  home: ["For programs", "docs"],

  takes: "PNG, JPEG or TIFF, up to 10 MB and 20 megapixels",
  accept: "image/png,image/jpeg,image/tiff",

  can: () => true,

  // {route: {lesson, address, trained}}
  about: once(async () => (await call("networks.json")).json()),

  // A picture that the course draws, another for each seed: a Blob.
  async draw(route, seed) {
    return (await call(`${route}?seed=${seed}`)).blob();
  },

  // What a network makes of a picture, a File or a canvas: a Blob. query, fields: what it takes beside.
  async ask(route, picture, {query = [], fields = {}} = {}) {
    const asked = new URLSearchParams(query).toString();
    return (await post(asked ? `${route}?${asked}` : route, picture, fields)).blob();
  },

  // What is told of a picture, as an object.
  async read(route, picture) {
    return (await post(route, picture)).json();
  },
};

async function post(route, picture, fields = {}) {
  const drawn = picture instanceof HTMLCanvasElement;
  const file = drawn ? await new Promise(done => picture.toBlob(done)) : picture;
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file);
  return call(route, {method: "POST", body: form});
}

// Fetch, or throw the sentence that says what to do.
async function call(route, options) {
  let answer;
  try {
    answer = await fetch(route, options);
  } catch {
    throw new Error("The service does not answer; start it again with: course serve");
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.detail ?? `The service answered ${answer.status}; try again.`);
}

function once(action) {
  let answer;
  return () => answer ??= action();
}

const PENCIL = {Pencil: ["#333333", 5], Eraser: ["#ffffff", 36]};   // colours and widths

// One entry a tab: what it says, and which routes of the service it calls. A lesson adds its own.
const TABS = [
  {
    id: "clean",
    title: "Clean a page",
    lead: "A small network takes stains, folds and shadows off a scanned or photographed page.",
    invitation: ["Drop a page here", "PNG, JPEG or TIFF, up to 10 MB and 20 megapixels"],
    choose: "Choose a page",
    accept: "image/png,image/jpeg,image/tiff",
    send: "denoise",                   // POST a file, get a picture of the same size
    example: "example.png",            // GET, with a seed
    read: "ocr",                       // POST a file, get {text, text_before}; leave out for none
    busy: "Cleaning the page …",
    done: "Cleaned",
    download: "cleaned.png",
    before: "Before",
    after: "After",
    readBefore: "Read in the page as it came",
    readAfter: "Read in the cleaned page",
  },
  {
    id: "face",
    title: "Draw a face",
    lead: "Change the sketch: hair, glasses, a smile. A network that knows drawn people paints it.",
    make: makePad,
    pens: PENCIL,
    stroke: along,
    send: "face",                      // POST a sketch, get a picture
    example: "sketch.png",             // GET, with a seed
    seed: 0,                           // the first
    busy: "Painting …",
    download: "face.png",
    paper: "Paper: draw with the mouse, a pen or a finger",
    after: "The face that the network paints",
  },
  {
    id: "repaint",
    title: "Repaint a picture",
    lead: "One pass through a network that knows one painting: waves by night, of lesson 04.",
    invitation: ["Drop a picture here", "PNG, JPEG or TIFF, up to 10 MB; it comes back at 1024 pixels or less"],
    choose: "Choose a picture",
    accept: "image/png,image/jpeg,image/tiff",
    send: "repaint",
    example: "photograph.png",
    busy: "Repainting …",
    done: "Repainted",
    download: "repainted.png",
    before: "Before",
    after: "After",
  },
  {
    id: "colour",
    title: "Colour it",
    lead: "A network that knows drawn people and landscapes guesses the colours. "
      + "Where you know better, choose a colour and click where it belongs.",
    make: makeTint,
    invitation: ["Drop a black-and-white picture here", "PNG, JPEG or TIFF, up to 10 MB; it comes back at 512 pixels or less"],
    choose: "Choose a picture",
    accept: "image/png,image/jpeg,image/tiff",
    send: "colour",                    // POST a file with hints, get a picture
    example: "grey.png",               // GET, with a seed
    seed: 2_000_002,                   // the first: none of those that the network trained on
    busy: "Colouring …",
    download: "coloured.png",
    picture: "The coloured picture. A click gives a hint; with the keyboard, the arrow keys move "
      + "a mark and Enter gives the hint there.",
  },
  {
    id: "faces",
    title: "Four faces",
    lead: "Draw a face's outlines. An encoder finds head and hair in them; the colours are four strangers'. "
      + "Each slider moves what its name says, and some of the rest.",
    make: makePad,
    pens: PENCIL,
    stroke: along,
    sliders: {hair: "Dark hair", glasses: "Glasses", skin: "Light skin", grey: "Grey hair", turn: "Turn left"},
    others: "Four others",
    send: "faces",                     // POST lines, with a seed and sliders, get four faces
    example: "lines.png",              // GET, with a seed
    seed: 4_000_000,                   // the first: nobody that the networks trained on
    busy: "Painting four faces …",
    download: "faces.png",
    paper: "Paper: draw with the mouse, a pen or a finger",
    after: "Four faces that the network makes of the lines",
  },
  {
    id: "houses",
    title: "Build a house",
    lead: "Choose a part and drag a box for it. In eight guided steps, which take some seconds, "
      + "noise becomes four houses that have these parts.",
    make: makePad,
    pens: {                            // lesson 02's classes and their colours
      window: ["#0055ff"], door: ["#00aaff"], facade: ["#0000ff"],
      blind: ["#ffff00"], balcony: ["#aaff55"], sill: ["#55ffaa"],
      cornice: ["#00ffff"], molding: ["#ff5500"], deco: ["#ffaa00"],
      pillar: ["#ff0000"], shop: ["#aa0000"], background: ["#0000aa"],
    },
    stroke: across,
    others: "Four others",
    send: "houses",                    // POST labels, with a seed, get four houses
    example: "labels.png",             // GET, with a seed
    seed: 4_000_003,                   // the first: none of those that the network trained on
    busy: "Building four houses, some seconds …",
    download: "houses.png",
    paper: "Drawing: drag a box with the mouse, a pen or a finger",
    after: "Four houses that the network builds after the drawing",
  },
];

const main = document.querySelector("main");
const tablist = document.querySelector("[role=tablist]");
const tools = TABS.map((tab, index) => (tab.make ?? makeTool)(tab, index));
show(0);

// A tab with its panel: what all tools share.
function makeTab(tab, index, template) {
  const panel = document.querySelector(template).content.cloneNode(true).firstElementChild;
  const find = selector => panel.querySelector(selector);
  const button = document.createElement("button");
  Object.assign(button, {id: `tab-${tab.id}`, textContent: tab.title, type: "button"});
  button.setAttribute("role", "tab");
  button.setAttribute("aria-controls", tab.id);
  button.onclick = () => show(index);
  tablist.append(button);

  panel.id = tab.id;
  panel.setAttribute("aria-labelledby", button.id);
  find("h2").textContent = tab.title;
  find(".lead").textContent = tab.lead;
  if (tab.invitation) {
    find(".invitation span").textContent = tab.invitation[0];
    find(".invitation small").textContent = tab.invitation[1];
    find(".invitation").onclick = () => find("input[type=file]").click();
    find(".button span").textContent = tab.choose;
    find("input[type=file]").accept = tab.accept;
  }

  // Say that something is being done, and what goes wrong.
  async function said(action) {
    find(".status").textContent = find(".busy").textContent = tab.busy;
    find(".error").textContent = "";
    find(".busy").hidden = false;
    try {
      await action();
    } catch (error) {
      find(".status").textContent = "";
      find(".error").textContent = error.message;
    }
    find(".busy").hidden = true;
  }

  return {panel, button, find, said};
}

function makeTool(tab, index) {
  const {panel, button, find} = makeTab(tab, index, "#wiper");
  find(".left").textContent = tab.before;
  find(".right").textContent = tab.after;

  const [chooser, example, read] = ["input[type=file]", ".example", ".read"].map(find);
  const [wipe, slider] = [".wipe", ".wipe input"].map(find);
  const [headBefore, headAfter] = panel.querySelectorAll("h3");
  const [textBefore, textAfter] = panel.querySelectorAll("pre");
  headBefore.textContent = tab.readBefore ?? "";
  headAfter.textContent = tab.readAfter ?? "";
  let seed = 0;
  let file = null;

  chooser.onchange = () => { if (chooser.files[0]) open(chooser.files[0]); chooser.value = ""; };
  example.onclick = () => working("Drawing an example …", async () => {
    const answer = await call(`${tab.example}?seed=${seed}`);
    seed += 1;
    example.textContent = "Try another";
    return process(new File([await answer.blob()], "example.png"));
  });
  read.onclick = () => working("Reading the text …", async () => {
    const text = await (await post(tab.read, file)).json();
    textBefore.textContent = text.text_before || "(nothing could be read)";
    textAfter.textContent = text.text || "(nothing could be read)";
    find(".texts").hidden = false;
    find(".texts").scrollIntoView({block: "nearest"});
    return "Read, before and after cleaning.";
  });
  textBefore.onscroll = () => { textAfter.scrollTop = textBefore.scrollTop; };
  textAfter.onscroll = () => { textBefore.scrollTop = textAfter.scrollTop; };
  slider.oninput = () => { wipe.classList.remove("sweeping"); moveTo(slider.value); };
  slider.setAttribute("aria-label", `Wipe between ${tab.before} and ${tab.after}`);
  moveTo(50);

  function moveTo(percent) {
    slider.value = percent;
    slider.setAttribute("aria-valuetext", `${percent} % ${tab.before}`);
    wipe.style.setProperty("--at", `${percent}%`);
  }

  function open(chosen) {
    return working(tab.busy, () => process(chosen));
  }

  // Do one thing at a time; what goes wrong is said in the page.
  async function working(sentence, action) {
    if (panel.ariaBusy === "true") return;
    panel.ariaBusy = "true";
    find(".busy").textContent = find(".status").textContent = sentence;
    find(".error").textContent = "";
    find(".busy").hidden = false;
    const controls = panel.querySelectorAll("button, input[type=file]");
    controls.forEach(control => { control.disabled = true; });
    const focused = document.activeElement;
    try {
      find(".status").textContent = await action() ?? "";
    } catch (error) {
      find(".status").textContent = "";
      find(".error").textContent = error.message;
      find(".error").scrollIntoView({block: "nearest"});
    }
    controls.forEach(control => { control.disabled = false; });
    find(".busy").hidden = true;
    panel.ariaBusy = "false";
    if (panel.contains(focused)) focused.focus();
  }

  async function process(chosen) {
    find(".busy").textContent = tab.busy;
    const start = performance.now();
    const picture = await (await post(tab.send, chosen)).blob();
    const seconds = (performance.now() - start) / 1000;
    file = chosen;
    const after = await load(find(".after"), picture);
    const shown = await load(find(".before"), chosen);   // no browser but Safari draws TIFF
    find(".after").alt = tab.after;
    find(".before").alt = tab.before;
    wipe.classList.toggle("single", !shown);
    wipe.style.setProperty("--ratio", after.naturalWidth / after.naturalHeight);
    find(".invitation").hidden = true;
    find(".results").hidden = wipe.hidden = false;
    find(".texts").hidden = true;
    read.hidden = !tab.read;
    find(".download").href = after.src;
    find(".download").download = tab.download;
    wipe.classList.remove("sweeping");
    moveTo(100);
    wipe.getBoundingClientRect();                         // so that the sweep starts there
    wipe.classList.add("sweeping");
    moveTo(50);
    return `${tab.done} ${after.naturalWidth} × ${after.naturalHeight} pixels `
      + `in ${seconds.toFixed(2)} s.`
      + (shown ? "" : " This browser can't draw the file as it came.");
  }

  return {button, panel, open};
}

// What a drag leaves on the paper: a line along its places,
function along(pen, places) {
  pen.lineCap = pen.lineJoin = "round";
  pen.beginPath();
  pen.moveTo(...places[0]);
  for (const place of places) pen.lineTo(...place);
  pen.stroke();
}

// or a box across, from the first place to the last.
function across(pen, places) {
  const [[left, top], [right, bottom]] = [places[0], places.at(-1)];
  pen.fillRect(left, top, right - left, bottom - top);
}

// Paper to draw on, and beside it what the network paints; it paints after each stroke.
function makePad(tab, index) {
  const {panel, button, find, said} = makeTab(tab, index, "#pad");
  const [paper, after, busy] = ["canvas", ".after", ".busy"].map(find);
  const pen = paper.getContext("2d", {willReadFrequently: true});
  const pens = Object.entries(tab.pens).map(addPen);
  const sliders = Object.entries(tab.sliders ?? {}).map(addSlider);
  let [places, before, seed, mix] = [[], null, tab.seed, 0];   // of a drag; the paper before it
  const paint = inTurn(() => said(async () => {
    const drawn = await new Promise(done => paper.toBlob(done));
    const asked = sliders.map(slider => [slider.name, slider.value]);
    const route = `${tab.send}?${new URLSearchParams([["seed", mix], ...asked])}`;
    await load(after, await (await post(route, drawn)).blob());
    after.hidden = find(".results").hidden = false;
    find(".download").href = after.src;
    find(".status").textContent = "Painted.";
  }));
  paper.setAttribute("aria-label", tab.paper);
  after.alt = tab.after;
  find(".download").download = tab.download;
  find(".others").hidden = !tab.others;
  find(".others").textContent = tab.others;
  find(".others").onclick = () => { mix += 1; paint(); };
  empty();
  pens[0].click();

  find(".clear").onclick = () => { empty(); paint(); };
  find(".example").onclick = () => sketch();
  paper.onpointerdown = event => {
    paper.setPointerCapture(event.pointerId);
    before = pen.getImageData(0, 0, paper.width, paper.height);
    drag(event);
  };
  paper.onpointermove = event => { if (places.length) drag(event); };
  paper.onpointerup = paper.onpointercancel = () => { if (places.length) paint(); places = []; };

  function drag(event) {
    const box = paper.getBoundingClientRect();
    places.push([Math.round((event.clientX - box.left) / box.width * paper.width),
                 Math.round((event.clientY - box.top) / box.height * paper.height)]);
    pen.putImageData(before, 0, 0);
    tab.stroke(pen, places);
  }

  function addPen([name, [colour, width]]) {
    const button = document.createElement("button");
    Object.assign(button, {type: "button", textContent: name, value: colour});
    button.style.setProperty("--pen", colour);
    button.onclick = () => {
      [pen.strokeStyle, pen.fillStyle, pen.lineWidth] = [colour, colour, width];
      pens.forEach(each => each.setAttribute("aria-pressed", each === button));
    };
    find(".pens").append(button);
    return button;
  }

  function addSlider([name, said]) {
    const label = document.createElement("label");
    const slider = document.createElement("input");
    Object.assign(slider, {type: "range", name, min: -3, max: 3, step: 0.5, value: 0, onchange: () => paint()});
    label.append(said, slider);
    find(".sliders").append(label);
    return slider;
  }

  // Paper in the colour of the last pen.
  function empty() {
    pen.save();
    pen.fillStyle = pens.at(-1).value;
    pen.fillRect(0, 0, paper.width, paper.height);
    pen.restore();
  }

  async function sketch() {
    await said(async () => {
      const answer = await call(`${tab.example}?seed=${seed}`);
      seed += 1;
      pen.drawImage(await createImageBitmap(await answer.blob()), 0, 0, paper.width, paper.height);
    });
    await paint();
  }

  async function open(file) {
    await said(async () => {
      const picture = await createImageBitmap(file).catch(() => null);
      if (!picture) throw new Error("The browser can't draw this file; choose a PNG or a JPEG.");
      empty();
      pen.drawImage(picture, 0, 0, paper.width, paper.height);
    });
    await paint();
  }

  return {button, panel, open, shown: () => { if (after.hidden && busy.hidden) sketch(); }};
}

// A picture that is coloured, and coloured anew after each hint that is given on it.
function makeTint(tab, index) {
  const {panel, button, find, said} = makeTab(tab, index, "#tint");
  const [chooser, example, picked] = ["input[type=file]", ".example", "input[type=color]"].map(find);
  const [figure, mark, grey] = [".hinted", ".mark", ".grey"].map(find);
  let asked = {file: null, hints: []};   // hints: [y, x, "#rrggbb"], places from 0 to 1
  let [seen, at, seed] = [asked, [0.5, 0.5], tab.seed];
  find(".download").download = tab.download;
  figure.setAttribute("aria-label", tab.picture);

  const colour = inTurn(() => asked.file && said(async () => {
    const wanted = asked;
    const start = performance.now();
    let picture;
    try {
      picture = await (await post(tab.send, wanted.file, {hints: JSON.stringify(wanted.hints)})).blob();
    } catch (error) {
      if (asked === wanted) asked = seen;   // what was refused leaves no dot
      mend();
      throw error;
    }
    const seconds = (performance.now() - start) / 1000;
    const after = await load(find(".after"), picture);
    figure.style.setProperty("--ratio", after.naturalWidth / after.naturalHeight);
    find(".download").href = after.src;
    if (wanted.file !== seen.file) {
      grey.disabled = !await load(find(".before"), wanted.file);   // no browser but Safari draws TIFF
      find(".invitation").hidden = true;
      find(".results").hidden = figure.hidden = false;
      wipe(!grey.disabled, false);
      figure.getBoundingClientRect();    // so that the colours come in from there
      wipe(false, true);
    }
    seen = wanted;
    const count = wanted.hints.length;
    find(".status").textContent = `Coloured ${after.naturalWidth} × ${after.naturalHeight} pixels with `
      + `${count || "no"} hint${count === 1 ? "" : "s"} in ${seconds.toFixed(2)} s.`;
  }));

  chooser.onchange = () => { if (chooser.files[0]) open(chooser.files[0]); chooser.value = ""; };
  example.onclick = async () => {
    let drawn;
    await said(async () => {
      drawn = await (await call(`${tab.example}?seed=${seed}`)).blob();
      seed += 1;
      example.textContent = "Try another";
    });
    if (drawn) open(new File([drawn], "example.png"));
  };
  find(".back").onclick = () => hint(asked.hints.slice(0, -1));
  find(".clear").onclick = () => hint([]);
  grey.onclick = () => wipe(grey.ariaPressed !== "true", true);
  figure.onclick = event => {
    const box = figure.getBoundingClientRect();
    move([(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width]);
    hint([...asked.hints, [...at, picked.value]]);
  };
  figure.onkeydown = event => {
    const step = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]}[event.key];
    if (step) {
      move(at.map((share, axis) => share + step[axis] / 50));
      const [top, left] = at.map(share => Math.round(100 * share));
      find(".status").textContent = `The mark is at ${left} % from the left and ${top} % from the top.`;
    } else if (event.key === "Enter" || event.key === " ") {
      hint([...asked.hints, [...at, picked.value]]);
    } else {
      return;
    }
    event.preventDefault();
  };

  function move(to) {
    at = to.map(share => Math.min(Math.max(share, 0), 1));
    put(mark, at);
  }

  function put(spot, [y, x]) {
    spot.style.top = `${100 * y}%`;
    spot.style.left = `${100 * x}%`;
  }

  function hint(hints) {
    asked = {file: asked.file, hints};
    mend();
    wipe(false, true);
    colour();
  }

  // The dots of the hints that are asked for.
  function mend() {
    figure.querySelectorAll(".dot").forEach(dot => dot.remove());
    for (const [y, x, shade] of asked.hints) {
      const dot = document.createElement("span");
      dot.className = "dot";
      dot.style.background = shade;
      put(dot, [y, x]);
      figure.append(dot);
    }
  }

  function wipe(toGrey, sweeping) {
    grey.ariaPressed = toGrey;
    figure.classList.toggle("sweeping", sweeping);
    figure.style.setProperty("--at", toGrey ? "100%" : "0%");
  }

  function open(file) {
    asked = {file, hints: []};
    mend();
    return colour();
  }

  move(at);
  return {button, panel, open};
}

// The same action, which never runs twice at once: calls made meanwhile ask for one more.
function inTurn(action) {
  let [running, again] = [false, false];
  return async () => {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      await action();
    }
    running = false;
  };
}

// Show a blob in an image; null if the browser can't draw it.
async function load(image, blob) {
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(blob);
  try {
    await image.decode();
    return image;
  } catch {
    return null;
  }
}

function post(route, file, fields = {}) {
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

function current() {
  return tools.find(tool => !tool.panel.hidden);
}

function show(index) {
  tools.forEach(({button, panel}, i) => {
    button.setAttribute("aria-selected", i === index);
    button.tabIndex = i === index ? 0 : -1;
    panel.hidden = i !== index;
  });
  main.replaceChildren(tools[index].panel);
  tools[index].shown?.();
}

tablist.onkeydown = event => {
  const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
  if (!step) return;
  const next = (tools.indexOf(current()) + step + tools.length) % tools.length;
  show(next);
  tools[next].button.focus();
};

addEventListener("dragover", event => {
  event.preventDefault();
  current().panel.classList.add("dragging");
});
addEventListener("dragleave", event => {
  if (!event.relatedTarget) current().panel.classList.remove("dragging");
});
addEventListener("drop", event => {
  event.preventDefault();
  current().panel.classList.remove("dragging");
  if (event.dataTransfer.files[0]) current().open(event.dataTransfer.files[0]);
});

import {engine} from "./engine.js";   // answers come from the server, or from this browser itself

const PAPER = "Paper: draw with the mouse, a pen or a finger; with the keyboard, the arrow keys move "
  + "a mark, and the space bar puts the pen down and lifts it";
const PENCIL = {Pencil: ["#333333", 5], Eraser: ["#ffffff", 36]};   // colours and widths

// One entry a tab: what it says, and what it asks of the engine. A lesson adds its own.
const TABS = [
  {
    id: "clean",
    title: "Clean a page",
    lead: "A small network takes stains, folds and shadows off a scanned or photographed page.",
    invitation: ["Drop a page here", ""],
    choose: "Choose a page",
    send: "denoise",                   // takes a file, gives a picture of the same size
    example: "example.png",            // is drawn, by a seed
    read: "ocr",                       // takes a file, gives {text, text_before}; leave out for none
    fails: "It has seen paper only: a photograph of anything else comes back as if it were written on paper.",
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
    send: "face",                      // takes a sketch, gives a picture
    example: "sketch.png",
    seed: 0,                           // the first
    busy: "Painting …",
    download: "face.png",
    paper: PAPER,
    after: "The face that the network paints",
    fails: "It knows one kind of drawn person, from the front. Draw a cat, and a person looks out of it.",
  },
  {
    id: "undraw",
    title: "Sketch a face",
    lead: "The way back: from a face to something like its pencil sketch.",
    invitation: ["Drop a face here", "of it the square in the middle is drawn"],
    choose: "Choose a face",
    send: "undraw",
    example: "portrait.png",
    seed: 4_000_000,
    busy: "Sketching …",
    done: "Sketched",
    download: "sketch.png",
    before: "Before",
    after: "After",
    fails: "Its sketches are soft: it learned from 128 pixels a side. It has seen drawn people only, and of a photograph little more comes back than outlines.",
  },
  {
    id: "repaint",
    title: "Repaint it",
    lead: "One pass through a network that knows one painting: waves by night, of lesson 04.",
    invitation: ["Drop a picture here", "it comes back at 1024 pixels or less"],
    choose: "Choose a picture",
    send: "repaint",
    example: "photograph.png",
    busy: "Repainting …",
    done: "Repainted",
    download: "repainted.png",
    before: "Before",
    after: "After",
    fails: "It knows one painting. Strokes are as large as they are in that: a small picture loses its details.",
  },
  {
    id: "colour",
    title: "Colour it",
    lead: "A network that knows drawn people and landscapes guesses the colours. "
      + "Where you know better, choose a colour and click where it belongs: it spreads to what is alike.",
    make: makeTint,
    invitation: ["Drop a black-and-white picture here", "it comes back at 512 pixels or less"],
    choose: "Choose a picture",
    send: "colour",                    // takes a file and hints, gives a picture
    example: "grey.png",
    seed: 2_000_002,                   // the first: none of those that the network trained on
    busy: "Colouring …",
    download: "coloured.png",
    picture: "The coloured picture. A click gives a hint; with the keyboard, the arrow keys move "
      + "a mark and Enter gives the hint there.",
    fails: "It knows drawn people and landscapes; of a cat or a street it guesses sky, grass and skin.",
  },
  {
    id: "faces",
    title: "Four faces",
    lead: "Draw a face's outlines. An encoder finds head and hair in them; the colours are four strangers'. "
      + "Each slider moves what its name says, and some of the rest.",
    make: makePad,
    pens: PENCIL,
    stroke: along,
    sliders: Object.fromEntries(Object.entries({
      hair: "Dark hair", glasses: "Glasses", skin: "Light skin", grey: "Grey hair", turn: "Turn left",
    }).map(([name, says]) => [name, [says, -3, 3, 0.5, 0]])),
    others: "Four others",
    send: "faces",                     // takes lines, a seed and sliders, gives four faces
    example: "lines.png",
    seed: 4_000_000,                   // the first: nobody that the networks trained on
    busy: "Painting four faces …",
    download: "faces.png",
    paper: PAPER,
    after: "Four faces that the network makes of the lines",
    fails: "Its faces all come from one generator of drawn people: what that can't paint, no drawing gets out of it.",
  },
  {
    id: "houses",
    title: "Build a house",
    lead: "Choose a part and drag a box for it. pix2pix answers each stroke; flow matching, which takes "
      + "some seconds, answers in four ways.",
    make: makePad,
    pens: {                            // lesson 02's classes and their colours
      window: ["#0055ff"], door: ["#00aaff"], facade: ["#0000ff"],
      blind: ["#ffff00"], balcony: ["#aaff55"], sill: ["#55ffaa"],
      cornice: ["#00ffff"], molding: ["#ff5500"], deco: ["#ffaa00"],
      pillar: ["#ff0000"], shop: ["#aa0000"], background: ["#0000aa"],
    },
    stroke: across,
    brush: 28,                         // its width; leave out for none
    others: "Four variants",
    send: "house",                     // takes labels, gives a house
    many: "houses",                    // takes labels and a seed, gives four
    example: "labels.png",
    seed: 4_000_003,                   // the first: none of those that the networks trained on
    busy: "Building …",
    busyMany: "Building four houses, some seconds …",
    download: "houses.png",
    paper: PAPER.replace("Paper: draw", "Drawing: drag a box or a stroke"),
    after: "What the network builds after the drawing",
    fails: "It knows fronts of houses, seen straight on, with sky above. A drawing without a front becomes a ruin.",
  },
  {
    id: "cells",
    title: "Cut out cells",
    lead: "A U-Net tells cells and their borders, and a watershed parts those that touch. "
      + "Threshold: how sure the network must be of a cell's middle. Zoom: of the picture, before it looks.",
    invitation: ["Drop cells here", "it comes back at 1024 pixels or less"],
    choose: "Choose a picture",
    sliders: {threshold: ["Threshold", 0.05, 0.95, 0.05, 0.5], zoom: ["Zoom", 0.25, 2, 0.05, 1]},
    send: "cells",                     // takes a file and sliders, gives a picture
    example: "field.png",
    seed: 1_000_002,                   // the first: none of those that the network trained on
    busy: "Cutting out …",
    done: "Cut out",
    download: "cells.png",
    before: "Before",
    after: "After",
    fails: "It has seen drawn round cells only. It finds cells in anything, a cat too, and real stained tissue often fails.",
  },
];

const main = document.querySelector("main");
const tablist = document.querySelector("[role=tablist]");
const [link, address] = engine.home;
Object.assign(document.querySelector("header a"), {textContent: link, href: address});
const tools = TABS.filter(tab => engine.can(tab.send)).map((tab, index) => (tab.make ?? makeTool)(tab, index));
show(Math.max(0, tools.findIndex(tool => `#${tool.panel.id}` === location.hash)));

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
    find(".invitation small").textContent = [engine.takes, tab.invitation[1]].filter(Boolean).join("; ");
    find(".invitation").onclick = () => find("input[type=file]").click();
    find(".button span").textContent = tab.choose;
    find("input[type=file]").accept = engine.accept;
  }

  find(".controls").append(document.querySelector("#about").content.cloneNode(true));
  tell(find(".about"), tab);

  function busy(sentence) {
    find(".status").textContent = find(".busy").textContent = sentence;
  }

  // Say that something is being done, and what goes wrong.
  async function said(action, sentence = tab.busy) {
    busy(sentence);
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

  // The tab's sliders: {name: [what it says, least, most, step, value]}; change is called after each.
  function slide(change) {
    return Object.entries(tab.sliders ?? {}).map(([name, [says, min, max, step, value]]) => {
      const [label, slider, shown] = ["label", "input", "output"].map(tag => document.createElement(tag));
      const show = () => { shown.value = Number(slider.value).toFixed(step < 0.1 ? 2 : 1); };
      Object.assign(slider, {type: "range", name, min, max, step, value, onchange: change, oninput: show, ariaLabel: says});
      shown.ariaHidden = true;
      label.append(says, slider, shown);
      show();
      find(".sliders").append(label);
      return slider;
    });
  }

  return {panel, button, find, busy, said, slide};
}

// What a network is, where it is made and where it fails.
async function tell(about, tab) {
  const [where, how, fails] = about.querySelectorAll("p");
  const told = (await engine.about().catch(() => ({})))[tab.send];
  about.hidden = !told;
  if (!told) return;
  where.querySelector("a").textContent = told.lesson;
  if (told.address) where.querySelector("a").href = told.address;
  how.textContent = told.trained;
  fails.textContent = tab.fails;
}

const values = sliders => sliders.map(slider => [slider.name, slider.value]);

function makeTool(tab, index) {
  const {panel, button, find, busy, slide} = makeTab(tab, index, "#wiper");
  find(".left").textContent = tab.before;
  find(".right").textContent = tab.after;

  const [chooser, example, read] = ["input[type=file]", ".example", ".read"].map(find);
  const [wipe, slider] = [".wipe", ".wipe input"].map(find);
  const [headBefore, headAfter] = panel.querySelectorAll("h3");
  const [textBefore, textAfter] = panel.querySelectorAll("pre");
  headBefore.textContent = tab.readBefore ?? "";
  headAfter.textContent = tab.readAfter ?? "";
  let [seed, file] = [tab.seed ?? 0, null];
  const sliders = slide(inTurn(() => file && working(tab.busy, () => process(file))));

  chooser.onchange = () => { if (chooser.files[0]) open(chooser.files[0]); chooser.value = ""; };
  example.onclick = () => working("Drawing an example …", async () => {
    const drawn = await engine.draw(tab.example, seed);
    seed += 1;
    example.textContent = "Try another";
    return process(new File([drawn], "example.png"));
  });
  read.onclick = () => working("Reading the text …", async () => {
    const text = await engine.read(tab.read, file);
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
    busy(sentence);
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
    const picture = await engine.ask(tab.send, chosen, {query: values(sliders), say: busy});
    const seconds = (performance.now() - start) / 1000;
    const fresh = file !== chosen;
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
    read.hidden = !tab.read || !engine.can(tab.read);
    find(".download").href = after.src;
    find(".download").download = tab.download;
    if (fresh) {
      wipe.classList.remove("sweeping");
      moveTo(100);
      wipe.getBoundingClientRect();                       // so that the sweep starts there
      wipe.classList.add("sweeping");
      moveTo(50);
    }
    return `${tab.done} ${picture.said ? `${picture.said} in ` : ""}${after.naturalWidth} × ${after.naturalHeight} pixels `
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
  const {panel, button, find, busy, said, slide} = makeTab(tab, index, "#pad");
  const [paper, mark, after, brush] = ["canvas", ".mark", ".after", ".brush"].map(find);
  const pen = paper.getContext("2d", {willReadFrequently: true});
  const pens = Object.entries(tab.pens).map(addPen);
  const sliders = slide(() => paint());
  let [places, at, seed, mix] = [[], [0.5, 0.5], tab.seed, 0];   // places: of a drag
  const papers = [];   // before each change, the latest at the end
  const paint = inTurn(async (many = false) => {
    const [query, start] = [[["seed", mix], ...values(sliders)], performance.now()];
    await said(async () => {
      show(await engine.ask(many ? tab.many ?? tab.send : tab.send, paper, {query, say: busy, watch: show}));
      find(".results").hidden = false;
      find(".status").textContent = `Painted. It took ${((performance.now() - start) / 1000).toFixed(2)} s.`;
    }, many ? tab.busyMany : tab.busy);
  });
  paper.setAttribute("aria-label", tab.paper);
  after.alt = tab.after;
  find(".download").download = tab.download;
  find(".others").hidden = !tab.others;
  find(".others").textContent = tab.others;
  find(".others").onclick = () => { mix += 1; paint(Boolean(tab.many)); };
  brush.parentElement.hidden = !tab.brush;
  empty();
  keep(0);
  pens[0].click();

  find(".clear").onclick = () => { keep(); empty(); paint(); };
  find(".back").onclick = () => { pen.putImageData(papers.pop(), 0, 0); keep(0); paint(); };
  find(".example").onclick = () => sketch();
  paper.onpointerdown = event => {
    paper.setPointerCapture(event.pointerId);
    begin(pointed(event));
  };
  paper.onpointermove = event => { if (places.length) drag(pointed(event)); };
  paper.onpointerup = paper.onpointercancel = end;
  paper.onblur = end;
  paper.onkeydown = event => {
    const to = moved(event, at, 1 / 32);
    if (to) {
      put(mark, at = to);
      if (places.length) drag(marked());
      else find(".status").textContent = where(at);
    } else if (event.key === " ") {
      if (places.length) end();
      else begin(marked());
    } else {
      return;
    }
    event.preventDefault();
  };

  function pointed(event) {
    const box = paper.getBoundingClientRect();
    return [Math.round((event.clientX - box.left) / box.width * paper.width),
            Math.round((event.clientY - box.top) / box.height * paper.height)];
  }

  function marked() {
    return [at[1] * paper.width, at[0] * paper.height];
  }

  function begin(place) {
    keep();
    mark.classList.add("down");
    drag(place);
  }

  function drag(place) {
    places.push(place);
    pen.putImageData(papers.at(-1), 0, 0);
    (brush.checked ? along : tab.stroke)(pen, places);
  }

  function end() {
    mark.classList.remove("down");
    if (places.length) paint();
    places = [];
  }

  // The paper as it is, so that it can be taken back; some twenty times.
  function keep(count = 1) {
    if (count) papers.push(pen.getImageData(0, 0, paper.width, paper.height));
    if (papers.length > 20) papers.shift();
    find(".back").disabled = !papers.length;
  }

  async function show(picture) {
    await load(after, picture);
    after.hidden = false;
    find(".download").href = after.src;
  }

  function addPen([name, [colour, width = tab.brush]]) {
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

  // Paper in the colour of the last pen.
  function empty() {
    pen.save();
    pen.fillStyle = pens.at(-1).value;
    pen.fillRect(0, 0, paper.width, paper.height);
    pen.restore();
  }

  async function sketch() {
    await said(async () => {
      const drawn = await engine.draw(tab.example, seed);
      seed += 1;
      keep();
      pen.drawImage(await createImageBitmap(drawn), 0, 0, paper.width, paper.height);
    });
    await paint();
  }

  async function open(file) {
    await said(async () => {
      const picture = await createImageBitmap(file).catch(() => null);
      if (!picture) throw new Error("The browser can't draw this file; choose a PNG or a JPEG.");
      keep();
      empty();
      pen.drawImage(picture, 0, 0, paper.width, paper.height);
    });
    await paint();
  }

  return {button, panel, open, shown: () => { if (after.hidden && find(".busy").hidden) sketch(); }};
}

// A picture that is coloured, and coloured anew after each hint that is given on it.
function makeTint(tab, index) {
  const {panel, button, find, busy, said} = makeTab(tab, index, "#tint");
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
      picture = await engine.ask(tab.send, wanted.file, {fields: {hints: JSON.stringify(wanted.hints)}, say: busy});
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
      drawn = await engine.draw(tab.example, seed);
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
    const to = moved(event, at, 1 / 50);
    if (to) {
      move(to);
      find(".status").textContent = where(at);
    } else if (event.key === "Enter" || event.key === " ") {
      hint([...asked.hints, [...at, picked.value]]);
    } else {
      return;
    }
    event.preventDefault();
  };

  function move(to) {
    put(mark, at = to);
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

// A mark on a picture, at [y, x] in shares of its sides: where an arrow key moves it (null for
// other keys), putting it there, and the sentence about it.
function moved(event, at, step) {
  const way = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]}[event.key];
  return way ? at.map((share, axis) => Math.min(Math.max(share + step * way[axis], 0), 1)) : null;
}

function put(spot, [y, x]) {
  spot.style.top = `${100 * y}%`;
  spot.style.left = `${100 * x}%`;
}

function where([y, x]) {
  return `The mark is at ${Math.round(100 * x)} % from the left and ${Math.round(100 * y)} % from the top.`;
}

// The same action, which never runs twice at once: calls made meanwhile ask for one more.
function inTurn(action) {
  let [running, again] = [false, null];   // again: what the latest of those calls asked for
  return async (...wanted) => {
    again = wanted;
    if (running) return;
    running = true;
    while (again) {
      const now = again;
      again = null;
      await action(...now);
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
  history.replaceState(null, "", `#${tools[index].panel.id}`);
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

// What tools/walk.py asks a page with slides; loaded before the page's own scripts.
window.walk = (() => {
  const HIDDEN = '.reveal-skip, aside.notes, mjx-assistive-mml';
  const CONTENT = '.jp-RenderedHTMLCommon *, .cm-line, .jp-OutputArea-output, pre, img, '
    + '.jupyter-widgets, .jupyter-widgets *';
  const PRINTED = '[data-mime-type="application/vnd.jupyter.stderr"], '
    + '[data-mime-type="application/vnd.jupyter.error"]';
  const BAD_FORMULA = ['mjx-merror', 'g[data-mml-node=merror]',  // the other two: unknown command
    'mjx-mtext[style*="color: red"]', 'g[data-mml-node=mtext][fill=red]'].join();
  const NO_WIDGET = new RegExp('Error displaying widget|Loading widget|model not found'
    + '|^\\w+\\((children|value|description)=|^.*\\d%\\|');
  const FORMULA = /\$[^$\n]{1,200}\$/;
  const OBJECT = /^<[\w.]+ (object at|\w+=)/m;
  const NO_WORDS = /^\s*(Image|No description has been provided.*)?\s*$/;  // what tools fill in
  const FOOT = 0.985;  // a little air: other fonts are a little larger

  const all = css => [...document.querySelectorAll(css)];
  const slides = () => all('.reveal .slides section:not(.stack):not(:has(> section))');
  const here = () => slides().findIndex(s => s.classList.contains('present')
    && s.closest('.slides > section').classList.contains('present'));
  const fragments = () => slides()[here()]?.querySelectorAll('.fragment') ?? [];
  const shownFragments = () => [...fragments()].filter(f => f.classList.contains('visible')).length;

  const ready = () => all('.reveal.ready section.present').length > 0;
  const loaded = () => ready() && !all('img').some(i => !i.complete)
    && document.fonts.status === 'loaded'
    && !all('.jp-RenderedMarkdown').some(e => FORMULA.test(e.textContent))
    && !all('.jp-OutputArea-output').some(e => NO_WIDGET.test(e.innerText));
  const moved = place => `${here()}/${shownFragments()}` !== place;

  const laidOut = width => new Promise(done => {  // four frames alike: code is laid out last
    let last = '', alike = 0;
    const look = () => {
      const slide = slides()[here()] ?? document.body;
      const code = [...slide.querySelectorAll('.cm-scroller')].map(e => e.scrollWidth);
      const now = [innerWidth, slide.scrollHeight, slide.scrollWidth, ...code].join();
      alike = now === last && innerWidth === width ? alike + 1 : 0;
      if (alike === 3) return done();
      last = now;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });

  const measure = () => {
    const slide = slides()[here()], faults = {};
    const shown = e => e.getClientRects().length && !e.closest(HIDDEN)
      && getComputedStyle(e).visibility !== 'hidden';
    const inside = css => [...slide.querySelectorAll(css)].filter(shown);
    const pictures = [...slide.querySelectorAll('img')].filter(e => !e.closest(HIDDEN));
    const most = (what, much) => {
      if (Math.round(much) > (faults[what] ?? 0)) faults[what] = Math.round(much);
    };
    for (const e of inside(CONTENT)) {
      const box = e.getBoundingClientRect();
      if (!box.width || !box.height) continue;
      most('px below the edge', box.bottom - innerHeight * FOOT);
      if (!e.closest('.cm-scroller')) most('px beyond the right edge', box.right - innerWidth - 1);
    }
    for (const e of inside('.cm-scroller, pre, code, .jp-OutputArea-output')) {
      const { overflowX, overflowY, display } = getComputedStyle(e);
      if (overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 2)
        most('px cut off at the right', e.scrollWidth - e.clientWidth);
      if (overflowY !== 'visible' && display !== 'inline' && e.scrollHeight > e.clientHeight + 6)
        most('px cut off below', e.scrollHeight - e.clientHeight);
    }
    const outputs = inside('.jp-OutputArea-output');
    const texts = inside('.jp-RenderedMarkdown');
    most('errors or warnings printed', inside(PRINTED).length);
    most('figures too small to see', pictures.filter(i => i.matches('.course-figure') &&
      i.getBoundingClientRect().height < innerHeight * 0.2).length);
    most('broken pictures', pictures.filter(i => i.complete && !i.naturalWidth).length);
    most('pictures without alt text', pictures.filter(
      i => NO_WORDS.test(i.alt)).length);
    most('formulas with an error', slide.querySelectorAll(BAD_FORMULA).length);
    most('unrendered formulas', texts.filter(e => FORMULA.test(e.innerText)).length);
    most('widgets that did not appear', outputs.filter(e => NO_WIDGET.test(e.innerText)).length);
    most('objects printed', outputs.filter(e => OBJECT.test(e.innerText)).length);
    most('times empty', +!(slide.innerText.trim() || inside('img, canvas, svg').length));
    most('hidden cells that show nothing',
      slide.querySelectorAll('.celltag_hide:not(:has(.jp-OutputArea-output))').length);
    const heading = slide.querySelector('h1, h2, h3, h4') ?? slide;
    const title = heading.innerText.trim().split('\n')[0].slice(0, 60);
    return { title, faults, share: share(inside) };
  };

  // Which share of the screen the figures cover, 0 to 1; null where they are not the point: there
  // is none, or beside them stands code that does more than draw. Two thirds of the height count as
  // half, since heading and sentence leave a square picture no more.
  const share = inside => {
    const figures = inside('.jp-OutputArea-output img.course-figure');
    const draws = cell => cell.querySelector('img.course-figure')
      && !cell.querySelector('.progress-bar');
    const code = inside('.jp-CodeCell .jp-InputArea-editor').map(e => e.closest('.jp-CodeCell'));
    if (!figures.length || !code.every(draws)) return null;
    const boxes = figures.map(e => {
      const { width, height } = e.getBoundingClientRect();
      const zoom = Math.min(width / e.naturalWidth, height / e.naturalHeight);  // object-fit: contain
      return [zoom * e.naturalWidth, zoom * e.naturalHeight];
    });
    const area = boxes.reduce((sum, [width, height]) => sum + width * height, 0);
    const tallest = Math.max(...boxes.map(([, height]) => height));
    return Math.max(area / innerWidth, 0.75 * tallest) / innerHeight;
  };

  return {
    ready, loaded, moved, laidOut, measure,
    count: () => slides().length,
    steps: () => slides().reduce((n, s) => n + 1 + s.querySelectorAll('.fragment').length, 0),
    number: () => here() + 1,
    place: () => `${here()}/${shownFragments()}`,
    complete: () => shownFragments() === fragments().length,
  };
})();

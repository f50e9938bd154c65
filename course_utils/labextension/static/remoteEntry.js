// What the course adds to JupyterLab and RISE: a module-federation container written by hand.
//
// 1. ipywidgets' JupyterLab manager asks the page for the module @jupyterlab/console, of which it
// uses one thing: the token IConsoleTracker, and that only if somebody provides it. JupyterLab
// shares that module, jupyterlab-rise 0.43.1 does not, and without it no widget appears on a slide.
// When the page lacks the module, a stand-in with a token nobody provides goes into the shared scope.
// tests/test_labextension.py says when RISE shares the module itself and this part can go.
//
// 2. Cells get the classes that nbconvert gives them for the tags `hide` and `optional`, so that
// rise.css hides plotting code on both kinds of slides, and nowhere else.
(() => {
  const name = 'image-to-image-rise';
  const missing = '@jupyterlab/console';
  let shared;

  const load = async module => (await Object.values(shared[module])[0].get())();

  const standIn = async () => {
    const { Token } = await load('@lumino/coreutils');
    const module = { __esModule: true, IConsoleTracker: new Token(`${name}:IConsoleTracker`) };
    return () => module;
  };

  const markTags = ({ content }) => {
    for (const { model, node } of content.widgets)
      for (const tag of ['hide', 'optional'])
        node.classList.toggle(`celltag_${tag}`, !!model.getMetadata('tags')?.includes(tag));
  };

  const plugin = async () => ({
    id: `${name}:plugin`,
    autoStart: true,
    requires: [(await load('@jupyterlab/notebook')).INotebookTracker],
    activate: (app, notebooks) => notebooks.widgetAdded.connect(
      (_, panel) => panel.context.ready.then(() => markTags(panel)))
  });

  (window._JUPYTERLAB ??= {})[name] = {
    init: scope => {
      shared = scope;
      scope[missing] ??= { '4.6.2': { from: name, eager: false, get: standIn } };
    },
    get: async () => {
      const module = { __esModule: true, default: await plugin() };
      return () => module;
    }
  };
})();

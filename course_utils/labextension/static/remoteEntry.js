// ipywidgets' JupyterLab manager asks the page for the module @jupyterlab/console, of which it
// uses one thing: the token IConsoleTracker, and that only if somebody provides it. JupyterLab
// shares that module, jupyterlab-rise 0.43.1 does not, and without it no widget appears on a slide.
// This file is a module-federation container written by hand. When the page lacks the module it
// puts a stand-in with a token nobody provides into the shared scope; otherwise it does nothing.
// tests/test_labextension.py says when RISE shares the module itself and this can go.
(() => {
  const name = 'image-to-image-rise';
  const missing = '@jupyterlab/console';

  const standIn = scope => async () => {
    const [lumino] = Object.values(scope['@lumino/coreutils']);
    const { Token } = (await lumino.get())();
    const module = { __esModule: true, IConsoleTracker: new Token(`${name}:IConsoleTracker`) };
    return () => module;
  };

  const plugin = { id: `${name}:plugin`, autoStart: true, activate: () => {} };

  (window._JUPYTERLAB ??= {})[name] = {
    init: scope => {
      scope[missing] ??= { '4.6.2': { from: name, eager: false, get: standIn(scope) } };
    },
    get: async () => () => ({ __esModule: true, default: plugin })
  };
})();

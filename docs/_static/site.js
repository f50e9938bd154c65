// Names for what the theme and the widgets leave without one, for those who have the page read out.
function nameControls() {
  const all = css => document.querySelectorAll(css);
  const text = (e, css) => e?.querySelector(css)?.innerText;
  for (const button of all('.search-button-field')) button.removeAttribute('aria-label');
  for (const toggle of all('nav summary')) {
    const part = text(toggle.closest('li'), 'a') ?? 'this part';
    toggle.setAttribute('aria-label', 'Pages of ' + part);
  }
  for (const control of all('.noUi-handle, .widget-colorpicker input')) {
    const label = text(control.closest('.widget-inline-hbox'), '.widget-label');
    control.setAttribute('aria-label', label || 'value');
  }
}
document.addEventListener('DOMContentLoaded', () => {
  nameControls();
  new MutationObserver(nameControls).observe(document.body, { childList: true, subtree: true });
});

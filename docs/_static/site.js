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
// The game: a choice shows the reason and counts.
function playGame() {
  const rounds = [...document.querySelectorAll('.game fieldset')];
  for (const round of rounds) round.addEventListener('change', event => {
    round.dataset.found = +(event.target.value === round.dataset.right);
    const verdict = +round.dataset.found ? 'Right. ' : `No, it was “${round.dataset.right}”. `;
    round.querySelector('.why').prepend(verdict);
    round.querySelector('.why').hidden = false;
    for (const choice of round.querySelectorAll('input')) {
      choice.disabled = true;
      choice.parentElement.classList.toggle('right', choice.value === round.dataset.right);
    }
    const answered = rounds.filter(e => e.dataset.found), right = answered.filter(e => +e.dataset.found);
    document.querySelector('.game .score').textContent =
      `${right.length} of ${answered.length} right, ${rounds.length - answered.length} to go.`;
  });
}
document.addEventListener('DOMContentLoaded', () => {
  playGame();
  nameControls();
  new MutationObserver(nameControls).observe(document.body, { childList: true, subtree: true });
});

// Language, tone and theme: a cookie each, so that the server renders the next page the same way.
import { redraw } from './chart.js';

const YEAR = 31536000;
const root = document.documentElement;

function remember(name, value) {
  document.cookie = `${name}=${value};path=/;max-age=${YEAR};samesite=lax`;
}

function isDark() {
  return root.dataset.theme === 'dark' || (root.dataset.theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
}

document.addEventListener('click', (event) => {
  const setter = event.target.closest('[data-set]');
  if (setter) {
    const [name, value] = setter.dataset.set.split('=');
    remember(name, value);
    if (name === 'lang') {
      location.reload();
      return;
    }
    root.dataset[name] = value;
    setter.parentNode.querySelectorAll('button').forEach((button) => button.setAttribute('aria-pressed', String(button === setter)));
    redraw();
  } else if (event.target.closest('[data-toggle-theme]')) {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    remember('theme', root.dataset.theme);
    redraw();
  } else if (event.target.closest('[data-print]')) {
    window.print();
  }
});

document.addEventListener('change', (event) => {
  if (event.target.matches('[data-submit]')) event.target.form.requestSubmit();
});

// Rows of a table by keyboard and mouse: j and k or the arrows move, Enter opens, a click anywhere in a row follows its link.

const ROWS = '[data-rows] tr.row:not([hidden])';

function mark(kpi) {
  document.querySelectorAll('tr.row.on').forEach((row) => row.classList.remove('on'));
  document.querySelectorAll('[data-kpi] [aria-current], a[data-kpi][aria-current]').forEach((link) => link.removeAttribute('aria-current'));
  document.querySelectorAll(`tr.row[data-kpi="${CSS.escape(kpi)}"]`).forEach((row) => {
    row.classList.add('on');
    row.querySelector('a').setAttribute('aria-current', 'true');
  });
  document.querySelectorAll(`.tile a[data-kpi="${CSS.escape(kpi)}"]`).forEach((link) => link.setAttribute('aria-current', 'true'));
}

document.addEventListener('click', (event) => {
  const row = event.target.closest('tr.row');
  if (row && !event.target.closest('a, button, label, input') && !String(getSelection())) {
    row.querySelector('a').click();
  }
});

document.addEventListener('htmx:after:swap', (event) => {
  const detail = document.querySelector('#detail[data-kpi]');
  if (!detail) return;
  mark(detail.dataset.kpi);
  if (event.detail?.ctx?.target?.id === 'detail' && detail.getBoundingClientRect().top > innerHeight * 0.8) {
    detail.scrollIntoView({ block: 'start' }); // on a phone it lies far below the row
  }
});

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest('input, select, textarea, [contenteditable], pre, .scroll:focus');
  if (event.key === '/' && !typing) {
    const search = document.querySelector('input[type="search"]');
    if (search) {
      event.preventDefault();
      search.focus();
    }
    return;
  }
  if (typing) return;
  const inRow = document.activeElement.closest?.('tr.row');
  const step = { j: 1, k: -1, ArrowDown: inRow ? 1 : 0, ArrowUp: inRow ? -1 : 0 }[event.key];
  if (!step) return;
  const rows = [...document.querySelectorAll(ROWS)];
  if (!rows.length) return;
  event.preventDefault();
  const from = rows.indexOf(inRow ?? document.querySelector('tr.row.on'));
  const next = rows[Math.min(Math.max(from + step, 0), rows.length - 1)];
  next.querySelector('a').focus();
});

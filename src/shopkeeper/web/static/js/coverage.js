// The coverage matrix: one tab stop, arrows between its cells, and a line below that says what the cell under it says.

const SLOT = '[data-grid] [data-slot]';

function tell(slot) {
  const line = slot.closest('.card').querySelector('[data-readout]');
  if (line) line.textContent = slot.title;
}

/** Of all cells only one is reached by Tab; the newest days are in view first. */
function settle() {
  document.querySelectorAll('[data-grid]').forEach((grid) => {
    const slots = [...grid.querySelectorAll('[data-slot]')];
    if (slots.length && !slots.some((slot) => slot.tabIndex === 0 && slot.hasAttribute('tabindex'))) {
      slots.forEach((slot) => { slot.tabIndex = -1; });
      slots[0].tabIndex = 0;
    }
    const frame = grid.closest('.from-end');
    if (frame && !frame.dataset.settled) {
      frame.dataset.settled = 'true';
      frame.scrollLeft = frame.scrollWidth;
    }
  });
}

function beside(slot, key) {
  const cell = slot.closest('td');
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (step) {
    for (let next = cell; (next = step > 0 ? next.nextElementSibling : next.previousElementSibling);) {
      const found = next.querySelector('[data-slot]');
      if (found) return found;
    }
    return null;
  }
  const rows = [...slot.closest('table').rows];
  const down = key === 'ArrowDown' ? 1 : -1;
  for (let at = rows.indexOf(cell.parentNode) + down; at >= 0 && at < rows.length; at += down) {
    const found = rows[at].cells.length > 2 && rows[at].cells[cell.cellIndex]?.querySelector('[data-slot]');
    if (found) return found;
  }
  return null;
}

document.addEventListener('mouseover', (event) => {
  const slot = event.target.closest(SLOT);
  if (slot) tell(slot);
});
document.addEventListener('focusin', (event) => {
  const slot = event.target.closest(SLOT);
  if (slot) tell(slot);
});
document.addEventListener('keydown', (event) => {
  const slot = event.target.closest(SLOT);
  if (!slot || !['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'].includes(event.key)) return;
  event.preventDefault();
  const next = beside(slot, event.key);
  if (!next) return;
  slot.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});
document.addEventListener('htmx:after:swap', settle);
settle();

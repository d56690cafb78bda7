// Filter the list of indicators, sort a breakdown, copy a statement.

function applyFilter(input) {
  const list = document.querySelector(input.dataset.filter);
  const wanted = input.value.trim().toLocaleLowerCase();
  let shown = 0;
  list.querySelectorAll('[data-filter-group]').forEach((group) => {
    let inside = 0;
    group.querySelectorAll('[data-filter-text]').forEach((row) => {
      row.hidden = !row.dataset.filterText.toLocaleLowerCase().includes(wanted);
      inside += row.hidden ? 0 : 1;
    });
    group.hidden = inside === 0;
    shown += inside;
  });
  list.querySelector('[data-filter-empty]').hidden = shown > 0;
}

function sortBy(button) {
  const header = button.closest('th');
  const table = button.closest('table');
  const body = table.tBodies[0];
  const column = header.cellIndex;
  const numbers = button.dataset.sort === 'number';
  const before = header.getAttribute('aria-sort');
  const ascending = before ? before === 'descending' : !numbers; // words begin at A, numbers with the largest
  table.querySelectorAll('thead th').forEach((th) => th.removeAttribute('aria-sort'));
  header.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
  const key = (row) => {
    const cell = row.cells[column];
    if (!numbers) return cell.textContent.trim();
    const text = cell.dataset.value ?? signed(cell);
    return text === '' ? Number.NEGATIVE_INFINITY : Number(text);
  };
  const compare = numbers ? (a, b) => key(a) - key(b) : (a, b) => key(a).localeCompare(key(b), document.documentElement.lang);
  const rows = [...body.rows].sort((a, b) => (ascending ? compare(a, b) : compare(b, a)));
  body.append(...rows);
}

/** A change is shown as an arrow and a size; an unknown one sorts last. */
function signed(cell) {
  const size = Number.parseFloat(cell.textContent.replace(/[^\d.]/g, ''));
  if (Number.isNaN(size)) return '';
  return cell.textContent.includes('▼') ? -size : size;
}

document.addEventListener('input', (event) => {
  if (event.target.matches('[data-filter]')) applyFilter(event.target);
});

document.addEventListener('click', async (event) => {
  const sorter = event.target.closest('[data-sort]');
  if (sorter) sortBy(sorter);
  const copier = event.target.closest('[data-copy]');
  if (copier) {
    await navigator.clipboard.writeText(document.querySelector(copier.dataset.copy).textContent);
    const before = copier.textContent;
    copier.textContent = copier.dataset.copied;
    setTimeout(() => { copier.textContent = before; }, 1500);
  }
});

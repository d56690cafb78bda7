// One box that chooses all rows of a page.

document.addEventListener('change', (event) => {
  const all = event.target.closest('[data-all]');
  if (!all) return;
  all.form.querySelectorAll('input[name="id"]').forEach((box) => { box.checked = all.checked; });
});

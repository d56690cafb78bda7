// The live board moves by itself: the server sends the whole board whenever it has changed.

const board = document.querySelector('[data-live]');
if (board) {
  const source = new EventSource(board.dataset.live);
  source.addEventListener('message', (event) => {
    const made = document.createElement('template');
    made.innerHTML = JSON.parse(event.data);
    const next = made.content.firstElementChild;
    const now = document.getElementById('work');
    const scrolled = [...now.querySelectorAll('.scroll')].map((part) => part.scrollLeft);
    now.replaceWith(next);
    next.querySelectorAll('.scroll').forEach((part, n) => { part.scrollLeft = scrolled[n] ?? 0; });
  });
  source.addEventListener('end', () => { source.close(); location.reload(); });
  addEventListener('pagehide', () => source.close());
}

// A classic script that runs before the page is drawn, so that it never flashes in the other colours.
(() => {
  try {
    const kept = localStorage.getItem('oxbow.theme');
    if (kept === 'light' || kept === 'dark') document.documentElement.dataset.theme = kept;
  } catch {
    // Where storage is forbidden the system's choice holds.
  }
})();

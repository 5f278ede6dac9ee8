// Runs before the first paint, so that a dark page does not flash white. It is a classic script,
// because modules are deferred.
(function setThemeEarly() {
  const asked = new URLSearchParams(location.search).get('theme');
  let kept = null;
  try {
    kept = localStorage.getItem('countersign.theme');
  } catch (error) {
    console.info('The browser keeps nothing for this page.', error);
  }
  const choice = asked || kept || 'auto';
  const dark =
    choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();

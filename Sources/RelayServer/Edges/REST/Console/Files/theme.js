// Runs before the first paint, so that a page never shows in one theme and then in the other.
(function () {
  try {
    const theme = localStorage.getItem('pulsar-console-theme')
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
  } catch {}
})()

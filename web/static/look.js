// Puts the chosen theme, text size and language on the page before anything is painted; loaded plainly, for a module comes too late.
(function () {
  var root = document.documentElement;
  try {
    var look = JSON.parse(localStorage.getItem('sealmate look') || '{}');
    if (look.theme === 'light' || look.theme === 'dark') root.dataset.theme = look.theme;
    if (look.textSize && look.textSize !== 'normal') root.dataset.textSize = look.textSize;
    var language = localStorage.getItem('PARAGLIDE_LOCALE') || navigator.language;
    if (/^de\b/.test(language)) root.lang = 'de';
  } catch (unreadable) {
    // Without storage the page follows the system.
  }
})();

// The theme, before anything is drawn: loaded in <head> without defer, so that no wrong colours flash.
// The choice lives in the cookie `theme`; without one the system decides (tokens.css).
(function () {
  "use strict";
  var YEAR = 31536000;
  var root = document.documentElement;
  root.classList.add("js");

  function remembered() {
    var found = /(?:^|; )theme=(light|dark)/.exec(document.cookie);
    return found ? found[1] : null;
  }

  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function show(theme) {
    if (theme) { root.dataset.theme = theme; }
    document.querySelectorAll("[data-theme-switch]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(isDark()));
    });
  }

  show(remembered());
  document.addEventListener("DOMContentLoaded", function () { show(null); });
  window.addEventListener("pageshow", function () { show(remembered()); });   // a page from the back list may be older than the choice
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-theme-switch]")) { return; }
    var theme = isDark() ? "light" : "dark";
    document.cookie = "theme=" + theme + "; path=/; max-age=" + YEAR + "; samesite=lax" + (location.protocol === "https:" ? "; secure" : "");
    show(theme);
  });
})();

"use strict";
// Goes on when every app's page was loaded, or after three seconds; without this the page does so by itself a little later. Not deferred: it must listen
// before the first frame is there.
(() => {
  let loaded = 0;
  let expected = Infinity;
  let gone = false;
  const go = () => {
    const next = document.getElementById("go-on");
    if (gone || !next) return;
    gone = true;
    location.replace(next.href);
  };
  const look = () => {
    if (loaded >= expected) go();
  };
  // `load` does not bubble, but it is captured; a page that cannot be loaded has the event too.
  document.addEventListener(
    "load",
    (event) => {
      if (event.target instanceof HTMLIFrameElement) {
        loaded += 1;
        look();
      }
    },
    true,
  );
  document.addEventListener("DOMContentLoaded", () => {
    expected = document.querySelectorAll("iframe.told").length;
    look();
    setTimeout(go, 3000);
  });
})();

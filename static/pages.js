"use strict";
// What makes pages nicer but never possible: without it everything still works.

// In a block: what is declared at the top of a script is shared with every other script of the page.
{
const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
const words = JSON.parse(document.currentScript.dataset.texts); // what there is to say, in that language

// <button type="button" data-copy="#id" hidden>: copies the value or text of another element.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.querySelector(button.dataset.copy);
  if (!source || !navigator.clipboard) continue;
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.value ?? source.innerText);
      button.textContent = words["copied"];
    } catch {
      source.select?.();
      button.textContent = words["copy-by-hand"];
    }
    setTimeout(() => { button.textContent = label; }, 2500);
  });
}

// <button type="button" data-print hidden>: the printer, where there is a script to call it.
for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// <time datetime="…">: the reader's own time zone; the server's words stay as the tooltip.
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const minute = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
for (const time of document.querySelectorAll("time[datetime]")) {
  time.title = time.textContent;
  time.textContent = ("day" in time.dataset ? day : minute).format(new Date(time.dateTime));
}

// After a form, reading and tabbing go on where the page says what was wrong, or what was done.
const told = document.querySelector("main [aria-invalid=true]") ?? document.querySelector("main :is([role=alert], .notice[role=status]):not([hidden])");
if (told) {
  if (!told.matches("input, select, textarea")) told.tabIndex = -1;
  told.focus();
}

// Escape closes what was unfolded to confirm something, and goes back to where it was unfolded.
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && event.target.closest("details.confirm[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// The current tab is in view where the navigation scrolls.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// <section data-live="1000">: asks for its page again until that has no such part any more; then shows the whole page as it ended.
function follow(part) {
  setTimeout(async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok) return follow(part);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
      if (!fresh) return location.reload();
      if (fresh.innerHTML !== part.before) {
        part.before = fresh.innerHTML;
        part.innerHTML = fresh.innerHTML;
      }
    } catch {
      // The server restarts, or the network is away: try again.
    }
    follow(part);
  }, Number(part.dataset.live));
}
for (const part of document.querySelectorAll("[data-live]")) {
  part.before = part.innerHTML;
  follow(part);
}

// <input type="hidden" data-clock>: what this computer's clock says when the form is sent.
for (const input of document.querySelectorAll("input[data-clock]")) {
  input.form?.addEventListener("submit", () => { input.value = String(Date.now()); });
}
}

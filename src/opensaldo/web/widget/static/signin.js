// What the sign-in pages do beyond plain HTML: they tell the page that embeds them what happens,
// open the bank in a window of its own, look by themselves whether it goes on, and copy.
// Without this file every page still works, with one press more here and there.
"use strict";
(() => {
  const LOOK_EVERY_MS = 1000, LOOK_RARELY_MS = 5000, RARELY_AFTER_MS = 120000, CLOSE_AFTER_MS = 1200;
  const page = document.body.dataset;
  const here = `/redirection/${page.redirection}`;
  const beside = page.channel === "popup" ? window.opener : window.parent;
  let isGoingOn = false;

  const tell = (message) => {
    if (page.embedder && beside && beside !== window) {
      beside.postMessage({ kontomatik: message }, page.embedder);
    }
  };
  const goTo = (address) => { isGoingOn = true; location.replace(address); };

  // --- the page that embeds us ------------------------------------------------------------
  for (const message of JSON.parse(page.messages || "[]")) tell(message);
  for (const warning of JSON.parse(page.warnings || "[]")) console.warn(`OpenSaldo: ${warning}`);
  if (page.channel === "widget" && window.ResizeObserver) {
    const root = document.documentElement;
    new ResizeObserver(() => tell({ widgetSize: { height: Math.ceil(root.offsetHeight) } }))
      .observe(document.body);
  }
  addEventListener("pagehide", () => {
    if (!isGoingOn) tell({ application: { state: "unloaded" } });
  });
  addEventListener("submit", () => { isGoingOn = true; });
  addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[href]");
    if (link && link.target !== "_blank") isGoingOn = true;
  });
  addEventListener("pageshow", () => { isGoingOn = false; });

  // --- where the keyboard starts: a frame that had the focus keeps it from page to page, those that
  // came while the bank stood in front of it included ----------------------------------------
  const start = document.querySelector("[data-starts]");
  const begin = () => {
    if (start && document.hasFocus() && document.activeElement === document.body) {
      start.focus({ preventScroll: true });
    }
  };
  if (document.hidden) addEventListener("focus", begin, { once: true });
  else begin();

  // --- where we were before the browser forgot this page ------------------------------------
  const memory = {
    read() { try { return JSON.parse(sessionStorage.getItem("opensaldo")); } catch { return null; } },
    write(value) {
      try {
        if (value) sessionStorage.setItem("opensaldo", JSON.stringify(value));
        else sessionStorage.removeItem("opensaldo");
      } catch { /* a browser that keeps nothing for frames */ }
    },
  };
  const resume = async () => {
    const kept = memory.read();
    if (page.resumes && kept && kept.as === page.resumes && `/redirection/${kept.id}` !== here) {
      const state = await ask(`/redirection/${encodeURIComponent(kept.id)}/state`);
      if (state && state.resumable) { goTo(`/redirection/${kept.id}/step?resumed=1`); return; }
    }
    if (page.resumes) memory.write({ as: page.resumes, id: page.redirection });
  };
  if ("ended" in page) memory.write(null);

  // --- looking whether it goes on -----------------------------------------------------------
  const ask = async (address) => {
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (answer.status === 404) return {}; // forgotten: nothing stands there any more
      return answer.ok ? await answer.json() : null;
    } catch { return null; }
  };
  const watch = () => {
    const began = Date.now();
    const look = async () => {
      const state = await ask(`${here}/state`);
      const hasGoneOn = Boolean(state) && state.mark !== page.watch;
      if (hasGoneOn) goTo(`${here}/step${location.search}`);
      return hasGoneOn;
    };
    const lookOn = async () => {
      if (await look()) return;
      const isLate = Date.now() - began > RARELY_AFTER_MS;
      setTimeout(lookOn, isLate ? LOOK_RARELY_MS : LOOK_EVERY_MS);
    };
    setTimeout(lookOn, LOOK_EVERY_MS);
    addEventListener("focus", look);
  };
  if (page.watch) watch();
  if (page.resumes) resume();

  // --- to the bank, which learns nothing of us: its window has no opener ----------------------
  const openWindow = (address) => {
    const bank = window.open(address, "_blank");
    if (bank) bank.opener = null;
    return bank;
  };
  const fill = (bank, text) => { // until the bank's page comes
    const blank = bank.document, viewport = blank.createElement("meta");
    Object.assign(viewport, { name: "viewport", content: "width=device-width, initial-scale=1" });
    blank.head.append(viewport);
    blank.documentElement.lang = document.documentElement.lang;
    blank.documentElement.style.colorScheme = "light dark";
    Object.assign(blank.body.style, { margin: "2rem", font: "1.125rem/1.5 system-ui, sans-serif" });
    blank.title = blank.body.textContent = text;
  };
  const toBank = async (form, button) => {
    const body = new URLSearchParams(new FormData(form));
    body.set(button.name, button.value);
    button.disabled = true;
    form.setAttribute("aria-busy", "true");
    const bank = openWindow("");
    if (bank) fill(bank, form.dataset.opensBank);
    let next = null, said = "";
    try {
      const answer = await fetch(form.action, {
        method: "POST", body, headers: { Accept: "application/json" },
      });
      if ((answer.headers.get("content-type") || "").startsWith("application/json")) {
        next = await answer.json();
      } else said = await answer.text();
    } catch { /* the form itself says what is wrong */ }
    const isOpen = bank && !bank.closed;
    if (next && next.window && isOpen) bank.location.replace(new URL(next.window, location.href));
    else if (isOpen) bank.close();
    if (next) goTo(next.window ? `${next.go}?${isOpen ? "opened" : "blocked"}=1` : next.go);
    else if (said) { // a page of ours on what is wrong: asking for it once more would ask the bank too
      document.open();
      document.write(said);
      document.close();
    } else {
      button.disabled = false;
      form.dataset.plain = "1";
      form.requestSubmit(button);
    }
  };
  addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    if (form.dataset.told) tell(JSON.parse(form.dataset.told));
    if (!("opensBank" in form.dataset) || form.dataset.plain || !button) return;
    if (button.value !== "agree") return;
    event.preventDefault();
    toBank(form, button);
  });

  const opening = document.getElementById("open-bank");
  if (opening) {
    opening.addEventListener("click", (event) => {
      if (!openWindow(opening.href)) return;
      event.preventDefault();
      goTo(`${here}/step?opened=1`);
    });
  }

  // --- small comforts -----------------------------------------------------------------------
  for (const button of document.querySelectorAll("button[data-copies]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent)
        .then(() => { button.textContent = button.dataset.copied; }, () => { button.hidden = true; });
    });
  }
  if ("closes" in page) setTimeout(() => window.close(), CLOSE_AFTER_MS);
})();

// Asks until everything has been read, then goes on to the decision.
const AGAIN_MS = 3000;
const said = document.getElementById("said");

async function ask() {
  try {
    const answer = await fetch("/progress/state");
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    const found = await answer.json();
    for (const [id, value] of Object.entries(found.progress)) {
      const bar = document.getElementById("import-" + id);
      if (bar) bar.value = value;
    }
    if (found.ended) return location.replace("/decision");
    said.textContent = "";
    return ask();
  } catch {
    said.textContent = "We lost the line for a moment; still trying.";
    return setTimeout(ask, AGAIN_MS);
  }
}

ask();

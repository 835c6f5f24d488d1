// Finds banks while one types: asks the same page for the text so far and shows its list.
// Without this script the search button does the same.
const PAUSE_MS = 120;
const SHOWN_ANEW = "found";
const SAID_ANEW = "count";

const field = document.getElementById("q");
let pause;
let asking;

/** @returns {URL} the address of the list for what is typed now */
function address() {
  const form = field.form;
  const list = new URL(form.querySelector("button[formaction]").formAction);
  if (form.elements.country) list.searchParams.set("country", form.elements.country.value);
  if (field.value) list.searchParams.set("q", field.value);
  return list;
}

async function find() {
  asking?.abort();
  asking = new AbortController();
  const list = address();
  try {
    const answer = await fetch(list, { signal: asking.signal });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.getElementById(SHOWN_ANEW);
    if (!found) return;
    document.getElementById(SHOWN_ANEW).replaceWith(found);
    document.getElementById(SAID_ANEW).textContent = page.getElementById(SAID_ANEW).textContent;
    history.replaceState(history.state, "", list);
  } catch (trouble) {
    if (trouble.name !== "AbortError") return; // the button still works
  }
}

field?.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(find, PAUSE_MS);
});

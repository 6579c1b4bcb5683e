// Comforts of the studio. Every page there works without this file; nothing here is needed.
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const WRITING = "form:is([data-autosave], [data-previewed])";
const AFTER_TYPING = 1000;

// A merge field or a card in the list becomes a button that puts it where the cursor was.
function offerInserting(item) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...item.childNodes);
  item.append(button);
  button.addEventListener("click", () => {
    const field = insertInto ?? document.querySelector(`${WRITING} textarea`);
    const area = "line" in item.dataset ? document.querySelector(`${WRITING} textarea`) : field;
    const before = area.value.slice(0, area.selectionStart);
    const text = "line" in item.dataset ? `${before && !before.endsWith("\n\n") ? (before.endsWith("\n") ? "\n" : "\n\n") : ""}${item.dataset.insert}\n` : item.dataset.insert;
    area.focus();
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    if ("line" in item.dataset) area.selectionEnd = area.selectionStart = area.selectionStart - 2;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
let insertInto = null;
document.addEventListener("focusin", (event) => {
  if (event.target.matches(`${WRITING} :is(textarea, [name=subject], [name=preview])`)) insertInto = event.target;
});

// When a draft was saved stands on top, until it was saved from elsewhere.
function showStanding(line, form) {
  form.addEventListener("saved", ({ detail }) => { line.hidden = !detail; line.textContent = `Draft, saved ${detail}`; });
}

// Previews follow what was saved.
function follow(frame, form) {
  form.addEventListener("saved", () => { if (frame.closest("details").open) frame.src = frame.getAttribute("src"); });
}

// Previews of what does not save itself follow what is typed. The new page is loaded in a frame of its own and put in
// place when it is there: no flicker, and no step in the history.
function previewAlong(form) {
  let frames = 0, turn = 0, timer;
  const show = (button) => new Promise((shown) => {
    const next = document.querySelector(`iframe[name="${CSS.escape(button.formTarget)}"]`).cloneNode();
    const place = button.closest("details");
    next.removeAttribute("src");
    next.removeAttribute("loading");
    next.hidden = true;
    button.formTarget = next.name = `preview-${++frames}`;
    place.append(next);
    next.addEventListener("load", () => {
      for (const frame of all("iframe", place)) if (frame !== next) frame.remove();
      next.hidden = false;
      shown();
    }, { once: true });
    form.requestSubmit(button);
  });
  // One after the other: a form that is sent again is not sent where it was to go before.
  const showAll = async () => {
    const mine = ++turn;
    for (const button of all("details[open] > p > button[formtarget]")) if (mine === turn) await show(button);
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(showAll, AFTER_TYPING); });
}

// The count follows what is chosen.
function countAlong(form) {
  const words = form.querySelector("[data-count-words]");
  let turn = 0, timer;
  const count = async () => {
    const mine = ++turn;
    try {
      const answer = await fetch(form.dataset.count, { method: "post", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } });
      const said = await answer.json();
      if (mine === turn) words.textContent = said.count;
    } catch {
      if (mine === turn) words.textContent = "Not counted: the site cannot be reached";
    }
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(count, 300); });
  if (!("counted" in words.dataset)) count();
}

// A region that shows how far something has got is fetched anew while it goes on; when its state changes, the whole page,
// because other things can be done then.
function keepFresh(region) {
  const seconds = Number(region.dataset.refresh);
  const name = region.dataset.inPlace;
  const look = async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector(`[data-in-place="${CSS.escape(name)}"]`);
      const ended = answer.ok && fresh && !fresh.dataset.refresh;
      if (answer.ok && fresh && fresh.dataset.state !== region.dataset.state) return location.reload();
      if (answer.ok && fresh && !region.contains(document.activeElement)) region.replaceChildren(...document.adoptNode(fresh).childNodes);
      if (ended) return;
    } catch { /* The next look may do better. */ }
    setTimeout(look, seconds * 1000);
  };
  setTimeout(look, seconds * 1000);
}

all("[data-insert]").forEach(offerInserting);
all("[data-standing]").forEach((line) => all("form[data-autosave]").forEach((form) => showStanding(line, form)));
all(".preview iframe").forEach((frame) => all("form[data-autosave]").forEach((form) => follow(frame, form)));
all("form[data-previewed]").forEach(previewAlong);
all("form[data-count]").forEach(countAlong);
all("[data-refresh]").forEach(keepFresh);

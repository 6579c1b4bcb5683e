// Comforts of the studio. Every page there works without this file; nothing here is needed.
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const WRITING = "form:is([data-autosave], [data-previewed])";
const AFTER_TYPING = 1000, FIRST_RETRY = 2000, LAST_RETRY = 30000, SIGNED_OUT_RETRY = 15000;
const TOO_LONG = "Not saved: the text is too long to send. Shorten it; what you typed stays here.";

// A draft saves itself. What could not be saved stays in this browser until it is.
function keepSaved(form) {
  const status = form.querySelector("[data-saved]"), standing = document.querySelector("[data-standing]");
  const key = `unsaved ${new URL(form.action).pathname}`;
  const typed = () => Object.fromEntries([...new FormData(form)].filter(([name]) => !["csrf_token", "revision"].includes(name)));
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  let saved = typed(), timer, saving = false, wait = FIRST_RETRY, conflict = false, leaving = false;
  // Who types fast has begun before this file was there.
  const isBegun = all("textarea, input:is([type='text'], :not([type]))", form).some((field) => field.value !== field.defaultValue);
  if (isBegun || "unsaved" in form.dataset) saved = null;

  const say = (text, bad = false) => {
    status.hidden = false;
    status.classList.toggle("bad", bad);
    if (status.textContent !== text) status.textContent = text;
  };
  // The site would hang up on so much, unread.
  const isTooLong = () => String(new URLSearchParams(new FormData(form))).length > Number(form.dataset.largest);
  const isUnsaved = () => !same(saved, typed());
  const keep = () => { try { localStorage.setItem(key, JSON.stringify({ at: Date.now(), typed: typed() })); } catch { /* Full, or forbidden. */ } };
  const forget = () => { try { localStorage.removeItem(key); } catch { /* Forbidden. */ } };
  const later = (delay) => { clearTimeout(timer); timer = setTimeout(save, delay); };
  const again = (text, delay = wait) => {
    say(`Not saved: ${text} Trying again…`, true);
    wait = Math.min(wait * 2, LAST_RETRY);
    later(delay);
  };

  async function save() {
    if (saving || conflict || !isUnsaved()) return;
    if (isTooLong()) return say(TOO_LONG, true);
    saving = true;
    const sent = typed();
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.action, { method: "post", body, headers: { Accept: "application/json" } });
      const said = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
      if (answer.ok && said?.saved) {
        form.elements.revision.value = said.revision;
        saved = sent;
        wait = FIRST_RETRY;
        if (isUnsaved()) { keep(); later(AFTER_TYPING); } else forget();
        say(`Saved ${said.saved}`);
        standing.textContent = `Draft, saved ${said.saved}`;
        form.dispatchEvent(new Event("saved"));
      } else if (answer.status === 422) {
        say(`Not saved: ${said?.message ?? "something in it has to be mended."}`, true);
      } else if (answer.status === 413) {
        say(TOO_LONG, true);
      } else if (answer.status === 409) {
        conflict = standing.hidden = true;
        say(`Not saved: ${said?.message ?? "it was changed elsewhere."} Press Save to see both.`, true);
      } else if (answer.redirected || [401, 403, 404].includes(answer.status)) {
        again("you are signed out. Sign in again in another window; what you typed stays here.", SIGNED_OUT_RETRY);
      } else {
        again("the site has trouble.");
      }
    } catch {
      again("the site cannot be reached. What you typed stays here.");
    } finally {
      saving = false;
    }
  }

  form.addEventListener("input", () => {
    if (!isUnsaved()) return;
    keep();
    if (!saving) later(AFTER_TYPING);
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.formTarget) return;
    leaving = !isTooLong();
    if (!leaving) { event.preventDefault(); say(TOO_LONG, true); }
  });
  if (isBegun) later(AFTER_TYPING);
  addEventListener("online", () => later(0));
  addEventListener("beforeunload", (event) => { if (!leaving && isUnsaved()) event.preventDefault(); });
  offerSpare(form, key, typed, forget);
}

// Text that an earlier visit could not save.
function offerSpare(form, key, typed, forget) {
  const offer = form.querySelector("[data-spare]");
  let spare = null;
  try { spare = JSON.parse(localStorage.getItem(key)); } catch { /* Forbidden, or not ours. */ }
  if (!spare || "unsaved" in form.dataset) return;
  if (JSON.stringify(spare.typed) === JSON.stringify(typed())) return forget();
  offer.querySelector("[data-spare-time]").textContent = new Date(spare.at).toLocaleString();
  offer.hidden = false;
  form.addEventListener("saved", () => { offer.querySelector("[data-spare-older]").hidden = false; });
  offer.querySelector("[data-spare-take]").addEventListener("click", () => {
    for (const field of form.elements) {
      if (["csrf_token", "revision"].includes(field.name) || !field.name) continue;
      if (field.type === "checkbox") field.checked = field.name in spare.typed;
      else if (field.name in spare.typed) field.value = spare.typed[field.name];
    }
    offer.hidden = true;
    form.dispatchEvent(new Event("input"));
    form.querySelector("textarea").focus();
  });
  offer.querySelector("[data-spare-drop]").addEventListener("click", () => { forget(); offer.hidden = true; });
}

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

all("form[data-autosave]").forEach(keepSaved);
all("[data-insert]").forEach(offerInserting);
all(".preview iframe").forEach((frame) => all("form[data-autosave]").forEach((form) => follow(frame, form)));
all("form[data-previewed]").forEach(previewAlong);
all("form[data-count]").forEach(countAlong);
all("[data-refresh]").forEach(keepFresh);

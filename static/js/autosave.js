// What is written in a lesson or a draft saves itself. The pages work without this file; nothing here is needed.
// What could not be saved stays in the form, and in this browser until it is.
const AFTER_TYPING = 1500, FIRST_RETRY = 3000, LAST_RETRY = 60000, SIGNED_OUT_RETRY = 20000;
const TOO_LONG = "Not saved yet: it is too long to send. Shorten it; what you typed stays here.";
const form = document.querySelector("form[data-autosave]");
if (form) keepSaved(form);

function keepSaved(form) {
  const status = form.querySelector("[data-saved]"), standing = document.querySelector("[data-standing]");
  const fields = [...form.querySelectorAll("textarea, input:is([type=text], [type=checkbox], :not([type]))")];
  // Another person at the same computer is not offered it.
  const key = `unsaved ${form.dataset.autosave} ${new URL(form.action).pathname}`;
  const offered = `offered ${key}`;
  const read = (field) => field.type === "checkbox" ? String(field.checked) : field.value;
  const typed = () => Object.fromEntries(fields.map((field) => [field.name, read(field)]));
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const shown = Object.fromEntries(fields.map((field) => [field.name, field.type === "checkbox" ? String(field.defaultChecked) : field.defaultValue]));
  let saved = "unsaved" in form.dataset ? null : shown, timer, saving = false, wait = FIRST_RETRY, halted = false, leaving = false;

  const say = (text, bad = false) => {
    status.hidden = false;
    status.classList.toggle("bad", bad);
    if (status.textContent !== text) status.textContent = text;
  };
  const body = () => form.enctype.startsWith("multipart") ? new FormData(form) : new URLSearchParams(new FormData(form));
  // The site would hang up on so much, unread.
  const isTooLong = () => String(body()).length > Number(form.dataset.largest ?? Infinity);
  const isUnsaved = () => !same(saved, typed());
  const store = (act) => { try { return act(localStorage); } catch { return null; /* Full, forbidden, or not ours. */ } };
  const keep = () => store((kept) => kept.setItem(key, JSON.stringify({ at: Date.now(), typed: typed() })));
  const forget = (...names) => store((kept) => names.forEach((name) => kept.removeItem(name)));
  const later = (delay) => { clearTimeout(timer); timer = setTimeout(save, delay); };
  const again = (text, delay = wait) => {
    say(`Not saved yet: ${text} What you typed stays here.`, true);
    wait = Math.min(wait * 2, LAST_RETRY);
    later(delay);
  };

  async function save() {
    if (saving || halted || !isUnsaved()) return;
    if (isTooLong()) return say(TOO_LONG, true);
    saving = true;
    const sent = typed();
    try {
      const answer = await fetch(form.action, { method: "post", body: body(), headers: { Accept: "application/json" } });
      const said = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
      // By these the site knows what was on the page when the next words were written.
      if ((answer.ok || answer.status === 422) && said?.marks) {
        for (const [name, mark] of Object.entries(said.marks)) if (form.elements[name]) form.elements[name].value = mark;
      }
      if (answer.ok && said?.saved) {
        saved = sent;
        wait = FIRST_RETRY;
        if (isUnsaved()) { keep(); later(AFTER_TYPING); } else forget(key);
        say(`Saved ${said.saved}`);
        if (standing) standing.textContent = `Draft, saved ${said.saved}`;
        form.dispatchEvent(new Event("saved"));
      } else if ([400, 409].includes(answer.status) && said) {
        halted = true;
        if (standing) standing.hidden = true;
        say(`Not saved yet: ${said.message}${answer.status === 409 ? " Press Save to see both." : ""}`, true);
      } else if (answer.status === 422 && said) {
        say(`Not saved yet: ${said.message}`, true);
      } else if (answer.status === 413) {
        say(TOO_LONG, true);
      } else if (answer.redirected || [401, 403, 404, 410].includes(answer.status)) {
        again("you are signed out, or this is closed by now. Sign in again in another window.", SIGNED_OUT_RETRY);
      } else {
        again("the site has trouble.");
      }
    } catch {
      again("the site cannot be reached.");
    } finally {
      saving = false;
    }
  }

  form.addEventListener("input", () => {
    if (!isUnsaved()) return;
    keep();
    if (!saving && !halted) { if (!status.classList.contains("bad")) say("Not saved yet"); later(AFTER_TYPING); }
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.formTarget) return; // It goes to a preview beside the form.
    leaving = !isTooLong();
    keep();
    if (!leaving) { event.preventDefault(); say(TOO_LONG, true); }
  });
  addEventListener("online", () => later(0));
  addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  addEventListener("beforeunload", (event) => { if (!leaving && isUnsaved()) event.preventDefault(); });
  addEventListener("pageshow", () => { leaving = false; });
  offerSpare();
  if (isUnsaved() && saved) later(AFTER_TYPING); // Who types fast has begun before this file was there.

  // Words that an earlier visit could not save: kept apart from what is typed meanwhile, until they are brought back or
  // thrown away.
  function offerSpare() {
    if ("unsaved" in form.dataset) return;
    const kept = [offered, key].map((name) => store((all) => JSON.parse(all.getItem(name)))).filter(Boolean);
    const spare = Object.fromEntries(fields.map((field) => {
      const unlike = kept.map(({ typed }) => typed[field.name]).filter((words) => words && words.trim() !== read(field).trim());
      return [field.name, unlike.reduce((had, words) => joined(field, had, words), "")];
    }));
    const differs = fields.filter(({ name }) => spare[name]);
    if (!differs.length) return forget(offered, key);
    const at = kept.at(-1).at, offer = form.querySelector("[data-spare]");
    store((all) => { all.setItem(offered, JSON.stringify({ at, typed: spare })); all.removeItem(key); });
    offer.querySelector("[data-spare-time]").textContent = new Date(at).toLocaleString();
    offer.hidden = false;
    const close = () => { forget(offered); offer.hidden = true; };
    offer.querySelector("[data-spare-take]").addEventListener("click", () => {
      for (const field of differs) {
        if (field.type === "checkbox") field.checked = spare[field.name] === "true";
        else field.value = joined(field, field.value, spare[field.name]);
      }
      differs[0].dispatchEvent(new Event("input", { bubbles: true }));
      close();
      differs[0].focus();
    });
    offer.querySelector("[data-spare-drop]").addEventListener("click", close);
  }
}

// In a single line, the words that are brought back take the place of those there.
function joined(field, had, words) {
  return field.type !== "textarea" || words.includes(had) ? words : `${had}\n\n${words}`;
}

// Small comforts. Every page works without this file; nothing here is needed.
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// The contents list marks the section being read.
function followReading(nav) {
  const links = all('a[href^="#"]', nav);
  const headings = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1)))).filter(Boolean);
  let due = false;
  const mark = () => {
    due = false;
    const line = innerHeight * 0.3;
    const bottom = scrollY + innerHeight >= document.documentElement.scrollHeight - 4;
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top <= line);
    const current = bottom ? headings.at(-1) : passed.at(-1) ?? headings[0];
    for (const link of links) {
      if (current && link.hash === "#" + current.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  const later = () => { if (!due) { due = true; requestAnimationFrame(mark); } };
  addEventListener("scroll", later, { passive: true });
  addEventListener("resize", later, { passive: true });
  nav.addEventListener("click", (event) => {
    if (event.target.closest("a")) for (const fold of all("details", nav)) fold.open = false;
  });
  mark();
}

// A time zone nobody has chosen yet is guessed from the browser; the person can change it.
function guessTimeZone(select) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const options = all("option", select);
  const chosen = options.some((option) => option.defaultSelected && option.value);
  if (!zone || chosen || select.value === zone) return;
  if (!options.some((option) => option.value === zone)) {
    if (!/^(Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)\//.test(zone)) return;
    select.add(new Option(zone, zone));  // An older name, by which some browsers still go.
  }
  select.value = zone;
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

// A video is fetched from YouTube only when somebody asks for it, from the address that sets no cookie.
function offerVideo(button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const player = document.createElement("div");
    const frame = document.createElement("iframe");
    player.className = "player";
    frame.src = `https://www.youtube-nocookie.com/embed/${encodeURIComponent(button.dataset.videoId)}?autoplay=1`;
    frame.title = button.dataset.videoTitle || "Video";
    frame.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture";
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    player.append(frame);
    button.replaceWith(player);
    frame.focus();
  });
}

// Forms in a [data-in-place] region answer where they stand: the region is exchanged for the one of the same
// name in the answer. Whatever goes wrong, what was typed stays.
const prepare = (root) => {
  all("[data-needless]", root).forEach((needless) => { needless.hidden = true; });
  all("select[data-guess-time-zone]", root).forEach(guessTimeZone);
  all("button[data-video-id]", root).forEach(offerVideo);
  all("form", root).forEach(echoChoice);
};

function focusOn(region) {
  const target = region.querySelector("[data-focus]") ?? region.querySelector("[aria-invalid=true]") ?? region.querySelector("h1, h2, p") ?? region;
  if (!target.matches("input, select, textarea, button, a, [tabindex]")) target.tabIndex = -1;
  target.focus({ preventScroll: true });
  const { top, bottom } = target.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) target.scrollIntoView({ block: "center" });
}

function say(form, text) {
  form.querySelector("[data-status]")?.remove();
  const status = document.createElement("p");
  status.className = "status";
  status.dataset.status = "";
  status.setAttribute("role", "alert");
  status.tabIndex = -1;
  status.textContent = text;
  form.prepend(status);
  status.focus();
}

// A page has its first heading already when an answer that was to be a page of its own comes into it.
function demote(heading) {
  const lower = document.createElement("h2");
  lower.append(...heading.childNodes);
  heading.replaceWith(lower);
}

async function ask(form, submitter) {
  const typed = new URLSearchParams(new FormData(form, submitter));
  const method = submitter?.hasAttribute("formmethod") ? submitter.formMethod : form.method;
  const action = submitter?.hasAttribute("formaction") ? submitter.formAction : form.action;
  const reads = method === "get";
  const address = reads ? `${action.split("?")[0]}?${typed}` : action;
  const answer = await fetch(address, { method, body: reads ? null : typed, headers: { Accept: "text/html" } });
  return { answer, address, reads, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
}

const unreachable = "We could not reach the site. What you typed is still here: please check your connection and try again.";
const failed = "This did not work. Nothing was lost: please try again in a moment.";

async function answerInPlace(form, region, submitter) {
  submitter?.setAttribute("aria-busy", "true");
  try {
    const { answer, address, reads, page } = await ask(form, submitter);
    const fresh = page.querySelector(`[data-in-place="${CSS.escape(region.dataset.inPlace)}"]`);
    if (fresh) {
      const here = document.adoptNode(fresh);
      all("[data-in-place] .status[role=status]").forEach((said) => said.remove());
      if (!region.querySelector("h1")) all("h1", here).forEach(demote);
      region.replaceWith(here);
      if (reads) history.replaceState(null, "", address);
      else document.title = (answer.ok ? "" : "Error: ") + document.title.replace(/^Error: /, "");
      prepare(here);
      focusOn(here);
    } else if (answer.ok) {
      location.assign(answer.url);
    } else {
      say(form, page.querySelector("[data-message]")?.textContent.trim() || failed);
    }
  } catch {
    say(form, unreachable);
  } finally {
    submitter?.removeAttribute("aria-busy");
  }
}

// What is marked data-shows shows the form otherwise (another week, another zone): only its parts that depend on that are
// exchanged, so that what is being typed meanwhile stays, and the focus stays where it is.
let latest = 0;
async function showOtherwise(form, submitter) {
  const mine = ++latest;
  const parts = all("[data-part]");
  const held = document.activeElement;
  parts.forEach((part) => part.setAttribute("aria-busy", "true"));
  try {
    const { page } = await ask(form, submitter);
    if (mine !== latest) return;
    if (!page.querySelector("[data-part]")) return say(form, failed);
    for (const part of parts) {
      const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
      if (!fresh || (part.dataset.of && part.dataset.of === fresh.dataset.of)) continue;
      part.replaceWith(document.adoptNode(fresh));
      prepare(fresh);
    }
    echoChoice(form);
    if (!held.isConnected) (document.getElementById(held.id) ?? form.querySelector("[data-week]"))?.focus();
    const said = form.querySelector("[data-says]");
    if (said) said.textContent = form.querySelector("[data-week]")?.dataset.week ?? "";
  } catch {
    say(form, unreachable);
  } finally {
    if (mine === latest) all("[data-part]").forEach((part) => part.removeAttribute("aria-busy"));
  }
}

// What is chosen far above is said again beside the button that sends it.
function echoChoice(form) {
  const echo = form.querySelector("[data-echo]");
  if (!echo) return;
  const chosen = all(`[name="${echo.dataset.echo}"]:checked`, form).map((input) => input.closest("label").textContent.trim());
  echo.textContent = chosen.join("; ");
}

document.addEventListener("change", (event) => {
  const { form } = event.target;
  if (!form) return;
  if (event.target.matches("[data-shows]")) showOtherwise(form, form.querySelector("[data-needless] button"));
  else echoChoice(form);
});

// While it is being typed: on leaving the field, what moves would slip away under the next click.
document.addEventListener("input", ({ target: { form, id, value } }) => {
  for (const note of form && id ? all(`[data-beside="${CSS.escape(id)}"]`, form) : []) {
    note.hidden = !new RegExp(note.dataset.if, "i").test(value.split("@").at(-1));
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const region = form.closest("[data-in-place]");
  if (event.defaultPrevented) return;
  if (event.submitter?.matches("[data-shows]")) {
    event.preventDefault();
    showOtherwise(form, event.submitter);
    return;
  }
  // A form that leads to another site cannot be answered here.
  if (!region || form.querySelector("[data-leaves]")) return;
  if (event.submitter?.hasAttribute("aria-busy")) { event.preventDefault(); return; }
  event.preventDefault();
  answerInPlace(form, region, event.submitter);
});

all("[data-spy]").forEach(followReading);
prepare(document);

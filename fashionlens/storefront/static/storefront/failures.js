// What went wrong with a request of htmx, in a sentence. Only the shop's own fragments
// are shown: a proxy, or the login page of a network, answers with pages of its own.
const failures = (() => {
  const sentences = document.getElementById("failures").content;
  const say = (name) => sentences.querySelector(`[data-for~="${name}"]`)?.textContent.trim();

  const isFragment = (xhr) =>
    /^text\/html/.test(xhr.getResponseHeader("Content-Type") ?? "") &&
    !/<(!doctype|html|head|body)\b/i.test(xhr.responseText.slice(0, 2000));

  // The sentence for an answer that is not shown; without an answer for "lost" or "late".
  const explain = (xhr, event = "lost") => {
    if (!xhr?.status) return say(event);
    const wait = Number(xhr.getResponseHeader("Retry-After"));
    const name = xhr.status < 400 ? "foreign" : xhr.status;
    const sentence = say(name) ?? say(xhr.status < 500 ? "refused" : "broken");
    return wait > 0 ? `${sentence} ${say("wait").replace("%s", wait)}` : sentence;
  };

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.xhr.status === 204 || isFragment(detail.xhr)) return;
    detail.shouldSwap = false;
    detail.isError = true;
  });

  // Beside the control for a page that says nothing itself.
  const tell = (text) => {
    const line = document.getElementById("failure") ?? document.createElement("p");
    line.id = "failure";
    line.className = "notice";
    line.setAttribute("role", "alert");
    line.textContent = text;
    if (!line.parentElement) document.body.append(line);
    setTimeout(() => line.remove(), 10_000);
  };

  return { explain, tell };
})();

(() => {
  if (document.getElementById("photo-form")?.hasAttribute("data-hx-post")) return; // tells itself
  document.addEventListener("htmx:responseError", ({ detail }) =>
    failures.tell(failures.explain(detail.xhr)),
  );
  document.addEventListener("htmx:sendError", () => failures.tell(failures.explain(null)));
  document.addEventListener("htmx:timeout", () => failures.tell(failures.explain(null, "late")));
})();

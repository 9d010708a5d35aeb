# Controls smaller than a finger. Links in the midst of a sentence are as high as it.
SMALL_TARGETS = """() => {
  const least = 43.5;
  const areasOf = (control) => [
    control,
    control.closest("label"),
    control.id && document.querySelector(`label[for="${control.id}"]`),
    control.matches(".card-title a") && control.closest(".card"),
  ].filter(Boolean).map((area) => area.getBoundingClientRect());
  const isSeen = (control) =>
    control.checkVisibility({ visibilityProperty: true }) &&
    !control.matches(".skip, .visually-hidden");
  const isInSentence = (control) =>
    control.matches("p a:not(.button)") &&
    getComputedStyle(control).display === "inline";
  return [...document.querySelectorAll(
    "a[href], button, select, summary, input:not([type=hidden])"
  )].filter((control) => isSeen(control) && !isInSentence(control))
    .filter((control) => !areasOf(control).some(
      ({ width, height }) => width >= least && height >= least
    ))
    .map((control) => control.outerHTML.replace(/\\s+/g, " ").slice(0, 120));
}"""

"""Text of feeds, which may be HTML, as plain text."""

import re
from html.parser import HTMLParser

from catalog.slugs import visible_text

_TAG = re.compile(r"<(?P<slash>/?)(?P<name>[a-zA-Z][\w:.-]*)(?P<attributes>[^<>]*)>")
_TAG_OR_LESS = re.compile(rf"{_TAG.pattern}|<(?!!)")
# Elements that are HTML even without attributes and an end, as in a text that was cut.
_TAG_NAMES = {
    *("blockquote", "br", "dd", "div", "dl", "dt", "em", "hr", "img", "li", "ol", "p"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "pre", "span", "strong", "ul", "wbr"),
    *("table", "tbody", "td", "tfoot", "th", "thead", "tr"),
}
CONTROL_CHARS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


def one_line(text: str) -> str:
    return " ".join(plain_text(text).split())


def plain_text(text: str) -> str:
    """Return the visible text, without control characters and HTML."""
    text = CONTROL_CHARS.sub("", visible_text(text))
    for _ in range(2):  # feeds often escape their HTML twice
        html = _escape_words(text)
        if _TAG.search(html) or re.search(r"<!--|&(#?\w+);", text):
            text = visible_text(_HtmlText.extract(html))
    return tidy_lines(text)


def tidy_lines(text: str) -> str:
    """Return the text without idle white space, as imports store it."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _escape_words(text: str) -> str:
    """Escape each < that begins no tag, as in `Jacket <XL> wide`."""
    closed = {name.lower() for name in re.findall(r"</([a-zA-Z][\w:.-]*)", text)}

    def escape(match: re.Match[str]) -> str:
        name, attributes = (match["name"] or "").lower(), match["attributes"] or ""
        is_tag = name and (
            match["slash"]
            or name in _TAG_NAMES
            or name in closed
            or "=" in attributes
            or attributes.endswith("/")
        )
        return match[0] if is_tag else f"&lt;{match[0][1:]}"

    return _TAG_OR_LESS.sub(escape, text)


def shorten(text: str, max_chars: int = 200) -> str:
    return text if len(text) <= max_chars else f"{text[: max_chars - 1]}…"


class _HtmlText(HTMLParser):
    BREAKS = {
        **dict.fromkeys(("div", "li", "tr", "ul", "ol", "h1", "h2", "h3", "h4"), "\n"),
        "p": "\n\n",
    }
    HIDDEN = {"script", "style"}

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = False

    @classmethod
    def extract(cls, html: str) -> str:
        parser = cls()
        parser.feed(html)
        parser.close()
        return "".join(parser.parts)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden = tag in self.HIDDEN
        self.parts += ["\n"] if tag == "br" else self._block_break(tag)

    def handle_endtag(self, tag: str) -> None:
        self.hidden = False
        self.parts += self._block_break(tag)

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)

    def _block_break(self, tag: str) -> list[str]:
        # One line break between two blocks is enough.
        broken = bool(self.parts) and self.parts[-1].endswith("\n")
        return [] if broken or tag not in self.BREAKS else [self.BREAKS[tag]]

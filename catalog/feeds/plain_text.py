"""Text of feeds, which may be HTML, as plain text."""

import re
import unicodedata
from html.parser import HTMLParser

CONTROL_CHARS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


def one_line(text: str) -> str:
    return " ".join(plain_text(text).split())


def plain_text(text: str) -> str:
    """Return the text in NFC, without control characters and HTML."""
    text = CONTROL_CHARS.sub("", unicodedata.normalize("NFC", text))
    for _ in range(2):  # feeds often escape their HTML twice
        if re.search(r"</?[a-zA-Z][^<>]*>|<!--|&(#?\w+);", text):
            text = _HtmlText.extract(text)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


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

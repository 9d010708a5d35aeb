"""Pages on their way to the browser: compressed, or not sent again.

Compression can tell what is secret in a page to somebody who makes a browser load it
many times with guesses in its address (BREACH). The shop's pages hold no secret. The
admin masks its tokens anew each time, and Django adds random bytes to each page.
Answers of the API stay as they are: their ETag must not become a weak one.
"""

from hashlib import sha256

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.http import ConditionalGetMiddleware
from django.template.response import TemplateResponse
from django.utils.http import quote_etag


def _is_html(response: HttpResponseBase) -> bool:
    return response.headers.get("Content-Type", "").startswith("text/html")


class CompressedHtml(GZipMiddleware):
    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not _is_html(response):
            return response
        return super().process_response(request, response)


class ConditionalHtml(ConditionalGetMiddleware):
    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not _is_html(response):
            return response
        return super().process_response(request, response)


def set_etag_without(response: TemplateResponse, text: str) -> None:
    """Let the ETag stay the same while only this text of the page changes."""

    def set_etag(rendered: TemplateResponse) -> None:
        content = rendered.content.replace(text.encode(), b"")
        rendered.headers["ETag"] = quote_etag(sha256(content).hexdigest()[:32])

    response.add_post_render_callback(set_etag)

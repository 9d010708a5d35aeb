"""Photos that are refused, as problems."""

from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.problems import ProblemCase, TooLarge
from catalog.photos.remote import AddressError
from ml.preprocess import MAX_MB, PhotoError

# The codes of PhotoError and AddressError.
PHOTO_PROBLEMS = (
    ProblemCase(413, "too_large", f"The photo is larger than {MAX_MB} MB."),
    ProblemCase(422, "empty", "The file is empty."),
    ProblemCase(422, "unsupported", "The file is not a photo in a supported format."),
    ProblemCase(422, "unreadable", "The photo is damaged or incomplete."),
    ProblemCase(
        422,
        "too_many_pixels",
        "The photo has more than 30 megapixels, or more than its format may have: 15"
        " as WebP or GIF, 20 as AVIF.",
    ),
    ProblemCase(422, "too_many_scans", "The progressive JPEG has over 100 scans."),
    ProblemCase(422, "blank", "The animation shows nothing."),
)
ADDRESS_PROBLEMS = (
    ProblemCase(422, "bad_address", "The address is not that of a photo on the web."),
    ProblemCase(422, "private_address", "The address is not public."),
    ProblemCase(422, "address_unreachable", "The address cannot be reached."),
    ProblemCase(422, "address_timeout", "The address did not answer in time."),
    ProblemCase(422, "too_many_redirects", "The address redirects too often."),
)


class BadPhoto(APIException):
    status_code = 422


def as_problem(error: PhotoError | AddressError) -> APIException:
    kind = TooLarge if error.code == "too_large" else BadPhoto
    return kind(str(error), error.code)


class PhotoErrors(APIView):
    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, PhotoError | AddressError):
            exc = as_problem(exc)
        return super().handle_exception(exc)

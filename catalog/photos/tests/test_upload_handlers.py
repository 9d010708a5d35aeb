import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from ml.preprocess import MAX_BYTES


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 40 * 1024 * 1024])
def test_an_upload_over_the_limit_is_truncated(size):
    upload = SimpleUploadedFile("a.jpg", bytes(size))
    file = RequestFactory().post("/", {"photo": upload}).FILES["photo"]
    assert MAX_BYTES < len(file.read()) <= MAX_BYTES + 128 * 1024


def test_an_upload_at_the_limit_is_complete():
    upload = SimpleUploadedFile("a.jpg", bytes(MAX_BYTES))
    file = RequestFactory().post("/", {"photo": upload}).FILES["photo"]
    assert len(file.read()) == MAX_BYTES

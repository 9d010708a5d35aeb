"""Photos in an object storage that speaks S3: STORAGE_URL=s3://bucket/prefix?region=...

Pages name the shop's own addresses (MEDIA_URL): signed ones expire, and a thumbnail is
drawn when it is first requested. `catalog.photos.media` redirects to the object.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from storages.backends.s3 import S3Storage

from catalog.photos.storage import RecordingStorage, StoredFile

PARAMETERS = ("addressing", "endpoint", "public", "region")
SIGNED_S = 3600  # for which the address of an object is valid


def storage_options(url: str) -> dict[str, Any]:
    """Return the options of ObjectStorage for STORAGE_URL. Raises ImproperlyConfigured.

    The keys are those of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or of the
    machine's role.
    """
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(set(given) - set(PARAMETERS)):
        raise ImproperlyConfigured(
            f"STORAGE_URL has the unknown parameter {', '.join(unknown)}. Use"
            f" {', '.join(PARAMETERS)}."
        )
    if parts.scheme != "s3" or not parts.hostname or "@" in parts.netloc:
        raise ImproperlyConfigured(
            "STORAGE_URL is not valid. Set it to s3://bucket/prefix?region=eu-central-1,"
            " and the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    return {
        "bucket_name": parts.netloc,
        "location": parts.path.strip("/"),
        "region_name": given.get("region"),
        "endpoint_url": given.get("endpoint"),
        "client_config": Config(
            s3={"addressing_style": given.get("addressing", "auto")},
            signature_version="s3v4",
            connect_timeout=3,
            read_timeout=20,
            retries={"mode": "standard", "total_max_attempts": 3},
        ),
        "public_url": given.get("public", ""),
    }


def _raising_os_error(method: Callable) -> Callable:
    @wraps(method)
    def wrapped(storage: "ObjectStorage", *args: Any, **kwargs: Any) -> Any:
        try:
            return method(storage, *args, **kwargs)
        except (BotoCoreError, Boto3Error, ClientError) as error:
            raise storage._os_error(error) from error

    return wrapped


class ObjectStorage(RecordingStorage, S3Storage):
    def get_default_settings(self) -> dict[str, Any]:
        return super().get_default_settings() | {
            "public_url": "",
            "default_acl": None,
            # Two photos of the same pixels ask for one name; each needs its own file.
            "file_overwrite": False,
            "querystring_expire": SIGNED_S,
            "object_parameters": {
                "CacheControl": "public, max-age=31536000, immutable"
            },
        }

    def url(self, name: str | None, *args: Any, **kwargs: Any) -> str:
        return urljoin(settings.MEDIA_URL, quote(name or ""))

    def object_url(self, name: str) -> str:
        """Return the public address of the object, or a signed one."""
        if self.public_url:
            return f"{self.public_url.rstrip('/')}/{quote(self._object_name(name))}"
        return super().url(name)

    def list_files(self, folder: str) -> Iterator[StoredFile]:
        """Yield all files below the folder, a thousand for each request."""
        start = self._object_name("")
        try:
            for each in self.bucket.objects.filter(Prefix=f"{start}{folder}/"):
                yield StoredFile(each.key.removeprefix(start), each.last_modified)
        except (BotoCoreError, ClientError) as error:
            raise self._os_error(error) from error

    def _object_name(self, name: str) -> str:
        return f"{self.location}/{name}" if self.location else name

    def _os_error(self, error: Exception) -> OSError:
        return OSError(
            f"Cannot use the bucket {self.bucket_name} (STORAGE_URL): {error}"
        )

    _open = _raising_os_error(S3Storage._open)
    _save = _raising_os_error(S3Storage._save)
    delete = _raising_os_error(S3Storage.delete)
    exists = _raising_os_error(S3Storage.exists)
    size = _raising_os_error(S3Storage.size)

"""What the processes write to standard error, and in which form."""

from typing import Any

FORMATS = {
    "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    "json": {
        "()": "pythonjsonlogger.json.JsonFormatter",
        "format": "{asctime} {levelname} {name} {message} {request_id}",
        "style": "{",
        "rename_fields": {"asctime": "time", "levelname": "level"},
    },
}


def logging_settings(*, format: str, level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {
                "()": "django_guid.log_filters.CorrelationId",
                "correlation_id_field": "request_id",
            }
        },
        "formatters": {format: FORMATS[format]},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": format,
                "filters": ["request_id"],
            }
        },
        "loggers": {
            # Internet scanners request unknown hosts all day.
            "django.security.DisallowedHost": {"handlers": [], "propagate": False},
            "axes": {"level": "WARNING"},
            "django_guid": {"level": "WARNING"},
            "waitress.queue": {"level": "ERROR"},  # a line for each waiting request
        },
        "root": {"handlers": ["console"], "level": level},
    }

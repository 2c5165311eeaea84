# tidegate on an NVIDIA GPU: `docker build -f docker/gpu.Dockerfile -t tidegate:gpu .`, then run with --gpus all.
# onnxruntime-gpu of requirements/gpu.txt is built for CUDA 13 and cuDNN 9: the base must bring both.
# Through a published port: run it with -e TIDEGATE_ANONYMOUS=anywhere, or make API keys (docs/guides/http.md).
ARG NODE=node:24-trixie-slim
ARG BASE=nvidia/cuda:13.0.2-cudnn-runtime-ubuntu24.04

# The console, bundled: nothing of node is in the image that serves.
FROM ${NODE} AS console
WORKDIR /src/console
COPY console/package.json console/package-lock.json console/.npmrc ./
RUN npm ci --omit=dev
COPY console ./
RUN npm run build

FROM ${BASE} AS python
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/*

FROM python AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv /build
COPY requirements/build.txt requirements/gpu.txt requirements/
RUN /build/bin/pip install --require-hashes -r requirements/build.txt \
    && python3 -m venv --without-pip /opt/tidegate \
    && /build/bin/pip --python /opt/tidegate/bin/python install --require-hashes -r requirements/gpu.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY taxonomy taxonomy
COPY models models
COPY service service
COPY --from=console /src/service/console/built service/console/built
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /build/bin/pip --python /opt/tidegate/bin/python install --no-deps --no-index /wheels/*.whl

FROM python
COPY --from=build /opt/tidegate /opt/tidegate
ENV PATH=/opt/tidegate/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TIDEGATE_DEVICE=cuda \
    TIDEGATE_HOST=0.0.0.0 \
    TIDEGATE_PORT=8000
USER 65532:65532
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['TIDEGATE_PORT']}/health/ready\", timeout=2)"]
ENTRYPOINT ["tidegate"]
CMD ["serve"]

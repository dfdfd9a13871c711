# One image for the gateway and the worker: `sojourn gateway`, `sojourn worker`.
ARG PYTHON_IMAGE=python:3.13.9-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /source
RUN python -m venv /opt/sojourn
COPY requirements.lock ./
RUN /opt/sojourn/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN /opt/sojourn/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --create-home --home-dir /var/lib/sojourn sojourn
COPY --from=build /opt/sojourn /opt/sojourn
ENV PATH=/opt/sojourn/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SOJOURN_DATA_DIR=/var/lib/sojourn
USER sojourn
WORKDIR /var/lib/sojourn
ENTRYPOINT ["sojourn"]
CMD ["--help"]

FROM python:3.11-slim AS build
WORKDIR /srv/product-images
COPY requirements-installer.lock requirements.lock ./
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements-installer.lock \
 && /opt/venv/bin/uv pip install --no-cache --compile-bytecode --python /opt/venv/bin/python \
    --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY app app
COPY sql sql
# Editable, because the service reads sql/ beside app/.
RUN /opt/venv/bin/uv pip install --offline --no-cache --python /opt/venv/bin/python \
    --no-deps --no-build-isolation --editable . \
 && /opt/venv/bin/pip uninstall --yes uv \
 && /opt/venv/bin/python -m compileall -q app  # who runs the service may not write it, and each start would compile anew

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin images \
 && install -d -o images -g images -m 0700 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/product-images /srv/product-images
WORKDIR /srv/product-images
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data HOST=0.0.0.0
USER images
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["product-images"]
CMD ["serve"]

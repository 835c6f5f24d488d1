# OpenSaldo and KontoBank in one image; not as root. See docs/guides/self-hosting.md.
# Debian trixie, because from Python 3.12 on DBOS needs SQLite 3.42 or newer.
# Everything is compiled here: the user it runs as may write no bytecode, and each start would compile anew.
FROM python:3.13-slim-trixie AS build
ENV UV_COMPILE_BYTECODE=1
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /source
COPY requirements.lock ./
RUN uv venv /opt/opensaldo && uv pip install --python /opt/opensaldo --no-cache --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY widget widget
RUN uv pip install --python /opt/opensaldo --no-cache --no-deps --no-build-isolation .

FROM python:3.13-slim-trixie
RUN python -m compileall -q /usr/local/lib/python3.13
COPY --from=build /opt/opensaldo /opt/opensaldo
RUN useradd --system --uid 10001 --home-dir /data opensaldo \
    && install -d -o opensaldo -g opensaldo -m 700 /data /keys
ENV PATH=/opt/opensaldo/bin:$PATH \
    OPENSALDO_DATA_DIR=/data \
    OPENSALDO_KEY_DIR=/keys \
    OPENSALDO_HOST=0.0.0.0 \
    OPENSALDO_PORT=8400
USER opensaldo
# Keys have a volume of their own: back up /data, never /keys.
VOLUME ["/data", "/keys"]
EXPOSE 8400
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", \
    "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['OPENSALDO_PORT'] + '/v1/health', timeout=2)"]
CMD ["opensaldo", "serve"]

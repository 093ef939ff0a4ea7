FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY bridge bridge
COPY adapters adapters
RUN useradd --create-home bridge && mkdir /data && chown bridge /data
USER bridge
ENV DATABASE_URL=sqlite:////data/bridge.db
VOLUME /data
STOPSIGNAL SIGTERM
CMD ["python", "-m", "bridge"]

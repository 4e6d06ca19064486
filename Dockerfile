FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 HOST=0.0.0.0 DATA_DIR=/data DEBUG=false
WORKDIR /app

COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY . .
RUN useradd --system perennial && mkdir /data && chown perennial /data \
    && SECRET_KEY=only-while-the-image-is-being-built python manage.py collectstatic --noinput --verbosity 0 \
    && chown -R perennial /data
USER perennial
VOLUME /data
EXPOSE 8000

CMD ["sh", "-c", "python manage.py migrate --verbosity 0 && exec bin/serve"]

# Broadsheet in a container; docs/operations.md says how to run it.
FROM python:3.12-slim

# Ids that do not change: the volume is theirs.
RUN groupadd --system --gid 10001 broadsheet \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /broadsheet broadsheet \
    && install --directory --owner=broadsheet --group=broadsheet /broadsheet /broadsheet/data

# Every dependency comes as a wheel: nothing is compiled, and no compiler is in the image.
COPY pyproject.toml README.md LICENSE .env.example /source/
COPY deploy /source/deploy
COPY bot /source/bot
COPY config /source/config
COPY seeds /source/seeds
RUN pip install --no-cache-dir --only-binary :all: --no-binary broadsheet '/source[postgres]' \
    && rm -r /source

WORKDIR /broadsheet
COPY config config
COPY seeds seeds
USER 10001:10001
VOLUME ["/broadsheet/data"]

# There is no HEALTHCHECK: Docker restarts nothing for one, and the bot ends by itself when it
# cannot go on (bot/supervision.py). `--restart` does the rest.
STOPSIGNAL SIGTERM
ENTRYPOINT ["broadsheet"]
CMD ["run"]

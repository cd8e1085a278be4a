# powrl on CPUs:
#   docker build -t powrl .
#   docker run --rm -v "$PWD/runs:/work/runs" powrl score --seeds 1
# With training, and PyTorch's build for CPUs: docker build --build-arg EXTRAS=[train] -t powrl .
FROM python:3.12-slim AS build
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.12-slim
ARG EXTRAS=""
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu \
      "$(echo /wheels/powrl-*.whl)${EXTRAS}" \
    && rm -r /wheels \
    && useradd --create-home powrl \
    && mkdir --parents /work/runs /work/cache \
    && chown --recursive powrl /work
USER powrl
WORKDIR /work
# reference runs cost most of a scoring's time: mount a volume here to keep them
ENV POWRL_CACHE=/work/cache
ENTRYPOINT ["powrl"]
CMD ["--help"]

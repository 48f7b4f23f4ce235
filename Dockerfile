# Built in one stage, run in another: the second holds the binary, the system's root certificates and nothing else.
FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends cmake && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
COPY src src
COPY migrations migrations
COPY locales locales
COPY templates templates
COPY static static
# Tests, benches and examples are named in Cargo.toml but not needed here.
RUN mkdir -p benches examples tests/it && sed -i '/^\[\[bench\]\]/,/^$/d' Cargo.toml
RUN cargo build --release --locked --bin muster && mkdir -p /out/data && cp target/release/muster /out/muster

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/muster /muster
# An empty folder that belongs to the user (65532), so that a fresh volume does too.
COPY --from=build --chown=65532:65532 /out/data /data
WORKDIR /
VOLUME /data
EXPOSE 1411
ENV HOST=0.0.0.0
# Nothing is written outside /data: `docker run --read-only` works.
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s CMD ["/muster", "healthcheck"]
ENTRYPOINT ["/muster"]

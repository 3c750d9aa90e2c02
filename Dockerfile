# Two images: `docker build --target program .` has the program and the certificates of public authorities, and nothing else;
# `docker build --target git .` has sh and git as well, for CI systems that run scripts in a container and for `--push`.
# A release passes the program that it has built already: `--build-context build=DIRECTORY`.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /source
COPY . .
ARG CHARTWRIGHT_COMMIT
ARG CHARTWRIGHT_COMMIT_DATE
RUN cargo build --locked --release --config .cargo/static.toml \
    && cp target/*/release/chartwright /chartwright \
    && cp /etc/ssl/certs/ca-certificates.crt /ca-certificates.crt

FROM alpine:3.22 AS git
RUN apk add --no-cache git
COPY --from=build /ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /chartwright /usr/bin/chartwright
# The directory that a CI system mounts belongs to another user.
RUN git config --system --add safe.directory '*'
WORKDIR /work
ENTRYPOINT ["/usr/bin/chartwright"]

FROM scratch AS program
COPY --from=build /ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /chartwright /usr/bin/chartwright
WORKDIR /work
ENTRYPOINT ["/usr/bin/chartwright"]

# Three images: `docker build --target program .` has the program and the certificates of public authorities, and nothing else;
# `docker build --target git .` has sh and git as well, for CI systems that run scripts in a container and for `--push`;
# `docker build --target agent .` has what `apply` and the agent run besides (docs/agent.md).
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

# What their projects released, with the checksums that they published. BuildKit sets TARGETARCH.
FROM alpine:3.22 AS tools
ARG TARGETARCH
ARG HELM_VERSION=4.2.4
ARG KUBECTL_VERSION=1.35.9
ARG SOPS_VERSION=3.13.3
WORKDIR /tools
RUN set -eu; \
    case "$TARGETARCH" in \
        amd64) \
            helm=c306b46f719b0a4da32d0f78ee21bf90ce8d602f15b22ab753f0674d1670a7f3; \
            kubectl=3cfeaf80be482b435b0aa214aff6e0b2c312ee23c0ff20810c75517b6004c6eb; \
            sops=e5bec3346a873ae91d871550f3e698c1aad962aff462a080e40f25fde17fef6b ;; \
        arm64) \
            helm=564de2191b881e9f71b5606b25345821ea1682f06ab90499d3ab22b530176da1; \
            kubectl=39c98bca82875d9a9ddfb6f3c5ab17c3f78ea0801230683e538a67d5c053308d; \
            sops=53b0abacd38ef1b12a66d6c100956691b9cefce018d91f81e73ddf7438b94d77 ;; \
        *) echo "there are no checksums for the architecture '$TARGETARCH'" >&2; exit 1 ;; \
    esac; \
    wget -q -O /tmp/helm.tar.gz "https://get.helm.sh/helm-v$HELM_VERSION-linux-$TARGETARCH.tar.gz"; \
    wget -q -O kubectl "https://dl.k8s.io/release/v$KUBECTL_VERSION/bin/linux/$TARGETARCH/kubectl"; \
    wget -q -O sops "https://github.com/getsops/sops/releases/download/v$SOPS_VERSION/sops-v$SOPS_VERSION.linux.$TARGETARCH"; \
    printf '%s  %s\n' "$helm" /tmp/helm.tar.gz "$kubectl" kubectl "$sops" sops | sha256sum -c -; \
    tar -xzf /tmp/helm.tar.gz --strip-components 1 "linux-$TARGETARCH/helm"; \
    chmod 755 helm kubectl sops

FROM git AS agent
# Signals reach the program through tini, which also buries what git and helm leave behind. ssh wants its user to have a name.
RUN apk add --no-cache openssh-client-default tini \
    && addgroup -g 65532 agent \
    && adduser -D -H -u 65532 -G agent -h /tmp agent
COPY --from=tools /tools/ /usr/local/bin/
ENV HOME=/tmp
USER 65532:65532
ENTRYPOINT ["/sbin/tini", "--", "/usr/bin/chartwright"]

FROM scratch AS program
COPY --from=build /ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /chartwright /usr/bin/chartwright
WORKDIR /work
ENTRYPOINT ["/usr/bin/chartwright"]

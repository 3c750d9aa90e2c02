# Everything that must pass before a change lands.
ci:
    .ci/run

# The conformance totals.
conformance:
    cargo build --release
    ../shared/conformance/all.sh target/release/chartwright

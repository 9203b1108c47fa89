# A static binary on an empty base. `.ci/static` builds and tries the same binary without Docker.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
# The target is named, so that build scripts and macros are built as usual and only the binary is static.
RUN target=$(rustc -vV | sed -n 's/^host: //p') \
    && RUSTFLAGS="-C target-feature=+crt-static" \
       cargo build --release --locked --package mock-server --bin mock-server --target "$target" \
    && cp "target/$target/release/mock-server" /mock-server

FROM scratch
COPY --from=build /mock-server /mock-server
USER 65532:65532
ENV MOCK_LISTEN=0.0.0.0:8650
EXPOSE 8650
HEALTHCHECK --interval=5s --timeout=4s --start-period=5s --start-interval=1s CMD ["/mock-server", "healthcheck"]
ENTRYPOINT ["/mock-server"]

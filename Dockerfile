# A small static image: docker build -t deskferry .
FROM rust:1.95-alpine AS build
RUN apk add --no-cache build-base cmake perl linux-headers
WORKDIR /src
COPY . .
# The target of this image is musl: the program needs no library at run time.
RUN cargo build --release --locked && strip target/release/deskferry

FROM alpine:3.22
RUN apk add --no-cache ca-certificates tzdata \
 && adduser -D -u 10001 deskferry \
 && install -d -o deskferry -g deskferry /work
COPY --from=build /src/target/release/deskferry /usr/local/bin/deskferry
USER 10001
WORKDIR /work
ENTRYPOINT ["deskferry"]
CMD ["--help"]

#!/bin/sh
# Installs the binary of the Defentry mock, mock-server, for Linux and macOS. It needs curl, tar, and sha256sum or shasum.
#
#   VERSION            which release, as in 0.1.0; the latest if it is not set
#   INSTALL_DIR        where to; ~/.local/bin if it is not set
#   DEFENTRY_MOCK_DOWNLOAD   another place that holds the files of a release, as a URL
set -eu

# The release puts its own repository here.
repository=

fail() {
    echo "error: $*" >&2
    exit 1
}

main() {
    case "$(uname -s)" in
        Linux) system=unknown-linux-gnu ;;
        Darwin) system=apple-darwin ;;
        *) fail "there is no binary for $(uname -s) here; on Windows use pip, npm or the archive of the release" ;;
    esac
    case "$(uname -m)" in
        x86_64 | amd64) target=x86_64-$system ;;
        aarch64 | arm64) target=aarch64-$system ;;
        *) fail "there is no binary for $(uname -m); build it with cargo" ;;
    esac

    from=${DEFENTRY_MOCK_DOWNLOAD:-}
    if [ -z "$from" ]; then
        [ -n "$repository" ] || fail "take this script from a release, or set DEFENTRY_MOCK_DOWNLOAD"
        from=https://github.com/$repository/releases
        if [ -n "${VERSION:-}" ]; then from=$from/download/v${VERSION#v}; else from=$from/latest/download; fi
    fi

    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    curl --fail --silent --show-error --location --output SHA256SUMS "$from/SHA256SUMS" \
        || fail "$from/SHA256SUMS cannot be read"
    # The sums say which version it is.
    line=$(grep " mock-server-$target-v.*\.tgz\$" SHA256SUMS) || fail "the release has no binary for $target"
    archive=${line##* }
    curl --fail --silent --show-error --location --output "$archive" "$from/$archive" \
        || fail "$from/$archive cannot be read"
    if command -v sha256sum > /dev/null; then sum=$(sha256sum "$archive"); else sum=$(shasum -a 256 "$archive"); fi
    [ "${sum%% *}" = "${line%% *}" ] || fail "$archive is not the file of which the release has the checksum"
    tar -xzf "$archive"

    to=${INSTALL_DIR:-$HOME/.local/bin}
    mkdir -p "$to"
    # By a new name first: a server that runs keeps its file.
    cp "${archive%.tgz}/mock-server" "$to/.mock-server.new"
    chmod 755 "$to/.mock-server.new"
    mv "$to/.mock-server.new" "$to/mock-server"
    "$to/mock-server" --version
    case ":$PATH:" in
        *":$to:"*) ;;
        *) echo "$to is not on PATH: add it, or call $to/mock-server" ;;
    esac
}

# In a function, so that a script that was cut off on its way does nothing.
main

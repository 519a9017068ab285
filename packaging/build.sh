#!/usr/bin/env bash
# Builds what a release consists of, into target/dist. The release workflow runs the same steps.
#
#   packaging/build.sh [STEP…]   all steps that work on this system by default
#
#   source    the source of the commit, as an archive
#   archive   the program for this system, linked to the system's OpenSSL, as an archive
#   static    the program for Linux without any shared library, as an archive
#   deb       a Debian package (needs dpkg-shlibdeps, and cargo install --locked cargo-deb)
#   rpm       an RPM package (needs cargo install --locked cargo-generate-rpm)
#   sums      SHA256SUMS of all files in target/dist
#   recipes   the Homebrew formula and the PKGBUILD, from SHA256SUMS; REPOSITORY is the address of the
#             repository, which has the archives as files of its release
#
# Everything is built from what is checked out, changes that are not committed included; only the
# archive of the source is made from the commit.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
    printf 'packaging/build.sh: %s\n' "$*" >&2
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
[ -n "$version" ] || die "Cargo.toml has no version"
host=$(rustc -vV | sed -n 's/^host: //p')
[ -n "$host" ] || die "rustc does not say for which system it compiles"
build=${CARGO_TARGET_DIR:-$PWD/target}
dist=$PWD/target/dist
# Files in archives have the time of the commit, so that the same commit gives the same archive.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
fi
export SOURCE_DATE_EPOCH
mkdir -p "$dist"

# pack NAME: makes NAME.tar.gz of the folder NAME in the current directory.
pack() {
    if tar --version | grep -q 'GNU tar'; then
        tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -cf - "$1"
    else
        COPYFILE_DISABLE=1 tar -cf - "$1"
    fi | gzip -n9 >"$dist/$1.tar.gz"
    echo "$dist/$1.tar.gz"
}

# bundle PROGRAM TARGET: an archive with the program and its documentation.
bundle() {
    local name=wsline-$version-$2 folder
    folder=$(mktemp -d)
    mkdir -p "$folder/$name/completions" "$folder/$name/man/man1" "$folder/$name/docs"
    install -m 755 "$1" "$folder/$name/wsline"
    install -m 644 LICENSE-MIT LICENSE-APACHE README.md CHANGELOG.md SECURITY.md "$folder/$name/"
    install -m 644 docs/*.md "$folder/$name/docs/"
    install -m 644 completions/wsline.1 "$folder/$name/man/man1/"
    install -m 644 completions/wsline.bash completions/_wsline completions/wsline.fish \
        completions/_wsline.ps1 completions/wsline.elv "$folder/$name/completions/"
    (cd "$folder" && pack "$name")
    rm -rf -- "$folder"
    smoke "$1"
}

# smoke PROGRAM: that it has the right version and works.
smoke() {
    local reply
    reply=$("$1" -V)
    [ "$reply" = "wsline $version" ] || die "$1 -V printed: $reply"
    reply=$(echo hello | "$1" demo)
    [ "$reply" = hello ] || die "echo hello | $1 demo printed: $reply"
}

step_source() {
    local name=wsline-$version-source
    git archive --format=tar --prefix="$name/" HEAD | gzip -n9 >"$dist/$name.tar.gz"
    echo "$dist/$name.tar.gz"
}

build_release() {
    cargo build --locked --release
}

step_archive() {
    build_release
    bundle "$build/release/wsline" "$host"
}

# With musl where its target is installed (rustup target add): such a program runs on every Linux.
# Otherwise glibc is linked statically, which resolves names by files and DNS only.
step_static() {
    local arch=${host%%-*} target flags=
    target=$arch-unknown-linux-musl
    if [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ]; then
        have musl-gcc || die "musl-gcc not found: install musl-tools"
    else
        target=$arch-unknown-linux-gnu
        flags="-C target-feature=+crt-static"
        echo "the target $arch-unknown-linux-musl is not installed: linking glibc statically"
    fi
    # With --target, build scripts and macros are compiled without these flags.
    RUSTFLAGS="${RUSTFLAGS:-} $flags" cargo build --locked --release --features vendored-tls \
        --target "$target" --target-dir "$build/static"
    local program=$build/static/$target/release/wsline
    if have ldd && ldd "$program" >/dev/null 2>&1 && ! ldd "$program" | grep -q 'statically linked'; then
        die "$program needs shared libraries:"$'\n'"$(ldd "$program")"
    fi
    bundle "$program" "${target/%gnu/gnu-static}"
}

# The changelog of the package itself; that of the program is CHANGELOG.md.
debian_changelog() {
    local maintainer
    maintainer=$(sed -n 's/^maintainer = "\(.*\)"$/\1/p' Cargo.toml)
    [ -n "$maintainer" ] || die "Cargo.toml has no maintainer for the Debian package"
    printf 'wsline (%s-1) unstable; urgency=medium\n\n' "$version"
    printf '  * Version %s. changelog.gz lists the changes.\n\n' "$version"
    printf ' -- %s  %s\n' "$maintainer" "$(LC_ALL=C date -uRd "@$SOURCE_DATE_EPOCH")"
}

step_deb() {
    have cargo-deb || die "cargo-deb not found: cargo install --locked cargo-deb"
    build_release
    mkdir -p "$build/packaging"
    debian_changelog >"$build/packaging/changelog"
    gzip -n9c CHANGELOG.md >"$build/packaging/changelog.gz"
    cargo deb --no-build --output "$dist/"
}

step_rpm() {
    have cargo-generate-rpm || die "cargo-generate-rpm not found: cargo install --locked cargo-generate-rpm"
    build_release
    mkdir -p "$build/packaging"
    gzip -n9c completions/wsline.1 >"$build/packaging/wsline.1.gz"
    cargo generate-rpm --target-dir "$build" --source-date "$SOURCE_DATE_EPOCH" --output "$dist/"
}

step_sums() {
    (
        cd "$dist"
        rm -f SHA256SUMS
        files=$(find . -maxdepth 1 -type f ! -name wsline.rb ! -name PKGBUILD | sed 's|^\./||' | LC_ALL=C sort)
        [ -n "$files" ] || die "there are no files in $dist"
        if have sha256sum; then
            printf '%s\n' "$files" | xargs sha256sum >SHA256SUMS
        else
            printf '%s\n' "$files" | xargs shasum -a 256 >SHA256SUMS
        fi
        cat SHA256SUMS
    )
}

# sum FILE: its sum in SHA256SUMS.
sum() {
    local found
    found=$(awk -v file="$1" '$2 == file { print $1 }' "$dist/SHA256SUMS")
    [ -n "$found" ] || die "SHA256SUMS has no $1"
    printf '%s\n' "$found"
}

# fill TEMPLATE: replaces @VERSION@, @REPOSITORY@, and @SUM:TARGET@ by the sum of its archive.
fill() {
    local text target found
    text=$(cat "$1")
    text=${text//@VERSION@/$version}
    text=${text//@REPOSITORY@/$REPOSITORY}
    while [[ $text =~ @SUM:([a-z0-9_-]+)@ ]]; do
        target=${BASH_REMATCH[1]}
        found=$(sum "wsline-$version-$target.tar.gz") || exit 1
        text=${text//@SUM:$target@/$found}
    done
    printf '%s\n' "$text"
}

step_recipes() {
    [ -n "${REPOSITORY:-}" ] || die "set REPOSITORY to the address of the repository"
    [ -f "$dist/SHA256SUMS" ] || die "$dist/SHA256SUMS not found: run the step sums first"
    local formula pkgbuild
    formula=$(fill packaging/homebrew/wsline.rb.in)
    pkgbuild=$(fill packaging/aur/PKGBUILD.in)
    printf '%s\n' "$formula" >"$dist/wsline.rb"
    printf '%s\n' "$pkgbuild" >"$dist/PKGBUILD"
    echo "$dist/wsline.rb"
    echo "$dist/PKGBUILD"
}

steps=("$@")
if [ ${#steps[@]} -eq 0 ]; then
    steps=(source archive)
    case $host in
        *-linux-*) steps+=(static) ;;
    esac
    have cargo-deb && have dpkg-shlibdeps && steps+=(deb)
    have cargo-generate-rpm && steps+=(rpm)
    steps+=(sums)
fi
for step in "${steps[@]}"; do
    case $step in
        source | archive | static | deb | rpm | sums | recipes)
            printf '== %s\n' "$step"
            "step_$step"
            ;;
        *)
            sed -n '2,/^set /{/^#/s/^# \{0,1\}//p;}' packaging/build.sh >&2
            exit 2
            ;;
    esac
done

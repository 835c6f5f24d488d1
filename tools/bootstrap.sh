# Sourced by ./demo and ./test: fills .venv from a lock file, and again only when something changed.
# Needs Python 3.11+ and nothing else. The caller sets $root, the folder of this checkout.
# shellcheck shell=sh disable=SC2154

uv_version=0.13.9
log="$root/.tools/setup.log"
mkdir -p "$root/.tools"

fail() { echo "error: $1" >&2 && exit 1; }

run() { # "what it does" command ...: silent when it works, else the one line that matters
    what=$1 && shift
    "$@" >"$log" 2>&1 && return
    reason=$(grep -iE '^ *(could not|error|cause|E:)' "$log" | sed -e 's/^ *//' -e 1b -e '$!d' | tr '\n' ' ')
    fail "$what failed: ${reason:-$(tail -n 1 "$log") }(all of it: $log)"
}

install_package() { # $1 for apt-get, $2 for brew; false when it may not or could not; NO_INSTALL=1 forbids
    [ -z "${NO_INSTALL:-}" ] || return 1
    if command -v apt-get >/dev/null; then
        sudo=""
        [ "$(id -u)" = 0 ] || { sudo="sudo -n" && sudo -n true 2>/dev/null; } || return 1
        apt="$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qy --no-install-recommends"
        echo "Installing $1 with apt-get ..."
        { $apt install "$1" || { $apt update && $apt install "$1"; }; } >"$log" 2>&1
    elif command -v brew >/dev/null; then
        echo "Installing $2 with brew ..."
        brew install "$2" >"$log" 2>&1
    else
        return 1
    fi
}

find_python() { # sets $python to the path of one that fits; from 3.12 on, DBOS needs a newer SQLite too
    fits='import sqlite3, sys; v = sys.version_info
v < (3, 11) or v >= (3, 12) and sqlite3.sqlite_version_info < (3, 42) or print(sys.executable)'
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        python=$("$name" -c "$fits" 2>/dev/null) || continue
        [ -z "$python" ] || return 0
    done
    fail "Python 3.11 is needed, or a newer one with SQLite 3.42+; none of python3, python3.11 ... python3.14 is one"
}

get_uv() { # puts the pinned uv into .tools, a virtual environment of its own
    uv="$root/.tools/bin/uv"
    case $("$uv" --version 2>/dev/null) in "uv $uv_version"*) return ;; esac
    package="python3-venv" # Debian and Ubuntu keep this part of Python in a package of its own
    [ "$name" = python3 ] || package="$name-venv"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || install_package "$package" python3 ||
        fail "Python's venv module is missing; install it, for example with: sudo apt-get install $package"
    rm -rf "$root/.tools" && mkdir "$root/.tools"
    run "making .tools" "$python" -m venv "$root/.tools"
    run "installing uv" "$root/.tools/bin/python" -m pip install --disable-pip-version-check "uv==$uv_version"
}

follow_pip() { # uv does not read pip's settings: what a user has told only pip is handed on
    settings=$("$root/.tools/bin/python" -m pip config list 2>/dev/null) || return 0
    index=$(echo "$settings" | sed -n "s/^.*\.index-url='\(.*\)'$/\1/p" | head -n 1)
    cert=$(echo "$settings" | sed -n "s/^.*\.cert='\(.*\)'$/\1/p" | head -n 1)
    [ -z "$index" ] || [ -e "${XDG_CONFIG_HOME:-${HOME:-/}/.config}/uv/uv.toml" ] ||
        export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-${UV_INDEX_URL:-$index}}"
    [ -z "$cert" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$cert}"
}

fill() { # $1: the lock file; the stamp inside .venv says for which state of things this was done
    stamp="$root/.venv/.filled-from-$1"
    state=$({ echo "$root $uv_version" && cat "$root/$1" "$root/pyproject.toml"; } | cksum)
    [ -x "$root/.venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$state" ] && return
    echo "Setting up .venv from $1; the next start skips this ..."
    find_python
    get_uv
    follow_pip
    { [ -x "$root/.venv/bin/python" ] && grep -qsF "$root/.venv" "$root/.venv/bin/activate"; } || # gone, or moved
        run "making .venv" "$uv" venv --clear --python "$python" "$root/.venv"
    run "installing $1" "$uv" pip install --python "$root/.venv" --require-hashes -r "$root/$1"
    run "installing OpenSaldo" "$uv" pip install --python "$root/.venv" --no-deps --no-build-isolation -e "$root"
    echo "$state" >"$stamp"
}

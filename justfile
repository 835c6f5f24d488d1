# Developers' recipes; newcomers need only ./demo and ./test.

uv := ".tools/bin/uv"
lock := uv + " pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'just lock'"

# Make both lock files anew from pyproject.toml.
lock *flags:
    {{lock}} {{flags}} pyproject.toml --group build -o requirements.lock
    {{lock}} {{flags}} -c requirements.lock pyproject.toml --group build --group dev -o requirements-dev.lock

# Developers' recipes; newcomers need only ./demo and ./test.

uv := ".tools/bin/uv"
lock := uv + " pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'just lock'"

# Fill .venv, then format, lint, types, ranks and house rules.
check:
    ./test check

# The fast set: no servers, no browser.
test *args:
    ./test fast {{args}}

# Everything.
test-all *args:
    ./test {{args}}

# The platform and the mock bank, with one import done.
run *args:
    ./demo {{args}}

# The figures we publish, in their short form: just bench import_overhead
bench name *args:
    .venv/bin/python -m bench.{{name}} --short {{args}}

# Write the documents that are made from code and data.
docs:
    .venv/bin/python tools/make_docs.py

# Make both lock files anew from pyproject.toml.
lock *flags:
    {{lock}} {{flags}} pyproject.toml --group build -o requirements.lock
    {{lock}} {{flags}} -c requirements.lock pyproject.toml --group build --group dev -o requirements-dev.lock

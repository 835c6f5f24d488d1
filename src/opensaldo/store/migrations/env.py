"""Alembic's entry: runs the scripts on the connection that migrate.py holds."""

from __future__ import annotations

from typing import Any

from alembic import context

from opensaldo.store.tables import metadata


def _note(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
    del ctx, heads, run_args
    context.config.attributes.setdefault("applied", []).append(step.up_revision_id)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=context.config.attributes["version_table"],
    render_as_batch=True,
    on_version_apply=_note,
)
context.run_migrations()

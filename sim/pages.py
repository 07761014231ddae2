"""Pages of one file: no other file, no network."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render_page(template: str, **values: Any) -> str:
    """Return a template of ``sim/templates`` filled in: values are escaped, none may lack."""
    environment = Environment(
        loader=PackageLoader("liquid_control_sim", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)

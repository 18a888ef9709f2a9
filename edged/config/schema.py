"""JSON Schema of the files, for editors: hints and red lines while a technician types."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from edged.config.site_properties import LineProperties, PointProperties, StructureProperties, SurfaceProperties, ZoneProperties
from edged.settings import CameraFile, StationSettings

FileKind = Literal["station", "cameras", "zone", "structure", "surface", "line", "point"]
ROOTS: dict[str, type[BaseModel]] = {
    "station": StationSettings,
    "cameras": CameraFile,
    "zone": ZoneProperties,
    "structure": StructureProperties,
    "surface": SurfaceProperties,
    "line": LineProperties,
    "point": PointProperties,
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(kind: FileKind, language: str) -> dict[str, Any]:
    """Return the schema of station.yaml, of cameras/*.yaml, or of the properties of one kind of feature of site.geojson."""
    made = _spoken(ROOTS[kind].model_json_schema(), language)
    if kind == "cameras":
        # What `defaults:` gives, an entry need not say again.
        entry = made["$defs"]["CameraSettings"]
        made["properties"]["defaults"] = {"type": "object", "properties": entry["properties"], "additionalProperties": False}
        entry["required"] = ["id"]
    return {"$schema": DIALECT, **made}


def _spoken(part: Any, language: str) -> Any:
    """Put the sentences of one language where editors look, and leave our own marks out."""
    if isinstance(part, list):
        return [_spoken(one, language) for one in part]
    if not isinstance(part, dict):
        return part
    out = {
        name: _spoken(inner, language)
        for name, inner in part.items()
        if not (name == "zh" and isinstance(inner, str)) and name != "advanced"
    }
    if language == "zh" and isinstance(part.get("zh"), str):
        out["description"] = part["zh"]
    return out

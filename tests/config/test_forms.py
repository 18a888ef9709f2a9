"""Forms of keys are cheap to keep: each section that holds a key, directly or within another, compiles its form anew."""

from __future__ import annotations

import re

from edged.model.section import Section
from edged.settings import StationSettings


def sections(of: type[Section]) -> set[type[Section]]:
    return {of}.union(*(sections(each) for each in of.__subclasses__()))


def test_no_form_repeats_a_class_of_unicode_characters() -> None:
    assert StationSettings in sections(Section)
    forms = {
        str(form) for section in sections(Section) for field in section.model_fields.values() for one in field.metadata
        if (form := getattr(one, "pattern", None)) is not None
    }  # fmt: skip
    assert len(forms) > 3
    assert not [form for form in forms if re.search(r"\\[wds][^\]]*\]?\{", form)]

"""What technicians type, and what they are told: golden texts in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edged.config.load import load
from edged.config.report import ConfigFaults, Fault

FOLDER = Path(__file__).parent / "typos"
TYPOS = sorted(FOLDER.glob("*.yaml"))
WITHOUT_A_LINE = {"30-byte-order-mark"}


def faults_of(path: Path) -> tuple[Fault, ...]:
    try:
        return load(path).faults
    except ConfigFaults as fault:
        return fault.faults


def test_there_are_enough() -> None:
    assert len(TYPOS) >= 20


@pytest.mark.parametrize("path", TYPOS, ids=lambda p: p.stem)
def test_typo(path: Path) -> None:
    faults = faults_of(path)
    said = "\n".join(one.said(language) for language in ("en", "zh") for one in faults) + "\n"
    assert said.replace(f"{FOLDER}/", "") == path.with_suffix(".txt").read_text(encoding="utf-8")
    assert all(one.severity == "error" for one in faults)
    assert re.search(rf"{path.name}:\d+:\d+: error: ", said)
    if path.stem not in WITHOUT_A_LINE:
        assert re.search(r"\n +\| *\^", said)


def test_what_a_technician_typed_as_password_is_not_repeated() -> None:
    for name, secret in (("12-password", "Gr!p"), ("14-login-in-address", "Gr1pass")):
        for fault in faults_of(FOLDER / f"{name}.yaml"):
            assert secret not in f"{fault.said('en')}{fault.said('zh')}{fault.as_json()}{fault}{fault!r}{fault.place!r}"


def test_all_faults_of_a_file_come_in_one_run(tmp_path: Path) -> None:
    path = tmp_path / "draft.yaml"
    path.write_text(
        "station: {id: Test 1, name: x, lnguage: zh}\nmqtt: {port: 70000}\ncameras:\n"
        "  - {id: a, kind: lokout, address: 192.0.2.1}\n  - {id: b, kind: corridor, address: 192.0.2.2, onvif_port: 0}\n"
    )
    found = [(fault.place.line, fault.rule) for fault in faults_of(path)]
    assert found == [(1, "pattern"), (1, "unknown_key"), (2, "limit"), (4, "choice"), (5, "limit")]

"""`edged journal verify | copy`: prove the digest chain, or copy the journal so that others may read it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from edged.model.errors import StoreGarbled
from edged.model.words import Words
from edged.store.verify import Verification, copy, verify

STATE = Path("/var/lib/edged")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("what", choices=("verify", "copy"), help="recompute the digest chain, or copy into one file")
    parser.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="what to verify (default: the daemon's), or where to copy to (journal-copy.db)"
    )
    parser.add_argument("--state", type=Path, default=STATE, metavar="DIR", help="state folder of the daemon (%(default)s)")
    parser.add_argument("--lane", choices=("real", "test"))
    parser.add_argument("--from", dest="first", type=int, metavar="N", help="first sequence to verify")
    parser.add_argument("--to", dest="last", type=int, metavar="N", help="last sequence to verify")
    parser.add_argument("--json", action="store_true", help="one JSON object for machines")


def run(args: argparse.Namespace) -> int:
    """Return 0, or 1 when the chain is broken. Raises StoreError."""
    path = args.state / "journal.db"
    if args.what == "copy":
        target = args.file or Path("journal-copy.db")
        copy(path, target)
        found = verify(target)
        if found.wrong is not None:
            raise StoreGarbled(f"{target}: copied, but {_said(found, 'en')}", zh=f"{target}：已复制，但{_said(found, 'zh')}")
        said = Words(f"{target}: copied, {found.rows} rows, chain right", f"{target}：已复制，{found.rows} 条记录，链校验正确")
        print(json.dumps({"copied": str(target), "rows": found.rows}) if args.json else said.said(args.language))
        return 0
    path = args.file or path
    found = verify(path, args.lane, args.first, args.last)
    if args.json:
        wrong = found.wrong and {"lane": found.wrong.lane, "epoch": found.wrong.epoch, "sequence": found.wrong.sequence}
        reason = found.wrong and found.wrong.reason
        print(json.dumps({"right": found.right, "rows": found.rows, "wrong": wrong, "reason": reason, "notes": found.notes}))
    else:
        print(f"{path}: {_said(found, args.language)}")
        for note in found.notes:
            print(f"  {note}")
    return 0 if found.right else 1


def _said(found: Verification, language: str) -> str:
    wrong = found.wrong
    if wrong is None:
        return Words(f"{found.rows} rows, chain right", f"{found.rows} 条记录，链校验正确").said(language)
    place = f"{wrong.lane}/{wrong.epoch}/{wrong.sequence}"
    return Words(f"broken at {place}: {wrong.reason}", f"在 {place} 处断裂：{wrong.reason}").said(language)

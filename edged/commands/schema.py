"""`edged schema`: JSON Schema of the configuration files, for editors."""

from __future__ import annotations

import argparse
import json

from edged.config.schema import ROOTS, json_schema


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("kind", nargs="?", choices=list(ROOTS), default="station", metavar="KIND", help=" | ".join(ROOTS))
    parser.add_argument("--language", dest="words", choices=["en", "zh"], help="language of the descriptions")


def run(args: argparse.Namespace) -> int:
    """Print the schema."""
    print(json.dumps(json_schema(args.kind, args.words or args.language), ensure_ascii=False, indent=1))
    return 0

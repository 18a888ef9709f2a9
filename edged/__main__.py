"""The command line: finds the verb, loads its file, hands over. One file a verb in `edged/commands/`."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from edged import __version__
from edged.model.errors import ConfigError, EdgedError
from edged.model.words import Words

VERBS: dict[str, tuple[str, Words]] = {
    "simulate": ("edged.commands.simulate", Words("run a simulated station to practise on", "运行供演练的模拟站")),
    "journal": ("edged.commands.journal", Words("verify or copy the journal", "校验或复制日志库")),
    "replay": ("edged.commands.replay", Words("run detector and core on files or an input log", "用文件或输入日志回放检测与判定")),
}
"""Verb → (module with `arguments(parser)` and `run(args) -> int`, one line of help)."""

EXIT_CONFIG = 78


def language() -> str:
    """Return `zh` or `en` from EDGED_LANG, LC_ALL, LC_MESSAGES or LANG."""
    for name in ("EDGED_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name, ""):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def main(argv: list[str] | None = None) -> int:
    """Run one verb. Returns the exit status: 0, 1, or 78 for a configuration that cannot be used."""
    argv = sys.argv[1:] if argv is None else argv
    spoken = language()
    parser = argparse.ArgumentParser(prog="edged", description=__import__("edged").__doc__)
    parser.add_argument("--version", action="version", version=f"edged {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    wanted = next((word for word in argv if not word.startswith("-")), None)
    for name, (module, words) in VERBS.items():
        sub = verbs.add_parser(name, help=words.said(spoken), description=words.said(spoken))
        if name == wanted:
            loaded = importlib.import_module(module)
            loaded.arguments(sub)
            sub.set_defaults(run=loaded.run)
    args = parser.parse_args(argv)
    args.language = spoken
    try:
        return int(args.run(args))
    except ConfigError as fault:
        sys.stderr.write(f"edged: {fault.said(spoken)}\n")
        return EXIT_CONFIG
    except EdgedError as fault:
        sys.stderr.write(f"edged: {fault.said(spoken)}\n")
        return 1
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

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
    "run": ("edged.commands.run", Words("the daemon", "守护进程")),
    "demo": ("edged.commands.demo", Words("the main job on a simulated station", "在模拟站上演示全过程")),
    "simulate": ("edged.commands.simulate", Words("run a simulated station to practise on", "运行供演练的模拟站")),
    "check": ("edged.commands.check", Words("judge the configuration, without network", "检查配置 (不联网)")),
    "schema": ("edged.commands.schema", Words("print JSON Schema for editors", "输出供编辑器使用的 JSON Schema")),
    "probe": ("edged.commands.probe", Words("what a camera can do, rung by rung", "逐级检查摄像机能做什么")),
    "locate": ("edged.commands.locate", Words("where the thing in a pixel is", "像素所示目标的位置")),
    "look": ("edged.commands.look", Words("from where a place is seen; moves no head", "从哪里能看到某处 (不转动云台)")),
    "coverage": ("edged.commands.coverage", Words("which fires would be seen where, and why not", "哪里看得见多大的火, 以及为何看不见")),
    "calibrate": ("edged.commands.calibrate", Words("where a head points, from landmarks", "用地标标定镜头指向")),
    "journal": ("edged.commands.journal", Words("verify or copy the journal", "校验或复制日志库")),
    "replay": ("edged.commands.replay", Words("run detector and core on files or an input log", "用文件或输入日志回放检测与判定")),
    "evaluate": ("edged.commands.evaluate", Words("what the detector is worth on recordings and fires", "用录像和嵌入火源评估")),
    "try": ("edged.commands.try_", Words("which alarms other settings would have given, from recordings", "用录像试算新配置的警情变化")),
    "status": ("edged.commands.status", Words("whether the station sees, and what does not work", "值守状态与故障")),
    "alarms": ("edged.commands.alarms", Words("the open alarms", "未结警情")),
    "why": (
        "edged.commands.why",
        Words("what was seen at a place or of an alarm, and why it was held", "某处或某警情: 看到了什么, 为何未报"),
    ),
    "confirm": ("edged.commands.confirm", Words("it is a fire: the radio text goes now", "确认火警, 立即发电台")),
    "going": ("edged.commands.going", Words("I am on my way", "前往")),
    "on-scene": ("edged.commands.on_scene", Words("I have arrived", "到场")),
    "no-fire-seen": ("edged.commands.no_fire_seen", Words("I see no fire here; closes nothing", "未见火, 不结警")),
    "seen": ("edged.commands.seen", Words("I have read it", "收到")),
    "clear": ("edged.commands.clear", Words("the fire is over, with the reason", "解除火警, 须说明原因")),
    "false-alarm": ("edged.commands.false_alarm", Words("it was no fire, with the reason", "误报, 须说明原因")),
    "shelve": ("edged.commands.shelve", Words("be quiet about one alarm for a while", "暂时搁置一个警情")),
    "unshelve": ("edged.commands.unshelve", Words("end a shelf", "取消搁置")),
    "verify": ("edged.commands.verify", Words("show the place to a second lens", "调第二镜头核实")),
    "told-119": ("edged.commands.told_119", Words("the fire brigade was called", "已报119")),
    "raise": ("edged.commands.raise_", Words("people found a fire", "人工报火警")),
    "permit": ("edged.commands.permit", Words("hot work is allowed at a place for some hours", "登记动火票")),
    "arm": ("edged.commands.arm", Words("how far alarms of a head or zone go", "设定镜头或区域的布防级别")),
    "drill": ("edged.commands.drill", Words("inject a synthetic fire; always a test", "注入演练火源, 永远是演练")),
    "weather": ("edged.commands.weather", Words("what the air is like, or is taken to be", "天气: 查看或录入")),
    "rounds": ("edged.commands.rounds", Words("the temperature rounds: spots, readings, limits", "测温巡检: 测点、读数与上限")),
    "hazards": ("edged.commands.hazards", Words("limits that were crossed, until somebody closes them", "隐患清单: 超限项及其处理")),
    "maintenance": ("edged.commands.maintenance", Words("a camera is being worked on", "镜头检修")),
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

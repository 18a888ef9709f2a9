"""What officers answer, by console or by radio status, and to which alarm an answer belongs.

`seen` stops repeats to that radio only, `going` stops escalation, `no_fire_seen` never closes. An answer that could be meant for two alarms
is refused with what to do; it never silences one by guess.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from edged.core.draft import Draft
from edged.core.life import report, rescue
from edged.model.alarm import ANSWER_VERBS, Alarm, Answer, VerbName, Via
from edged.model.errors import CommandRefused
from edged.model.event import RadioReported, RadioStatus

MARGIN_S = 0.05


def answer(draft: Draft, alarm: Alarm, verb: VerbName, actor: str, via: Via, cause_id: str | None) -> Alarm:
    """Enter one answer. Returns the alarm after it; the same answer of the same person again writes nothing."""
    now = draft.now.utc
    ledger = draft.ledger(alarm.alarm_id)
    stops = verb in ("going", "on_scene") and alarm.state == "active"
    if answered(draft, alarm, actor, verb) and not stops:
        return alarm
    response_s = max((now - alarm.active_at).total_seconds(), 0.0) if alarm.active_at is not None else None
    answers = (*alarm.answers, Answer(verb, actor, via, now, response_s))
    if verb == "seen":
        ledger = replace(ledger, quiet=tuple(dict.fromkeys((*ledger.quiet, radio_id(actor)))))
    fields = {"answers": answers, "state": "acknowledged"} if stops else {"answers": answers}
    return draft.write(alarm, "acknowledged" if stops else "answered", ledger=ledger, actor=actor, cause_id=cause_id, **fields)


def answered(draft: Draft, alarm: Alarm, actor: str, verb: VerbName) -> bool:
    """Tell whether this person gave this answer since the last announcement."""
    begun = draft.ledger(alarm.alarm_id).announced_at or alarm.raised_at
    return any(a.actor == actor and a.verb == verb and a.at >= begun for a in alarm.answers)


def radio_id(actor: str) -> str:
    """Return the address behind an actor that is a radio."""
    return actor.removeprefix("radio:")


def radio_status(draft: Draft, event: RadioStatus) -> None:
    """Take in a status message of a handheld: 10 × verb + slot, or a bare verb."""
    actor, command_id = f"radio:{event.radio}", f"radio:{event.radio}/{event.report_id}"
    done = draft.book.commands.get(command_id)
    if done is not None:
        draft.reply(event.report_id, actor, done.accepted, done.text)
        return
    try:
        verb, alarm = _meant(draft, event)
    except CommandRefused as fault:
        said = fault.said(draft.rules.language)
        data = {"accepted": False, "text": said, "status": event.status}
        draft.append("verb", "refused", data=data, actor=actor, cause_id=command_id, publish=False)
        draft.reply(event.report_id, actor, False, said)
        return
    written = answer(draft, alarm, verb, actor, "radio", command_id)
    said = named(draft, written, verb)
    data = {"accepted": True, "text": said, "status": event.status, "verb": verb, "alarm_id": written.alarm_id}
    lane = "test" if written.test else "real"
    draft.append("verb", verb, lane=lane, data=data, actor=actor, cause_id=command_id, publish=False)  # type: ignore[arg-type]
    draft.reply(event.report_id, actor, True, said, alarm_id=written.alarm_id, display_id=written.display_id, slot=written.slot)


_SAID: dict[str, tuple[str, str]] = {
    "going": ("going", "前往"),
    "on_scene": ("on scene", "到场"),
    "no_fire_seen": ("no fire seen", "未见火"),
    "seen": ("seen", "收到"),
}


def named(draft: Draft, alarm: Alarm, verb: str) -> str:
    """Return the words of a reply: what was taken in, and of which alarm."""
    en, zh = _SAID.get(verb, (verb, verb))
    slot = f"#{alarm.slot}" if alarm.slot is not None else alarm.display_id
    test_zh, test_en = ("演练 ", "drill ") if alarm.test else ("", "")
    if draft.rules.language == "zh":
        return f"{test_zh}{zh} {slot} {alarm.words.place}"
    return f"{test_en}{en} {slot} {alarm.words.place}"


def _meant(draft: Draft, event: RadioStatus) -> tuple[VerbName, Alarm]:
    verb_number, slot = divmod(event.status, 10) if event.status >= 10 else (event.status, 0)
    verb = ANSWER_VERBS.get(verb_number)
    if verb is None or (event.status >= 10 and slot == 0):
        raise CommandRefused(
            f"status {event.status} is no answer: send 10 × verb + slot (14 = going to #4)",
            f"状态{event.status}无效：请发10×动作+编号（14=前往#4）",
        )
    return verb, _by_slot(draft, event, slot) if slot else _bare(draft, event.radio, verb)


def _by_slot(draft: Draft, event: RadioStatus, slot: int) -> Alarm:
    book = draft.book
    holders = [a for a in book.alarms.values() if a.slot == slot and draft.ledger(a.alarm_id).reached(event.radio) is not None]
    freed = book.freed.get(slot)
    if len(holders) > 1:
        ids = ", ".join(sorted(a.display_id for a in holders))
        raise CommandRefused(
            f"#{slot} is a fire and a drill ({ids}): answer by voice or at the console", f"#{slot}同时是火警和演练({ids})：请用语音或控制台"
        )
    if freed is not None:
        heir = book.heir(freed.alarm_id)
        if not holders and heir is not None and heir.state != "cleared" and draft.ledger(heir.alarm_id).reached(event.radio) is not None:
            return heir
        rested = abs(draft.now.utc - freed.at) >= timedelta(seconds=draft.rules.settings.slot_rest_s)
        same = bool(holders) and heir is not None and heir.alarm_id == holders[0].alarm_id
        if holders and not rested and not same:
            raise CommandRefused(
                f"#{slot} changed hands lately: send the bare verb or answer at the console", f"#{slot}刚换警情：请发单独动作或在控制台应答"
            )
    if not holders:
        raise CommandRefused(f"#{slot}: no open alarm was sent to this radio", f"#{slot}：没有发给本机的未结警情")
    return holders[0]


def _bare(draft: Draft, radio: str, verb: VerbName) -> Alarm:
    """Return the newest alarm told to this radio that it has not answered; for the later verbs the one it is going to, if any."""
    actor = f"radio:{radio}"
    told = []
    for alarm in draft.book.alarms.values():
        since = draft.ledger(alarm.alarm_id).reached(radio)
        if since is None or (draft.now.utc - since).total_seconds() < draft.rules.settings.bare_answer_s - MARGIN_S:
            continue
        told.append((since, alarm.alarm_id, alarm))
    told.sort(key=lambda t: t[:2], reverse=True)
    if verb in ("on_scene", "no_fire_seen"):
        for _, _, alarm in told:
            verbs = [a.verb for a in alarm.answers if a.actor == actor]
            if "going" in verbs and "on_scene" not in verbs:
                return alarm
    for _, _, alarm in told:
        if alarm.state == "active" and not answered(draft, alarm, actor, verb):
            return alarm
    raise CommandRefused(
        "no unanswered alarm was sent to this radio: name it, 14 = going to #4", "没有发给本机且未应答的警情：请带编号，14=前往#4"
    )


def radio_reported(draft: Draft, event: RadioReported) -> None:
    """Enter what became of a text. Unknown references and repeated reports change nothing; a failed one goes over the serial radio."""
    for alarm_id, ledger in draft.book.ledgers.items():
        told = next((t for t in ledger.told if t.tell_id == event.tell_id), None)
        if told is None:
            continue
        good = event.result in ("sent", "delivered", "read")
        if told.reported or (told.failed and not good):
            return
        alarm = draft.book.alarms[alarm_id]
        kept = replace(told, reported=good, failed=not good)
        changed = replace(ledger, told=tuple(kept if t is told else t for t in ledger.told))
        if not good and not told.rescued:
            changed = rescue(draft, alarm, changed, kept)
        data: dict[str, object] = {"tell_id": event.tell_id, "radio": event.radio, "result": event.result, "detail": event.detail}
        report(draft, alarm, event.result, changed, data)
        return

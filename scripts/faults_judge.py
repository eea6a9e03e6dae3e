"""Whether an answer that was given although a system call failed is right, or says what it lacks."""

import errno
import json
import os
import re
import signal

from faults_commands import COMMANDS, WATCH

STATUSES = (0, 1, 64, 69, 71, 74, 77)
# Values that differ from run to run whatever fails.
VARYING = ("observed_at", "cookie")
# What a document says about its answer. It may be poorer where the answer admits that something is not known.
EXPLANATIONS = ("findings", "unseen", "reason", "remarks")
# Values that stand for less knowledge than others.
LESS_KNOWN = {
    "owner_visibility": ("hidden", "unknown"),
    "predicted": ("depends",),
    "kind": ("proc",),
    "verdict": ("skipped", "depends", "unknown"),
    "restart": ("depends", "unknown"),
}
# Text that admits that something is not known, and why.
ADMITTED = re.compile(
    "cannot be listed|read from /proc|process hidden|not readable|is hidden|hidden from you|could not|was not seen|was not found|"
    "not known|not looked at|Skipped|"
    "would look the same|unknown|reset the connection|this host has no IPv|incomplete"
)


def shape(text):
    """Without the numbers, which differ from run to run."""
    text = re.sub(r"running for \d+ \w+( \d+ \w+)?", "running", text)
    return re.sub(r" +", " ", re.sub(r"\d+", "N", text))


def told(run, base, error):
    """Whether the error is named in the answer, and whether it is on standard error."""
    words = (error, os.strerror(getattr(errno, error)))
    return [
        any(word in now and word not in before for word in words)
        for now, before in ((run.out, base.out), (run.err, base.err))
    ]


def documents(run):
    """Standard output as JSON documents; None if it is text. Of a watch the first look."""
    try:
        return [json.loads(run.out)]
    except ValueError:
        pass
    found = []
    for line in run.out.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            return None
        kind = found[-1].get("type") if isinstance(found[-1], dict) else None
        if kind in (None, "answer", "end"):
            break
    return found or None


def what_was_tried(trial):
    """The socket of a trial."""
    return (trial["address"], trial["options"], str(trial["v6_only"]))


def differences(base, got, key=None):
    """In which ways `got` differs: a set of "null", "admits", "incomplete", "poorer", "shorter", or what is simply another."""
    if key in VARYING or base == got:
        return set()
    if key in EXPLANATIONS:
        if shape(json.dumps(base)) == shape(json.dumps(got)):
            return set()
        return {"admits" if not_seen(got) - not_seen(base) else "poorer"}
    if got is None:
        return {"null"}
    if key == "complete" and got is False or key == "error" and base is None:
        return {"incomplete"}
    if key == "blind_spots" or key == "owners_complete" and got is False or got in LESS_KNOWN.get(key, ()):
        return {"admits"}
    if isinstance(base, dict) and isinstance(got, dict):
        ways = set()
        for name in base.keys() | got.keys():
            ways |= differences(base.get(name), got.get(name), name) if name in got else {f"no {name}"}
        return ways
    if isinstance(base, list) and isinstance(got, list):
        if key == "trials":
            # What is not known changes their order.
            base, got = (sorted(trials, key=what_was_tried) for trials in (base, got))
        if len(got) < len(base):
            return {"fewer owners" if key == "owners" else "shorter"}
        if len(got) > len(base):
            return {f"more {key}"}
        return set().union(*(differences(one, other, key) for one, other in zip(base, got)))
    if isinstance(base, (int, float)) and isinstance(got, (int, float)) and not isinstance(base, bool):
        return set()
    if isinstance(base, str) and isinstance(got, str) and shape(base) == shape(got):
        return set()
    return {f"other {key}"}


def not_seen(explanation):
    """What the findings say was not seen."""
    findings = explanation if isinstance(explanation, list) else []
    return {words for one in findings if isinstance(one, dict) for words in one.get("not_seen") or ()}


def same_documents(base, got):
    """See differences(); for documents of JSON Lines as well."""
    if len(base) != len(got):
        end = got[-1] if got else {}
        if isinstance(end, dict) and end.get("complete") is False and end.get("error"):
            return {"incomplete"}
        return {"shorter" if len(got) < len(base) else "longer"}
    return set().union(*(differences(one, other) for one, other in zip(base, got)))


def judge(base, run, name, error):
    """"ok ..." or what is wrong."""
    end = COMMANDS[name][1]
    if run.status is None:
        return "hangs"
    if run.status < 0:
        if (end, run.status) != (WATCH, -signal.SIGTERM):
            return f"signal {-run.status}"
    elif run.status not in STATUSES:
        return "exit status"
    if "Success" in run.out + run.err:
        return "says Success"
    in_answer, on_stderr = told(run, base, error)
    is_told = in_answer or on_stderr
    hit_stderr = any("write(2," in site for site in run.sites)
    if run.status not in (base.status, 0, 1):
        if not run.err.strip() and not hit_stderr:
            return "silent failure"
        found = documents(run)
        if found and run.status == 69 and not is_told:
            if not {"incomplete", "null", "admits"} & same_documents(documents(base) or [], found):
                return "failed, yet complete"
        return "ok failed"
    # A signal can come anywhere.
    if run.descriptors > base.descriptors and run.status >= 0:
        return "descriptor left open"
    if run.status != base.status:
        # The trial's own refusal.
        if (run.status, base.status) == (1, 0) and in_answer:
            return "ok answered with the error"
        return f"exit {run.status} instead of {base.status}"
    return judge_answer(base, run, is_told)


def judge_answer(base, run, is_told):
    """An answer with the exit status that it has without the fault."""
    was, found = documents(base), documents(run)
    if was is not None and found is not None:
        ways = same_documents(was, found)
    elif shape(base.out) == shape(run.out):
        ways = set()
    elif base.status < 0 and shape(first(base.out)) == shape(first(run.out)):
        ways = set()
    else:
        new = "\n".join(set((run.out + run.err).splitlines()) - set((base.out + base.err).splitlines()))
        ways = {"admits" if ADMITTED.search(new) else "other text"}
    if not ways:
        return "ok same"
    if is_told:
        return "ok told"
    if "incomplete" in ways and run.status in (0, 1):
        return "incomplete, yet no failure"
    if ways <= {"null", "admits", "poorer", "fewer owners", "incomplete", "shorter"}:
        if ways == {"poorer"}:
            return "poorer, and nothing says why"
        if "fewer owners" in ways and "admits" not in ways:
            return "fewer owners"
        if "shorter" in ways and "incomplete" not in ways:
            return "shorter"
        return "ok less is known"
    return ", ".join(sorted(ways - {"null", "admits", "poorer"}))


def difference(base, run):
    """What is new in the run, on one line: its standard error, or else the lines of its answer that have changed."""
    if run.err != base.err:
        return (run.err.strip().splitlines() or [""])[-1][:200]
    was, now = ([shape(line.strip()) for line in text.splitlines()] for text in (base.out, run.out))
    gone, come = [line for line in was if line not in now], [line for line in now if line not in was]
    return f"- {' | '.join(gone[:2])[:120]} + {' | '.join(come[:2])[:120]}" if gone or come else ""


def first(text):
    """The first line."""
    return text.split("\n", 1)[0]

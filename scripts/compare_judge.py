"""Decides whether two answers say the same: by masks for what changes with time, and by corrections."""

import fnmatch
import re

# Between the looks of an answer that has several.
SEPARATOR = "\0\n"


class Masks:
    """The lines of compare.masks that apply."""

    LINE = re.compile(r"^(?P<find>.+?) =>(?: (?P<replace>.*?))?(?: \(within (?P<within>[\d.]+)\))?$")

    def __init__(self, path, situation, anew, alone):
        """Those for one situation; all where `situation` is None."""
        sections = {"always": True, "made anew": anew, "among the host's processes": not alone}
        applies = False
        self.masks = []
        self.lines = []
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                line = line.rstrip("\n")
                if not line or line.startswith("#"):
                    continue
                if line.startswith("[") and line.endswith("]"):
                    section = line[1:-1]
                    applies = situation is None or sections.get(section, fnmatch.fnmatchcase(situation, section))
                    continue
                parts = self.LINE.match(line)
                if not parts:
                    raise ValueError(f"{path}:{number}: not a mask: {line}")
                if applies:
                    within = parts["within"]
                    self.masks.append((line, re.compile(parts["find"], re.M), parts["replace"] or "",
                                       float(within) if within else None))
                    self.lines.append(line)

    def apply(self, text):
        """The masked text, and what each mask found."""
        found = []
        for line, pattern, replacement, within in self.masks:
            hits = []

            def masked(match, hits=hits, replacement=replacement, within=within):
                hits.append(float(match["n"]) if within is not None else match[0])
                return match.expand(replacement)
            text = pattern.sub(masked, text)
            found.append((line, within, hits))
        return text, found


class Correction:
    """Where an answer was wrong: in which situations and commands, and what it was changed to."""

    def __init__(self, reason, fields):
        self.reason = reason
        self.situation = "*"
        self.command = "*"
        self.changes = []
        for key, value in fields:
            if key in ("situation", "command"):
                setattr(self, key, value)
            elif key == "old":
                self.changes.append([re.compile(value, re.M), None])
            elif key == "new" and self.changes:
                self.changes[-1][1] = value
            else:
                raise ValueError(f"correction '{reason}': what is {key}?")
        if not reason or not self.changes or any(new is None for _, new in self.changes):
            raise ValueError(f"correction '{reason}': a reason (#), an old and a new are needed")

    def apply(self, situation, command, text):
        if not (fnmatch.fnmatchcase(situation, self.situation) and fnmatch.fnmatchcase(command, self.command)):
            return text
        for pattern, replacement in self.changes:
            text = pattern.sub(replacement, text)
        return text


class Corrections:
    """The blocks of compare.corrections."""

    def __init__(self, path):
        self.all = []
        with open(path, encoding="utf-8") as file:
            for block in re.split(r"\n[ \t]*\n", file.read()):
                reason, fields = [], []
                for line in block.splitlines():
                    if line.startswith("#"):
                        reason.append(line[1:].strip())
                    elif line.strip():
                        key, separator, value = line.partition(": ")
                        if not separator and not line.endswith(":"):
                            raise ValueError(f"{path}: neither a comment nor a field: {line}")
                        fields.append((key.rstrip(":"), value))
                if fields:
                    self.all.append(Correction(" ".join(reason), fields))


class Rows:
    """Rows whose order says nothing: with the same time left, or as another namespace's hash has them."""

    # The time left, and what two times may differ by where their order is not told apart: by what is shown of it, and by
    # what passes while the kernel lists them.
    TIMED = (
        (re.compile(r"^ *(\d+\.\d) s  "), 0.11), (re.compile(r'"kind":"time-wait","expires_ms":(\d+)'), 20),
        (re.compile(r"\t(\d+)\ttime-wait\t"), 20), (re.compile(r"TIME_WAIT  ?(\d+\.\d) s left"), 0.11))
    ROW = re.compile(r'^ *{"protocol"|\t')

    def __init__(self, anew):
        self.anew = anew

    def settled(self, command, text):
        """Such rows in the order of their text."""
        by_time = "--sort none" not in command.line and "--sort peer" not in command.line and (
            "--sort time" in command.line or command.line.startswith("release")
            or not ("jsonl" in command.line or "plain" in command.line))
        if not by_time and not self.anew:
            return text
        # The rows of a document on one line, and what was seen according to a finding, each on a line of its own.
        text = re.sub(r'(\[|},)({"protocol")', r"\1\n\2", text)
        text = re.sub(r'("owner_visibility":"\w+"})\]', r"\1\n]", text)
        text = re.sub(r'(?<=[\[ ])("[^"]*TIME_WAIT  \d+\.\d s left")(, |(?=\]))', r"\n\1\n", text)
        text = re.sub(r"^Seen    ", "Seen\n        ", text, flags=re.M).replace("\n\n", "\n")
        lines, run, last = [], [], None
        for line in text.split("\n"):
            row = self.row(line)
            if run and (row is None or row[0] > last):
                lines += [line for _, line in sorted(run)]
                run = []
            if row is None:
                lines.append(line)
            else:
                run.append((row[1], line.rstrip(",")))
                last = row[0] + row[2]
        return "\n".join(lines + [line for _, line in sorted(run)])

    def row(self, line):
        """The time left, the line without it, and the tolerance."""
        for pattern, tolerance in self.TIMED:
            match = pattern.search(line)
            if match:
                rest = line[:match.start(1)].lstrip() + line[match.end(1):]
                return (0, rest, 0) if self.anew else (float(match[1]), rest, tolerance)
        return (0, line, 0) if self.anew and self.ROW.search(line) else None


class Judge:
    """Compares the answers of one situation."""

    # A difference can be the situation's own: a timer that ran on. Asked so often, one that stays is the program's.
    ROUNDS = 3

    def __init__(self, masks, corrections, rows, situation):
        self.masks = masks
        self.corrections = corrections
        self.rows = rows
        self.situation = situation
        self.again = []
        self.corrected = {}
        self.needed = {}

    def compare(self, command, ask):
        """None where the answers are the same, after `ask` gave both as text, or are corrected."""
        olds, news = [], []
        for rounds in range(self.ROUNDS):
            old, new = ask()
            if rounds == 0:
                if old == new:
                    return None
            olds.append(self.masks.apply(self.unrepeated(command, old)))
            news.append(self.masks.apply(self.unrepeated(command, new)))
            if rounds == 0:
                self.count(olds[0], news[0])
            # Only the newest of one against each of the other: the older pairs have been compared.
            pairs = [(olds[-1], later) for later in news] + [(earlier, news[-1]) for earlier in olds[:-1]]
            if any(self.same(*pair) for pair in pairs):
                if rounds:
                    self.again.append({"command": command.title, "old": olds[0][0], "new": news[0][0],
                                       "notes": self.notes(olds[0], news[0])})
                return None
            settled = [self.masks.apply(self.rows.settled(command, text)) for text in (old, new)]
            if self.same(*settled):
                return None
            corrected = self.correct(command, olds[-1])
            reordered = self.correct(command, settled[0])
            if corrected and any(self.same(corrected[0], later) for later in news) or (
                    reordered and self.same(reordered[0], settled[1])):
                for reason in (corrected or reordered)[1]:
                    self.corrected[reason] = self.corrected.get(reason, 0) + 1
                return None
            if rounds and olds[-1][0] == olds[-2][0] and news[-1][0] == news[-2][0]:
                break
        text = corrected[0][0] if corrected else olds[-1][0]
        return {"command": command.title, "old": text, "new": news[-1][0], "notes": self.notes(olds[-1], news[-1])}

    @staticmethod
    def unrepeated(command, text):
        if not command.looks:
            return text
        starts = [match.start() for match in re.finditer(command.looks, text, re.M)] + [len(text)]
        return text[:starts[0]] + "".join(text[start:end] + SEPARATOR for start, end in zip(starts, starts[1:]))

    def same(self, old, new):
        return self.collapsed(old[0]) == self.collapsed(new[0]) and not self.notes(old, new)

    @staticmethod
    def collapsed(text):
        """Looks that say the same are one: how many there were depends on when what was waited for came."""
        if SEPARATOR not in text:
            return text
        kept = []
        for look in text.split(SEPARATOR):
            if not kept or kept[-1] != look:
                kept.append(look)
        return "".join(kept)

    def notes(self, old, new):
        """Numbers that were masked, and are further apart than time explains."""
        notes = []
        if SEPARATOR in old[0]:
            return notes
        for (line, within, ours), (_, _, theirs) in zip(old[1], new[1]):
            if within is None:
                continue
            for one, other in zip(ours, theirs):
                if abs(one - other) > within:
                    notes.append(f"masked, but {one:g} is now {other:g}: {line}")
                    break
        return notes

    def count(self, old, new):
        for (line, _, ours), (_, _, theirs) in zip(old[1], new[1]):
            if ours != theirs:
                self.needed[line] = self.needed.get(line, 0) + 1

    def correct(self, command, masked):
        """The masked answer as it ought to be now, and why; None where no correction applies."""
        text, found = masked
        reasons = []
        for correction in self.corrections.all:
            changed = correction.apply(self.situation, command.title, text)
            if changed != text:
                reasons.append(correction.reason)
                text = changed
        return ((text, found), reasons) if reasons else None

"""Decides whether two answers are the same, apart from masks (what changes with time) and corrections."""

import fnmatch
import re

# Separates the looks of a watch.
SEPARATOR = "\0\n"


class Masks:
    """The lines of compare.masks that apply."""

    LINE = re.compile(r"^(?P<find>.+?) =>(?: (?P<replace>.*?))?(?: \(within (?P<within>[\d.]+)\))?$")

    def __init__(self, path, situation, anew, alone):
        """Reads the masks for one situation; all masks if `situation` is None."""
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
        """Returns the masked text, and what each mask found."""
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
    """An answer that was wrong: in which situations and to which commands, and what it was changed to."""

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
    """Sorts rows whose order means nothing: those with the same time left, or in the order of a namespace's hash."""

    # How to find the time left in a row, and by how much two times may differ so that their order means nothing. That
    # depends on the precision that is shown, and on the time that the kernel takes to list the sockets.
    TIMED = (
        (re.compile(r"^ *(\d+\.\d) s  "), 0.11), (re.compile(r'"kind":"time-wait","expires_ms":(\d+)'), 20),
        (re.compile(r"\t(\d+)\ttime-wait\t"), 20), (re.compile(r"TIME_WAIT  ?(\d+\.\d) s left"), 0.11))
    ROW = re.compile(r'^ *{"protocol"|\t')

    def __init__(self, anew):
        self.anew = anew

    def settled(self, command, text):
        """Returns the answer with such rows in the order of their text."""
        by_time = "--sort none" not in command.line and "--sort peer" not in command.line and (
            "--sort time" in command.line or command.line.startswith("release")
            or not ("jsonl" in command.line or "plain" in command.line))
        if not by_time and not self.anew:
            return text
        # First every row gets a line of its own: in a JSON document of one line, and in the evidence of a finding.
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
        """Returns the time left, the line without it, and the tolerance."""
        for pattern, tolerance in self.TIMED:
            match = pattern.search(line)
            if match:
                rest = line[:match.start(1)].lstrip() + line[match.end(1):]
                return (0, rest, 0) if self.anew else (float(match[1]), rest, tolerance)
        return (0, line, 0) if self.anew and self.ROW.search(line) else None


class Judge:
    """Compares the answers of one situation."""

    # A difference may come from the situation, such as a timer that went on. One that remains after this many rounds comes
    # from the program.
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
        """Returns the difference between the answers that `ask` gives; None if they are the same, or differ as corrected."""
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
            # Compares the newest answer of each program with all of the other's. Older pairs have been compared before.
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
        """Merges looks that say the same. Their number depends on when the awaited change came."""
        if SEPARATOR not in text:
            return text
        kept = []
        for look in text.split(SEPARATOR):
            if not kept or kept[-1] != look:
                kept.append(look)
        return "".join(kept)

    def notes(self, old, new):
        """Returns notes on masked numbers that differ by more than the passing of time explains."""
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
        """Returns the masked answer as it should be now, and the reasons; None if no correction applies."""
        text, found = masked
        reasons = []
        for correction in self.corrections.all:
            changed = correction.apply(self.situation, command.title, text)
            if changed != text:
                reasons.append(correction.reason)
                text = changed
        return ((text, found), reasons) if reasons else None

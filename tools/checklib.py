# SPDX-License-Identifier: GPL-2.0-only
"""What the check-* tools share: the list of files, reporting, a small reader of Rust."""

import os
import re
import subprocess
import sys

SKIP_DIRS = {".git", "build", "target", "__pycache__"}
SKIP_ENDS = (".o", ".ko", ".cmd", ".mod", ".mod.c", ".rmeta", ".pyc", ".order", ".symvers")


def files(root="."):
    """Paths of all files that belong to the project, sorted, relative to root."""
    listed = _git_files(root)
    if listed is None:
        listed = _walk(root)
    return sorted(p for p in listed if os.path.isfile(os.path.join(root, p)))


def _git_files(root):
    if not os.path.exists(os.path.join(root, ".git")):
        return None
    cmd = ["git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"]
    try:
        out = subprocess.run(cmd, cwd=root, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return [p for p in out.decode().split("\0") if p]


def _walk(root):
    found = []
    for folder, dirs, names in os.walk(root):
        dirs[:] = [d for d in dirs if d not in SKIP_DIRS]
        for name in names:
            if not name.endswith(SKIP_ENDS):
                found.append(os.path.relpath(os.path.join(folder, name), root))
    return found


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


class Report:
    """Collects violations; finish() prints them, or one OK line, and ends the program."""

    def __init__(self, name):
        self.name = name
        self.problems = []

    def add(self, path, line, text):
        where = f"{path}:{line}" if line else path
        self.problems.append(f"{where}: {text}")

    def finish(self, summary):
        for p in dict.fromkeys(self.problems):
            print(p)
        if self.problems:
            print(f"{self.name}: {len(dict.fromkeys(self.problems))} violations")
            sys.exit(1)
        print(f"{self.name}: OK, {summary}")
        sys.exit(0)


# --- Rust ---------------------------------------------------------------------------------

_LEX = re.compile(
    r"""
      (?P<line>//[^\n]*)
    | (?P<block>/\*)
    | (?P<raw>(?:b|c|br|cr|r)?r?(?P<hash>\#+)"|\b(?:r|br|cr)")
    | (?P<str>\b[bc]?"|")
    | (?P<char>b?'(?:\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|.)|[^\\'\n])')
    """,
    re.X,
)


def _blank(text):
    return "".join(c if c == "\n" else " " for c in text)


def _end_of_block(src, start):
    depth, i = 0, start
    while i < len(src):
        if src.startswith("/*", i):
            depth, i = depth + 1, i + 2
        elif src.startswith("*/", i):
            depth, i = depth - 1, i + 2
            if depth == 0:
                return i
        else:
            i += 1
    return len(src)


def _end_of_string(src, i):
    while i < len(src):
        if src[i] == "\\":
            i += 2
        elif src[i] == '"':
            return i + 1
        else:
            i += 1
    return len(src)


def strip_rust(src):
    """Source with comments, strings and character literals blanked; lines keep their numbers."""
    out, i = [], 0
    while True:
        m = _LEX.search(src, i)
        if not m:
            out.append(src[i:])
            return "".join(out)
        out.append(src[i:m.start()])
        if m.group("line"):
            end = m.end()
        elif m.group("block"):
            end = _end_of_block(src, m.start())
        elif m.group("raw"):
            close = '"' + (m.group("hash") or "")
            at = src.find(close, m.end())
            end = len(src) if at < 0 else at + len(close)
        elif m.group("str"):
            end = _end_of_string(src, m.end())
        else:
            end = m.end()
        out.append(_blank(src[m.start():end]))
        i = end


_TOKEN = re.compile(r"[A-Za-z_$][A-Za-z0-9_]*|[0-9][A-Za-z0-9_.]*|::|=>|->|'[a-z_]+|\S")


class Token(tuple):
    """(text, line)"""

    __slots__ = ()
    text = property(lambda t: t[0])
    line = property(lambda t: t[1])


def tokens(code):
    """Tokens of stripped Rust source."""
    found, line, at = [], 1, 0
    for m in _TOKEN.finditer(code):
        line += code.count("\n", at, m.start())
        at = m.start()
        found.append(Token((m.group(), line)))
    return found


def matching(toks, i):
    """Index of the token that closes the bracket at i."""
    pairs = {"{": "}", "(": ")", "[": "]"}
    close, depth = pairs[toks[i].text], 0
    for j in range(i, len(toks)):
        if toks[j].text == toks[i].text:
            depth += 1
        elif toks[j].text == close:
            depth -= 1
            if depth == 0:
                return j
    return len(toks) - 1


def test_spans(toks):
    """Index ranges of the inline modules that are compiled for tests only."""
    spans = []
    for i, t in enumerate(toks):
        if t.text == "mod" and i + 2 < len(toks) and toks[i + 2].text == "{":
            before = " ".join(x.text for x in toks[max(0, i - 12):i])
            if re.search(r"# \[ (cfg \( test \)|kunit_tests \([^\]]*\)) \](?: pub(?: \( \w+ \))?)?$", before) or (
                toks[i + 1].text == "tests" and "cfg ( test )" in before
            ):
                spans.append((i, matching(toks, i + 2)))
    return spans


def inside(spans, i):
    return any(a <= i <= b for a, b in spans)

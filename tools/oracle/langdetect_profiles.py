"""langdetect's language profiles as one resource, and its answers for short and long texts.

    /work/venv/bin/python tools/oracle/langdetect_profiles.py

Writes
  align/src/main/resources/org/lionalign/align/eval/ifeval/langdetect.txt.gz    the n-gram counts of the 55 languages and the groups of
      kanji that count as one (langdetect 1.0.9, Apache-2.0, from language-detection of Cybozu Labs; see NOTICE.txt beside it)
  align/src/test/resources/golden/eval/langdetect.json    text -> detect() with seed 0, and the probabilities above 0.1
"""

import collections
import gzip
import json
import os
import random
from pathlib import Path

from common import REPOSITORY, golden, versions, write_json

import langdetect
from langdetect.utils.ngram import NGram

import ifeval

RESOURCE = REPOSITORY / "align/src/main/resources/org/lionalign/align/eval/ifeval/langdetect.txt.gz"


def resource():
    folder = Path(langdetect.__file__).parent / "profiles"
    names = sorted(os.listdir(folder))
    grams, sizes = collections.defaultdict(list), []
    for index, name in enumerate(names):
        profile = json.loads((folder / name).read_text(encoding="utf-8"))
        assert profile["name"] == name
        sizes.append(profile["n_words"])
        for gram, count in profile["freq"].items():
            assert 1 <= len(gram) <= 3 and "\t" not in gram and "\n" not in gram
            grams[gram].append(f"{index}:{count}")
    lines = ["languages\t" + " ".join(names), "sizes\t" + " ".join(",".join(map(str, s)) for s in sizes)]
    lines += ["kanji\t" + group for group in NGram.CJK_CLASS]
    lines += [f"{gram}\t{' '.join(grams[gram])}" for gram in sorted(grams)]
    RESOURCE.parent.mkdir(parents=True, exist_ok=True)
    RESOURCE.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))
    print(len(grams), "n-grams", RESOURCE.stat().st_size, "bytes")


def main():
    resource()
    draw = random.Random(17)
    whole = list(ifeval.LANGUAGES.values())
    texts = whole + ["", " ", "123", "...", "NASA", "HELLO WORLD", "ok", "é", "http://example.com/a?b=c", "write to me@example.com now",
                     "Đây là tiếng Việt", "A\u0300 la\u0301 vi\u0309", "私", "漢字", "Это test of mixed текст", "Привет hello hello hello"]
    for _ in range(240):
        text = draw.choice(whole)
        at, size = draw.randrange(len(text)), draw.choice([3, 6, 12, 25, 50])
        part = text[at:at + size]
        texts.append(draw.choice([part, part, part.upper(), part + " " + draw.choice(whole)[:draw.choice([5, 20, 60])]]))
    cases = []
    for text in dict.fromkeys(texts):
        langdetect.DetectorFactory.seed = 0
        try:
            found = langdetect.detect_langs(text)
            cases.append(dict(text=text, language=langdetect.detect(text), probabilities=[[x.lang, x.prob] for x in found]))
        except langdetect.LangDetectException:
            cases.append(dict(text=text, language=None))
    write_json(golden("align", "eval") / "langdetect.json", dict(versions=versions("langdetect"), seed=0, cases=cases), indent=None)
    print(len(cases), "texts")


if __name__ == "__main__":
    main()

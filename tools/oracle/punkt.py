"""NLTK's sentence cutter with parameters learned from invented text: a licence-clean punkt_tab folder and its sentences.

    /work/venv/bin/python tools/oracle/punkt.py            # the golden
    /work/venv/bin/python tools/oracle/punkt.py OUT TEXTS  # NLTK's own English model over a JSON list of texts, for comparing locally

Writes align/src/test/resources/golden/eval/punkt/: abbrev_types.txt, collocations.tab, sent_starters.txt, ortho_context.tab as NLTK saves
them, and sentences.json: text -> sentences by these parameters.
"""

import json
import os
import random
import sys
from pathlib import Path

from common import golden, versions, write_json

os.environ["NLTK_DATA"] = os.path.join(sys.prefix, "nltk_data")
import nltk  # noqa: E402
from nltk.tabdata import PunktDecoder  # noqa: F401,E402  (the reader that the files must suit)
from nltk.tokenize.punkt import PunktSentenceTokenizer, PunktTrainer  # noqa: E402

NAMES = "Smith Jones Baker Rowan Hill Marsh Stone Reed".split()
WORDS = "the river runs past a mill and an old bridge where market days were held in spring when boats came up from sea with salt".split()
ABBREVIATIONS = ["dr.", "mr.", "prof.", "approx.", "fig.", "no.", "b.c.", "a.k.a.", "ca.", "etc."]
ENDS = [".", ".", ".", "!", "?", "...", '."', ".)", ".”"]


def sentence(draw):
    words = [draw.choice(WORDS) for _ in range(draw.randint(3, 10))]
    for _ in range(draw.randint(0, 2)):
        at = draw.randrange(len(words))
        words[at] = draw.choice([
            f"{draw.choice(['Dr.', 'Mr.', 'Prof.'])} {draw.choice(NAMES)}", f"{draw.choice('ABCJKLMS')}. {draw.choice(NAMES)}", draw.choice(ABBREVIATIONS),
            f"fig. {draw.randint(1, 9)}", f"No. {draw.randint(1, 99)}", f"{draw.randint(1, 99)}.", "3.14", "one... two", "x . . . y", "it.The", "a--b", "(see below)",
            f"{draw.randint(1, 30)}. {draw.choice(['March', 'river'])}", "‘so’", "«oui.»", "e-mail.", "mid-approx."])
    text = " ".join(words)
    if draw.random() < 0.9:
        text = text[0].upper() + text[1:]
    return text + draw.choice(ENDS)


def text(draw, low, high):
    return "".join(sentence(draw) + draw.choice([" ", " ", " ", "\n", "\n\n", "  "]) for _ in range(draw.randint(low, high)))


def main():
    if len(sys.argv) > 2:
        tokenizer = nltk.data.load("nltk:tokenizers/punkt/english.pickle")
        texts = json.loads(Path(sys.argv[2]).read_text())
        write_json(Path(sys.argv[1]), dict(cases=[dict(text=t, sentences=tokenizer.tokenize(t)) for t in texts]), indent=None)
        return
    draw = random.Random(5)
    trainer = PunktTrainer()
    trainer.INCLUDE_ALL_COLLOCS = True
    trainer.train(text(draw, 3000, 3000))
    parameters = trainer.get_params()
    folder = golden("align", "eval", "punkt")
    (folder / "abbrev_types.txt").write_text("".join(f"{a}\n" for a in sorted(parameters.abbrev_types)))
    (folder / "collocations.tab").write_text("".join(f"{a}\t{b}\n" for a, b in sorted(parameters.collocations)))
    (folder / "sent_starters.txt").write_text("".join(f"{a}\n" for a in sorted(parameters.sent_starters)))
    (folder / "ortho_context.tab").write_text("".join(f"{a}\t{b}\n" for a, b in sorted(parameters.ortho_context.items())))
    tokenizer = PunktSentenceTokenizer(parameters)
    cases = [dict(text=t, sentences=tokenizer.tokenize(t)) for t in [text(draw, 1, 8) for _ in range(200)] + [t + draw.choice(["", ".", '"', " ", ".)"]) for t in (text(draw, 1, 3).strip() for _ in range(60))]]
    write_json(folder / "sentences.json", dict(versions=versions("nltk"), cases=cases), indent=None)
    print(sorted(parameters.abbrev_types), sorted(parameters.sent_starters), len(parameters.collocations), len(parameters.ortho_context), sum(len(c["sentences"]) for c in cases))


if __name__ == "__main__":
    main()

"""Golden of exported chat templates: transformers loads a folder that Lion exported and renders conversations, told nothing.

    ./mvnw -q -pl align -am test -Dtest=ExportedTextTest -Dsurefire.failIfNoSpecifiedTests=false -Dlion.keep.exported=/tmp/exported
    /work/venv/bin/python tools/oracle/exported_chat.py /tmp/exported

The first command leaves the folders that the test exports (and may fail while the golden is old); the second writes
align/src/test/resources/golden/export/<name>.json for each: the SHA-256 of the files that were read, the template that AutoTokenizer found, the
texts of apply_chat_template, their ids, and eos_token_id of GenerationConfig.from_pretrained.
"""

import hashlib
import sys
from pathlib import Path

from common import golden, versions, write_json

from transformers import AutoTokenizer, GenerationConfig

FILES = ["chat_template.jinja", "generation_config.json", "tokenizer.json", "tokenizer_config.json"]
CONVERSATIONS = [
    [("user", "Say hello.")],
    [("user", "  Tell me of a fox.\n"), ("assistant", "The fox is red."), ("user", "And the owl?")],
    [("system", "You are kind."), ("user", "Who are you?")],
    [("system", ""), ("user", "A naïve 🦁 asks: {{ bos_token }}?"), ("assistant", "Yes.\n\nNo."), ("user", "1 + 1")],
    [("user", "Hi"), ("assistant", "Hello")],
]


def main():
    for folder in sorted(Path(sys.argv[1]).iterdir()):
        tokenizer = AutoTokenizer.from_pretrained(folder)
        cases = []
        for conversation in CONVERSATIONS:
            messages = [dict(role=role, content=content) for role, content in conversation]
            prompt = conversation[-1][0] == "user"
            text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt)
            ids = tokenizer(text, add_special_tokens=False)["input_ids"]
            cases.append(dict(messages=messages, add_generation_prompt=prompt, text=text, ids=ids))
        hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES if (folder / name).exists()}
        write_json(golden("align", "export") / f"{folder.name}.json", dict(
            files=hashes, chat_template=tokenizer.chat_template, cases=cases,
            eos_token_id=GenerationConfig.from_pretrained(folder).eos_token_id,
            versions=versions("transformers", "tokenizers")), indent=None)


if __name__ == "__main__":
    main()

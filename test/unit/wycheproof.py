#!/usr/bin/env python3
"""wycheproof.py NAME

Print the cases of wycheproof_NAME.json, one a line, for wycheproof_NAME.c:
tcId, result, comment and what FIELDS says, with tabs between."""

import json
import pathlib
import sys

FIELDS = {
    "hs256": lambda group, case: [group["private"]["k"], case["jws"]],
    "aes256gcm": lambda _, case: [case[name] for name in ("key", "iv", "aad", "msg", "ct", "tag")],
}

name = sys.argv[1]
vectors = json.loads(pathlib.Path(__file__).with_name(f"wycheproof_{name}.json").read_text("utf-8"))
for group in vectors["testGroups"]:
    for case in group["tests"]:
        fields = [str(case["tcId"]), case["result"], case["comment"], *FIELDS[name](group, case)]
        assert not any(set(field) & set("\t\r\n\0") for field in fields)
        print("\t".join(fields))

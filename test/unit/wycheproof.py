#!/usr/bin/env python3
"""Print the cases of wycheproof_hs256.json, one a line, for wycheproof.c:
tcId, result, comment, key and JWS, with tabs between."""

import json
import pathlib

vectors = json.loads(pathlib.Path(__file__).with_name("wycheproof_hs256.json").read_text("utf-8"))
for group in vectors["testGroups"]:
    for case in group["tests"]:
        fields = [str(case["tcId"]), case["result"], case["comment"], group["private"]["k"], case["jws"]]
        assert not any(set(field) & set("\t\r\n\0") for field in fields)
        print("\t".join(fields))

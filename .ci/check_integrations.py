#!/usr/bin/env python3
"""The action, the pre-commit hooks and the other CI files name commands and flags that the binary has.

Usage: check_integrations.py BINARY"""
import re
import subprocess
import sys

BINARY = sys.argv[1]
FILES = ["action.yml", ".pre-commit-hooks.yaml", "README.md"]


def help_of(command):
    return subprocess.run([BINARY, command, "--help"], capture_output=True, text=True, check=True).stdout


def main():
    commands = re.findall(r"^  ([a-z]+) ", subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True).stdout, re.M)
    bad, checked = [], 0
    for path in FILES:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for command, rest in re.findall(r"chartwright ([a-z]+)((?:[ \t]+[^\s`|&;]+)*)", text):
            if command not in commands:
                continue
            flags = help_of(command)
            for flag in re.findall(r"(?<!\S)(--[a-z][a-z-]*)", rest):
                checked += 1
                if flag not in flags:
                    bad.append(f"{path}: `chartwright {command}` has no {flag}")
    for line in bad:
        print(line)
    print(f"{checked - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


sys.exit(main())

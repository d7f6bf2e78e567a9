#!/usr/bin/env python3
"""Writes the request bodies in this folder from resume.txt and job.txt.

Run it after editing either text: python3 examples/make-bodies.py
Everything is taken from the two texts; a section that is no longer found is
an error, so that bodies and texts cannot drift apart. Standard library only.
"""

import json
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESUME = (HERE / "resume.txt").read_text(encoding="utf-8")
JOB = (HERE / "job.txt").read_text(encoding="utf-8")


def main():
    both = {"resume_raw_text": RESUME, "job_description_text": JOB}
    position_title = JOB.splitlines()[0].strip()
    company_name = JOB.splitlines()[1].split(",")[0].strip()
    current_position = block(RESUME, "Northwind Freight, ")
    second_position = block(RESUME, "Halvorsen Analytics GmbH, Hamburg")

    bodies = {
        "generate": both,
        "analyze": both,
        "cover-letter": {
            **both,
            "company_name": company_name,
            "position_title": position_title,
        },
        "job-analysis": {"job_description_text": JOB},
        "bullet-points": {
            "experience_bullets": bullets(current_position),
            "job_requirements": bullets(block(JOB, "Required")),
        },
        "achievements": {"experience_text": "\n".join(second_position)},
        "quality-review": {"resume_raw_text": RESUME},
    }
    for name, body in bodies.items():
        text = json.dumps(body, ensure_ascii=False, indent=2) + "\n"
        (HERE / f"{name}.json").write_text(text, encoding="utf-8", newline="\n")


def block(text, first_line_start):
    """The lines from the first one with this start through its list of bullets."""
    lines = text.splitlines()
    start = next(
        (n for n, line in enumerate(lines) if line.startswith(first_line_start)), None
    )
    if start is None:
        raise SystemExit(f"no line starts with {first_line_start!r}")
    end = start
    while end < len(lines) and not lines[end].startswith("- "):
        end += 1
    while end < len(lines) and lines[end].startswith("- "):
        end += 1
    return lines[start:end]


def bullets(lines):
    found = [line[2:] for line in lines if line.startswith("- ")]
    if not found:
        raise SystemExit(f"no bullets after {lines[0]!r}")
    return found


if __name__ == "__main__":
    main()

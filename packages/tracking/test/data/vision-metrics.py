"""Writes vision-metrics.json: small sequences and what TrackEval (JonathonLuiten/TrackEval 12c8791, MIT) makes of them.

The first three are the sequences of its own tests/test_metrics.py, the others are drawn (numpy PCG64, seed 1). Similarities have six
decimals. TrackEval of that commit needs numpy's old names, hence the line after the imports.
Run: PYTHONPATH=TrackEval:TrackEval/tests python3 vision-metrics.py > vision-metrics.json
"""
import contextlib
import io
import json
import sys

import numpy as np

np.float, np.int = float, int
with contextlib.redirect_stdout(io.StringIO()):
    import trackeval
    import test_metrics


def drawn(rng, steps, truths, tracks):
    """Truths have a track of their own most of the time; some tracks swap half-way, some are noise."""
    own = rng.permutation(tracks)[:truths]
    data = {"num_timesteps": steps, "num_gt_ids": truths, "num_tracker_ids": tracks, "gt_ids": [], "tracker_ids": [], "similarity_scores": []}
    for step in range(steps):
        if step == steps // 2:
            own[:2] = own[1::-1]
        here = np.flatnonzero(rng.random(truths) < 0.85)
        there = np.flatnonzero(rng.random(tracks) < 0.8)
        similarity = rng.random((truths, tracks)) * (rng.random((truths, tracks)) < 0.35)
        similarity[np.arange(truths), own] = rng.uniform(0.3, 1, truths)
        data["gt_ids"].append(here)
        data["tracker_ids"].append(there)
        data["similarity_scores"].append(np.round(similarity[here][:, there], 6))
    data["num_gt_dets"] = sum(map(len, data["gt_ids"]))
    data["num_tracker_dets"] = sum(map(len, data["tracker_ids"]))
    return data


def judged(name, data):
    with contextlib.redirect_stdout(io.StringIO()):
        hota = trackeval.metrics.HOTA().eval_sequence(data)
        clear = trackeval.metrics.CLEAR().eval_sequence(data)
        identity = trackeval.metrics.Identity().eval_sequence(data)
    steps = [
        {"truth": list(map(int, g)), "tracks": list(map(int, t)), "similarity": np.asarray(s).tolist()}
        for g, t, s in zip(data["gt_ids"], data["tracker_ids"], data["similarity_scores"])
    ]
    return {
        "name": name,
        "truthCount": data["num_gt_ids"],
        "trackCount": data["num_tracker_ids"],
        "steps": steps,
        "hota": {key: hota[key].tolist() for key in ("HOTA", "DetA", "AssA")},
        "clear": {key: float(clear[key]) for key in ("CLR_TP", "CLR_FN", "CLR_FP", "IDSW", "MOTA", "MOTP", "MT", "PT", "ML")},
        "identity": {key: float(identity[key]) for key in ("IDTP", "IDFN", "IDFP", "IDF1", "IDP", "IDR")},
    }


rng = np.random.default_rng(1)
sequences = [judged(name, data) for name, (data, _) in test_metrics.SEQUENCE_BY_NAME.items()]
sequences += [judged(f"drawn {shape}", drawn(rng, *shape)) for shape in ((8, 3, 4), (12, 5, 7), (20, 6, 6), (10, 4, 12))]
json.dump(sequences, sys.stdout, separators=(",", ":"))
print()

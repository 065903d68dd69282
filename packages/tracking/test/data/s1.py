"""Writes the first 15 scans of scenario S1 (200 targets, mean clutter 100, box 1000 x 1000 x 300 m, 0.1 s) to s1.csv.

Cartesian position measurements, sigma 0.5 m per axis, detection probability 0.95, velocity drift 4 m2/s3 per axis; there are no walls.
Rows: scan (1-based, at 0.1 s * scan), kind (z measurement, t truth), x, y, z in millimetres. numpy 1.24 PCG64, seed 1.
Run: python3 s1.py > s1.csv
"""
import numpy as np


def gen(N, LAM, T, L):
    rng = np.random.default_rng(1); dt = .1; sig = .5; q = 4.; PD = .95
    F = np.array([[1, dt], [0, 1]]); Lq = np.linalg.cholesky(q * np.array([[dt**3/3, dt**2/2], [dt**2/2, dt]]))
    x = np.zeros((N, 3, 2)); x[:, :, 0] = rng.uniform(0, L, (N, 3)); x[:, 2, 0] *= .3; x[:, :, 1] = rng.normal(0, 10, (N, 3))
    scans, truth = [], []
    for k in range(T):
        x = x @ F.T + rng.normal(size=x.shape) @ Lq.T; truth.append(x[:, :, 0].copy())
        d = x[rng.random(N) < PD, :, 0]; d = d + rng.normal(0, sig, d.shape)
        n = rng.poisson(LAM); c = rng.uniform(0, 1, (n, 3)) * [L, L, .3 * L]
        z = np.r_[d, c]; rng.shuffle(z); scans.append(z)
    return scans, truth


if __name__ == "__main__":
    scans, truth = gen(200, 100, 15, 1000)
    for k in range(15):
        for kind, rows in (("z", scans[k]), ("t", truth[k])):
            for row in np.rint(rows * 1000).astype(int):
                print(k + 1, kind, *row, sep=",")

"""Times what OpenCV offers for motion, on one thread, on pictures that another program wrote.

Usage: opencv-motion.py FOLDER WIDTH HEIGHT THRESHOLD PASSES; FOLDER holds 0.gray, 1.gray, 2.gray.
Prints one JSON object: milliseconds per pass (medians) and how many pixels the plain difference found moving.
"""
import json
import statistics
import sys
import time

import cv2
import numpy

folder, width, height, threshold, passes = sys.argv[1], *map(int, sys.argv[2:])
frames = [numpy.fromfile(f"{folder}/{i}.gray", dtype=numpy.uint8).reshape(height, width) for i in range(3)]
cv2.setNumThreads(1)

difference = numpy.empty_like(frames[0])
mask = numpy.empty_like(frames[0])
mean8 = numpy.empty_like(frames[0])
mean = frames[0].astype(numpy.float32)
model = cv2.createBackgroundSubtractorMOG2(detectShadows=False)


def absdiff_threshold(frame, previous):
    cv2.absdiff(frame, previous, difference)
    cv2.threshold(difference, threshold, 255, cv2.THRESH_BINARY, mask)


def with_list(frame, previous):
    absdiff_threshold(frame, previous)
    return cv2.findNonZero(mask)


def running_average(frame, previous):
    cv2.convertScaleAbs(mean, mean8)
    cv2.accumulateWeighted(frame, mean, 1 / 16)
    absdiff_threshold(frame, mean8)
    return cv2.findNonZero(mask)


def mog2(frame, _previous):
    model.apply(frame, mask)


def median_ms(work):
    times = []
    for i in range(passes + 1):
        frame, previous = frames[i % 3], frames[(i + 2) % 3]
        start = time.perf_counter()
        work(frame, previous)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times[1:])


absdiff_threshold(frames[1], frames[0])
print(
    json.dumps(
        {
            "version": cv2.__version__,
            "moving": int(cv2.countNonZero(mask)),
            "absdiffThresholdMs": median_ms(absdiff_threshold),
            "withListMs": median_ms(with_list),
            "runningAverageMs": median_ms(running_average),
            "mog2Ms": median_ms(mog2),
        }
    )
)

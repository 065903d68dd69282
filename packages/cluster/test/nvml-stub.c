/**
 * A management library with two devices, for tests where no driver is: one tells everything, the other supports little and falls off
 * the bus. Implements the functions of NVML that nvml.ts calls; names and numbers are those of the NVML API reference.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, INSUFFICIENT_SIZE = 7, DRIVER_NOT_LOADED = 9, GPU_IS_LOST = 15 };

struct device {
  const char *name, *uuid;
  int isPlain;
};

static struct device devices[2] = {
    {"Skyvox Test A", "GPU-00000000-0000-0000-0000-00000000000a", 0},
    {"Skyvox Test B", "GPU-00000000-0000-0000-0000-00000000000b", 1},
};
static int openCount;

static int isLost(const struct device *device) { return device->isPlain && getenv("NVML_STUB_LOST") != NULL; }

static int copy(const char *from, char *into, unsigned byteLength) {
  if (strlen(from) + 1 > byteLength) return INSUFFICIENT_SIZE;
  strcpy(into, from);
  return SUCCESS;
}

int nvmlInit_v2(void) {
  if (getenv("NVML_STUB_NO_DRIVER") != NULL) return DRIVER_NOT_LOADED;
  openCount += 1;
  return SUCCESS;
}

int nvmlShutdown(void) {
  openCount -= 1;
  return SUCCESS;
}

int stubOpenCount(void) { return openCount; }

const char *nvmlErrorString(int status) {
  switch (status) {
    case DRIVER_NOT_LOADED:
      return "Driver Not Loaded";
    case GPU_IS_LOST:
      return "GPU is lost";
    default:
      return "Unknown Error";
  }
}

int nvmlSystemGetDriverVersion(char *version, unsigned byteLength) { return copy("535.00.01", version, byteLength); }

int nvmlDeviceGetCount_v2(unsigned *count) {
  *count = 2;
  return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, struct device **device) {
  if (index > 1) return INVALID_ARGUMENT;
  *device = &devices[index];
  return SUCCESS;
}

int nvmlDeviceGetName(struct device *device, char *name, unsigned byteLength) {
  return copy(device->name, name, byteLength);
}

int nvmlDeviceGetUUID(struct device *device, char *uuid, unsigned byteLength) {
  return copy(device->uuid, uuid, byteLength);
}

int nvmlDeviceGetMemoryInfo(struct device *device, uint64_t memory[3]) {
  if (isLost(device)) return GPU_IS_LOST;
  const uint64_t total = device->isPlain ? 8000000000u : 80000000000u;
  memory[0] = total;
  memory[1] = total - 5000000000u;
  memory[2] = 5000000000u;
  return SUCCESS;
}

int nvmlDeviceGetUtilizationRates(struct device *device, unsigned rates[2]) {
  if (device->isPlain) return NOT_SUPPORTED;
  rates[0] = 75;
  rates[1] = 10;
  return SUCCESS;
}

int nvmlDeviceGetTemperature(struct device *device, int sensor, unsigned *celsius) {
  if (isLost(device)) return GPU_IS_LOST;
  if (sensor != 0) return INVALID_ARGUMENT;
  *celsius = device->isPlain ? 41 : 83;
  return SUCCESS;
}

int nvmlDeviceGetPowerUsage(struct device *device, unsigned *milliwatts) {
  if (device->isPlain) return NOT_SUPPORTED;
  *milliwatts = 312500;
  return SUCCESS;
}

int nvmlDeviceGetTotalEccErrors(struct device *device, int kind, int counter, uint64_t *count) {
  if (device->isPlain) return NOT_SUPPORTED;
  if (kind > 1 || counter != 0) return INVALID_ARGUMENT;
  /* More than 32 bits, so that a half that is lost shows. */
  *count = kind == 0 ? 4294967299u : 2;
  return SUCCESS;
}

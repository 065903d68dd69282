/**
 * Motion of targets that turn and speed up, in a state of nine components `[position, velocity, acceleration]`, axis by axis.
 *
 * Every model moves all three axes by one 3 by 3 matrix F and adds one 3 by 3 noise Q, so that a covariance moves block by block:
 * - velocity: acceleration is nothing but noise, as in `motion-model.ts`; the third component is 0.
 * - acceleration: it lasts, and drifts by white jerk (Bar-Shalom, Li & Kirubarajan 2001, eq. 6.2.3-7).
 * - turn: velocity and acceleration turn together at the rate |v x a| / |v|², in whatever plane they span; speed lasts. The rate is taken
 *   from the state and held over the step (Li & Jilkov 2003, eq. 74 to 76), so the model has no component of its own for it. That
 *   velocity and acceleration are at right angles comes in as a measurement of v · a = 0 (Alouani & Blair 1993).
 */

/** Names of the models, in the order in which several are kept. */
export const MOTION_MODELS = ["velocity", "turn", "acceleration"] as const;

/** One model of how a target moves. */
export type MotionModelName = (typeof MOTION_MODELS)[number];

/** How strongly targets deviate from steady motion. */
export interface Manoeuvres {
  /** By how much velocity wanders per axis in one second outside manoeuvres, m/s². */
  readonly accelerationMps2: number;
  /** One standard deviation of the acceleration of a manoeuvre per axis, m/s². */
  readonly manoeuvreMps2: number;
}

/** Moves one state and its covariance forward in place: `states` `[count, 9]`, `covariances` `[count, 81]`, row `at`. Allocates nothing. */
export function predictManoeuvre(
  states: Float64Array,
  covariances: Float64Array,
  at: number,
  model: MotionModelName,
  elapsedS: number,
  manoeuvres: Manoeuvres,
): void {
  if (model === "velocity") setVelocity(elapsedS, manoeuvres);
  else if (model === "acceleration") setAcceleration(elapsedS, manoeuvres);
  else setTurn(elapsedS, manoeuvres, turnRate(states, at * 9));
  moveState(states, at * 9);
  moveCovariance(covariances, at * 81);
  if (model === "turn") keepSpeed(states, covariances, at, manoeuvres.manoeuvreMps2 * ALONG_SHARE);
}

/** By how much the acceleration of a manoeuvre that begins or ends changes in one second, in shares of its own size. */
const ACCELERATION_DRIFT = 1.5;
/** The same in a turn that goes on. */
const TURN_DRIFT = 0.02;
/** One standard deviation of the acceleration along the path in a turn, in the same shares: a turn keeps its speed. */
const ALONG_SHARE = 0.06;

const f = new Float64Array(9);
const q = new Float64Array(9);
const moved = new Float64Array(9);

function setVelocity(dt: number, { accelerationMps2 }: Manoeuvres): void {
  const density = accelerationMps2 * accelerationMps2;
  f.set([1, dt, 0, 0, 1, 0, 0, 0, 0]);
  const cross = (density * dt * dt) / 2;
  q.set([(density * dt * dt * dt) / 3, cross, 0, cross, density * dt, 0, 0, 0, 0]);
}

function setAcceleration(dt: number, { manoeuvreMps2 }: Manoeuvres): void {
  f.set([1, dt, (dt * dt) / 2, 0, 1, dt, 0, 0, 1]);
  setJerk(dt, manoeuvreMps2 * ACCELERATION_DRIFT);
}

function setTurn(dt: number, { manoeuvreMps2 }: Manoeuvres, rate: number): void {
  const angle = rate * dt;
  const sine = angle < 1e-6 ? dt : Math.sin(angle) / rate;
  const versine = angle < 1e-4 ? (dt * dt) / 2 : (1 - Math.cos(angle)) / (rate * rate);
  const cosine = Math.cos(angle);
  f.set([1, sine, versine, 0, cosine, sine, 0, -rate * Math.sin(angle), cosine]);
  setJerk(dt, manoeuvreMps2 * TURN_DRIFT);
}

/** Noise of white jerk that lets acceleration drift by `jerk` in one second. */
function setJerk(dt: number, jerk: number): void {
  const density = jerk * jerk;
  const pp = (density * dt ** 5) / 20;
  const pv = (density * dt ** 4) / 8;
  const pa = (density * dt ** 3) / 6;
  const vv = (density * dt ** 3) / 3;
  const va = (density * dt ** 2) / 2;
  q.set([pp, pv, pa, pv, vv, va, pa, va, density * dt]);
}

/** |v x a| / |v|², radians per second; 0 for what hardly moves, whose direction is not known. */
function turnRate(states: Float64Array, x: number): number {
  const e = states[x + 3]!;
  const n = states[x + 4]!;
  const u = states[x + 5]!;
  const squared = e * e + n * n + u * u;
  if (squared < 1) return 0;
  const ae = states[x + 6]!;
  const an = states[x + 7]!;
  const au = states[x + 8]!;
  return Math.hypot(n * au - u * an, u * ae - e * au, e * an - n * ae) / squared;
}

function moveState(states: Float64Array, x: number): void {
  for (let axis = 0; axis < 3; axis++) {
    const p = states[x + axis]!;
    const v = states[x + 3 + axis]!;
    const a = states[x + 6 + axis]!;
    states[x + axis] = f[0]! * p + f[1]! * v + f[2]! * a;
    states[x + 3 + axis] = f[4]! * v + f[5]! * a;
    states[x + 6 + axis] = f[7]! * v + f[8]! * a;
  }
}

/** P⁺ = F P Fᵀ + Q: for each pair of axes the 3 by 3 part of what they share is moved on its own; the mirrored half is copied. */
function moveCovariance(covariances: Float64Array, p: number): void {
  for (let row = 0; row < 3; row++) {
    for (let column = row; column < 3; column++) {
      moveBlock(covariances, p, row, column);
      for (let i = 0; i < 3; i++) {
        for (let j = row === column ? i : 0; j < 3; j++) {
          const value = moved[i * 3 + j]! + (row === column ? q[i * 3 + j]! : 0);
          covariances[p + (i * 3 + row) * 9 + j * 3 + column] = value;
          covariances[p + (j * 3 + column) * 9 + i * 3 + row] = value;
        }
      }
    }
  }
}

/** Writes F B Fᵀ into `moved`, B holding what axis `row` and axis `column` share of position, velocity and acceleration. */
function moveBlock(covariances: Float64Array, p: number, row: number, column: number): void {
  for (let i = 0; i < 3; i++) {
    const from = p + row * 9 + column;
    for (let j = 0; j < 3; j++) {
      partial[i * 3 + j] =
        f[i * 3]! * covariances[from + j * 3]! +
        f[i * 3 + 1]! * covariances[from + 27 + j * 3]! +
        f[i * 3 + 2]! * covariances[from + 54 + j * 3]!;
    }
  }
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      moved[i * 3 + j] =
        partial[i * 3]! * f[j * 3]! + partial[i * 3 + 1]! * f[j * 3 + 1]! + partial[i * 3 + 2]! * f[j * 3 + 2]!;
    }
  }
}

/** Measures v · a = 0 with a standard deviation of `alongMps2` |v|: H = [0, a, v]. */
function keepSpeed(states: Float64Array, covariances: Float64Array, at: number, alongMps2: number): void {
  const x = at * 9;
  const p = at * 81;
  let product = 0;
  let speedSquared = 0;
  for (let axis = 0; axis < 3; axis++) {
    product += states[x + 3 + axis]! * states[x + 6 + axis]!;
    speedSquared += states[x + 3 + axis]! * states[x + 3 + axis]!;
  }
  // Of what hardly moves the direction is not known.
  if (speedSquared < 1) return;
  let variance = alongMps2 * alongMps2 * speedSquared;
  for (let i = 0; i < 9; i++) {
    let sum = 0;
    for (let axis = 0; axis < 3; axis++) {
      sum += covariances[p + i * 9 + 3 + axis]! * states[x + 6 + axis]!;
      sum += covariances[p + i * 9 + 6 + axis]! * states[x + 3 + axis]!;
    }
    along[i] = sum;
  }
  for (let axis = 0; axis < 3; axis++) {
    variance += along[3 + axis]! * states[x + 6 + axis]! + along[6 + axis]! * states[x + 3 + axis]!;
  }
  for (let i = 0; i < 9; i++) {
    states[x + i]! -= (along[i]! * product) / variance;
    for (let j = 0; j < 9; j++) covariances[p + i * 9 + j]! -= (along[i]! * along[j]!) / variance;
  }
}

const partial = new Float64Array(9);
const along = new Float64Array(9);

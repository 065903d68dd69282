/*
 * The slot of a frame pool as a model for Spin: WRITERS (1 or 2) and READERS (1 or 2) and a reaper; one of
 * them may die, at any step.
 *
 * Every line below is one step that others may come between, as every atomic operation of pool-writer.c, pool-reader.c and pool.c is; the
 * word of the slot (generation, state, owner) changes as a whole. The frame is two halves, written one after the other, each the number of
 * its generation. Checked: a reader whose release says that its frame was there all the time has read two halves of that frame; when all
 * are gone and reaped, no bit is set and nobody writes. MUTANT_* take one check out; Spin must find what goes wrong then.
 */
#define FREE 0
#define WRITING 1
#define READY 2
#define CLAIMING 3
#ifndef GENERATIONS
#define GENERATIONS 3
#endif
#ifndef WRITERS
#define WRITERS 2
#define READERS 1
#endif
#define DEATHS 1
#define ROUNDS 1

byte generation = 1, state = FREE, owner = 9;
byte holders = 0, low = 0, high = 0;
byte deaths = 0, finished = 0;
bool dead[4], joined[4];

#ifdef MUTANT_REAP
#define CLEAR_BITS skip
#else
#define CLEAR_BITS holders = holders & ~(1 << who)
#endif
#define CLEAN CLEAR_BITS; \
    if \
    :: atomic { owner == who && state == CLAIMING -> state = READY } \
    :: atomic { owner == who && state == WRITING -> holders = 0 }; atomic { generation++; state = FREE } \
    :: else -> skip \
    fi; \
    joined[who] = false

#define MAY_DIE if :: atomic { deaths < DEATHS -> deaths++; dead[me] = true }; goto gone :: skip fi

proctype Writer(byte me) {
  byte seen, held;
  do
  :: generation >= GENERATIONS -> break
  :: else ->
    atomic { seen = generation; held = state }
    if
    :: held == FREE ->
      if
      :: atomic { generation == seen && state == FREE -> state = WRITING; owner = me }
      :: else -> goto again
      fi
    :: held == READY ->
      if
      :: atomic { generation == seen && state == READY -> state = CLAIMING; owner = me }
      :: else -> goto again
      fi;
      MAY_DIE;
#ifdef MUTANT_HOLDERS
      held = 0;
#else
      held = holders;
#endif
      if
      :: held == 0 -> atomic { generation++; state = WRITING }
      :: held != 0 -> state = READY; goto again
      :: held != 0 -> atomic { generation++; state = WRITING }; /* they have overstayed */
        MAY_DIE;
        holders = holders & ~held
      fi
    :: else -> goto again
    fi;
    MAY_DIE;
    low = generation;
    MAY_DIE;
    high = generation;
    MAY_DIE;
    state = READY;
again:
    atomic { seen = 0; held = 0 }
  od;
gone:
  atomic { seen = 0; held = 0; finished++ }
}

proctype Reader(byte me) {
  byte seen, first, second, mine, rounds = 0;
  bool isThere;
  mine = 1 << me;
  do
  :: rounds == ROUNDS -> break
  :: else ->
    rounds++;
    atomic { seen = generation; isThere = (state == READY) }
    if
    :: isThere
    :: else -> goto again
    fi;
    holders = holders | mine;
    MAY_DIE;
#ifdef MUTANT_RECHECK
    isThere = true;
#else
    atomic { isThere = (generation == seen && state == READY) }
#endif
    if
    :: isThere
    :: else -> holders = holders & ~mine; goto again
    fi;
    MAY_DIE;
    first = low;
    second = high;
    MAY_DIE;
    if
    :: atomic { generation == seen -> assert(first == seen && second == seen) }; holders = holders & ~mine
    :: atomic { generation != seen -> skip } /* evicted: what was read is void */
    fi;
again:
    atomic { seen = 0; first = 0; second = 0; isThere = false }
  od;
gone:
  atomic { seen = 0; first = 0; second = 0; isThere = false; finished++ }
}

#define IS_LEFT(who) (dead[who] && joined[who])

/* Holds the lock of the dead one, so that there is one reaper. */
proctype Reaper() {
  byte who;
  do
  :: atomic { IS_LEFT(0) -> who = 0 }; CLEAN
  :: atomic { IS_LEFT(1) -> who = 1 }; CLEAN
  :: atomic { IS_LEFT(2) -> who = 2 }; CLEAN
  :: atomic { IS_LEFT(3) -> who = 3 }; CLEAN
  :: finished == WRITERS + READERS && !IS_LEFT(0) && !IS_LEFT(1) && !IS_LEFT(2) && !IS_LEFT(3) -> break
  od;
  assert(holders == 0);
  assert(state == FREE || state == READY)
}

init {
  atomic {
    joined[0] = true; joined[1] = true; joined[2] = true; joined[3] = true;
    run Writer(0); run Reader(2); run Reaper();
    if
    :: WRITERS == 2 -> run Writer(1)
    :: else
    fi;
    if
    :: READERS == 2 -> run Reader(3)
    :: else
    fi
  }
}

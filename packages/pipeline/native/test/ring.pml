/*
 * A ring of two slots as a model for Spin: PRODUCERS (1 or 2), one consumer that drops the oldest, with LOSSLESS a second one that may lose
 * nothing, and a reaper; one of them may die, at any step.
 *
 * Every line below is one step that others may come between, as every atomic operation of ring-producer.c and ring-consumer.c is; the word
 * of a slot (position, state, owner) changes as a whole. A message is two halves, written one after the other, each its position. Checked:
 * what a consumer reads are the two halves of its position; a lossless consumer gets as many messages as were committed; when all are gone
 * and reaped, nobody writes and no bit is set. MUTANT_* take one check out; Spin must find what goes wrong then.
 */
#define WRITING 1
#define READY 2
#define SKIPPED 3
#define ABORTED 4
#define STALLED 5
#define CAPACITY 2
#define DEATHS 1

#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef LOSSLESS
#define LOSSLESS 0
#endif
#ifndef POSITIONS
#define POSITIONS 6
#endif

byte head = CAPACITY;
byte position[CAPACITY], state[CAPACITY], owner[CAPACITY];
byte low[CAPACITY], high[CAPACITY];
bool held[CAPACITY];
byte cursor = CAPACITY; /* of the lossless consumer */
bool isGate = false;
byte committed = 0, deaths = 0, finished = 0, producing = PRODUCERS;
bool dead[4], joined[4];

#define MAY_DIE if :: atomic { deaths < DEATHS -> deaths++; dead[me] = true }; goto gone :: skip fi
#define MOVE_HEAD(at) if :: atomic { head == at -> head++ } :: else -> skip fi

proctype Producer(byte me) {
  byte at, slot, was, found, whose;
claim:
  atomic { at = head; slot = at % CAPACITY }
  if
  :: at >= CAPACITY + POSITIONS -> goto gone
  :: else
  fi;
  atomic { was = position[slot]; found = state[slot]; whose = owner[slot] }
  if
  :: was == at -> MOVE_HEAD(at); goto claim
  :: was + CAPACITY != at && was != at -> goto claim
  :: else
  fi;
#ifndef MUTANT_GATE
  !isGate || cursor + CAPACITY > at;
#endif
  if
  :: found == WRITING || found == STALLED ->
    if
    :: atomic { position[slot] == was && state[slot] == found && owner[slot] == whose -> position[slot] = at; state[slot] = STALLED }
    :: else -> goto claim
    fi;
    MOVE_HEAD(at);
    goto claim
  :: else
  fi;
  if
  :: atomic { position[slot] == was && state[slot] == found && owner[slot] == whose -> position[slot] = at; state[slot] = WRITING; owner[slot] = me }
  :: else -> goto claim
  fi;
  MAY_DIE;
  MOVE_HEAD(at);
  MAY_DIE;
#ifndef MUTANT_HOLDERS
  if
  :: held[slot] ->
    atomic { state[slot] = SKIPPED } /* at whatever position it has by now */
    goto claim
  :: else
  fi;
#endif
  low[slot] = at;
  MAY_DIE;
  high[slot] = at;
  MAY_DIE;
  if
  :: atomic { position[slot] == at && state[slot] == WRITING -> state[slot] = READY; committed++ }
  :: else -> state[slot] = SKIPPED /* passed over */
  fi;
  goto claim;
gone:
  atomic { at = 0; slot = 0; was = 0; found = 0; whose = 0; producing--; finished++ }
}

proctype Consumer(byte me; bool isLossless) {
  byte at = CAPACITY, slot, was, found, first, second, taken = 0, lap;
take:
  slot = at % CAPACITY;
  atomic { was = position[slot]; found = state[slot] }
  if
  :: was < at || (was == at && found == WRITING) ->
    if
    :: position[slot] != was || state[slot] != found -> goto take
    :: producing == 0 && !joined[0] && !joined[1] && position[slot] == was && state[slot] == found -> goto gone
    fi
  :: was > at ->
    assert(!isLossless);
    lap = head;
    at = (lap - CAPACITY > at -> lap - CAPACITY : at + 1);
    goto take
  :: was == at && (found == SKIPPED || found == STALLED || found == ABORTED) -> at++
  :: was == at && found == READY ->
    if
    :: !isLossless ->
      held[slot] = true;
      MAY_DIE;
#ifndef MUTANT_RECHECK
      if
      :: atomic { position[slot] == at && state[slot] == READY }
      :: else -> held[slot] = false; goto take
      fi
#endif
    :: else
    fi;
    first = low[slot];
    MAY_DIE;
    second = high[slot];
    assert(first == at && second == at);
    if
    :: !isLossless -> held[slot] = false
    :: else
    fi;
    at++;
    taken++
  fi;
  if
  :: isLossless -> MAY_DIE; cursor = at
  :: else
  fi;
  goto take;
gone:
  assert(!isLossless || dead[me] || taken == committed);
  atomic { at = 0; slot = 0; was = 0; found = 0; first = 0; second = 0; lap = 0; taken = 0; finished++ }
}

#define IS_LEFT(who) (dead[who] && joined[who])
#define CLEAN_SLOT(i) if \
    :: atomic { owner[i] == who && state[i] == WRITING -> state[i] = ABORTED } \
    :: atomic { owner[i] == who && state[i] == STALLED -> state[i] = SKIPPED } \
    :: else -> skip \
    fi

proctype Reaper() {
  byte who;
  do
  :: atomic { IS_LEFT(0) -> who = 0 }; CLEAN_SLOT(0); CLEAN_SLOT(1); joined[0] = false
  :: atomic { IS_LEFT(1) -> who = 1 }; CLEAN_SLOT(0); CLEAN_SLOT(1); joined[1] = false
#ifndef MUTANT_REAP
  :: IS_LEFT(2) -> held[0] = false; held[1] = false; joined[2] = false
#endif
  :: IS_LEFT(3) -> isGate = false; joined[3] = false
  :: joined[0] && !dead[0] && producing == 0 -> joined[0] = false
  :: joined[1] && !dead[1] && producing == 0 -> joined[1] = false
  :: finished == PRODUCERS + 1 + LOSSLESS && !joined[0] && !joined[1] && !IS_LEFT(3) && (joined[2] -> !dead[2] : true) -> break
#ifdef MUTANT_REAP
  :: finished == PRODUCERS + 1 + LOSSLESS && IS_LEFT(2) -> break
#endif
  od;
  assert(!held[0] && !held[1]);
  assert(state[0] != WRITING && state[0] != STALLED && state[1] != WRITING && state[1] != STALLED)
}

init {
  atomic {
    position[1] = 1; state[0] = SKIPPED; state[1] = SKIPPED; owner[0] = 9; owner[1] = 9;
    joined[0] = true; joined[1] = (PRODUCERS == 2); joined[2] = true; joined[3] = LOSSLESS; isGate = LOSSLESS;
    run Producer(0); run Consumer(2, false); run Reaper();
    if
    :: PRODUCERS == 2 -> run Producer(1)
    :: else
    fi;
    if
    :: LOSSLESS == 1 -> run Consumer(3, true)
    :: else
    fi
  }
}

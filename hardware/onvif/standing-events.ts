/**
 * Which of a camera's own alarms stand. Pure: moments are arguments, on the monotonic clock. What a camera says of the time
 * before it was asked raises nothing: many begin with states that are wrong, so an alarm that is there from the beginning is
 * told beside `online`, and one that was seen to begin is told as what it is.
 */
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import type { Notice } from './event-answers.ts'
import { meaningOf, rankOf, type TopicMeaning } from './topics.ts'

/** Sources of one camera's topics that are told apart; a recorder has some dozens. */
const MOST_STATES = 128
/** A camera's stamp is of its event, and its answer takes a moment. */
const PAST_SLACK_MS: Millis = 5_000

interface State {
  readonly meaning: TopicMeaning
  isOn: boolean
  /** It was seen to begin, or not to be. */
  isFresh: boolean
  since: Millis
  /** `null`: until it is told to be over. */
  until: Millis | null
}

/** An alarm that stands. */
export interface StandingEvent extends TopicMeaning {
  readonly since: Millis
}

export interface NoticeContext {
  readonly now: Millis
  /** When the subscription that it came by was made. */
  readonly subscribedAt: Millis
  /** The camera's clock now; `null`: not known. */
  readonly cameraTime: Instant | null
}

export class StandingEvents {
  readonly #holdMs: Millis
  readonly #states = new Map<string, State>()
  /** Topics of ours whose state could not be read. */
  misread = 0

  /** @param holdMs how long a moment that has no end stands */
  constructor(holdMs: Millis) {
    this.#holdMs = holdMs
  }

  /** True when the notice is of a topic that says something of the camera. */
  take(notice: Notice, context: NoticeContext): boolean {
    const told = meaningOf(notice)
    if (!told) return false
    const key = `${notice.topic} ${notice.source}`
    const state = this.#states.get(key)
    if (notice.operation === 'Deleted') this.#states.delete(key)
    else if (told.isOn === null) this.misread += 1
    else if (notice.operation === null) this.#moment(key, told.meaning, told.isOn, notice, context)
    else if (state) this.#change(state, told.isOn, notice, context)
    else this.#first(key, told.meaning, told.isOn, notice, context)
    return true
  }

  /** What stands and is told before all else; `null`: nothing. */
  standing(now: Millis): StandingEvent | null {
    for (const [key, { until }] of this.#states) if (until !== null && now >= until) this.#states.delete(key)
    const standing = [...this.#states.values()].filter(({ isOn }) => isOn)
    const [first] = standing.sort(
      (a, b) =>
        Number(b.isFresh) - Number(a.isFresh) ||
        rankOf(b.meaning) - rankOf(a.meaning) ||
        b.meaning.confidence - a.meaning.confidence,
    )
    if (!first) return null
    const { meaning, since, isFresh } = first
    return isFresh ? { ...meaning, since } : { ...meaning, status: 'online', since }
  }

  #first(key: string, meaning: TopicMeaning, isOn: boolean, notice: Notice, context: NoticeContext): void {
    const isFresh = notice.operation === 'Changed' && !isPast(notice, context)
    this.#remember(key, { meaning, isOn, isFresh: isFresh || !isOn, since: beganAt(notice, context), until: null })
  }

  /** A state that was seen off and is on has begun since, whatever the camera calls it: it may have been while we were cut off. */
  #change(state: State, isOn: boolean, notice: Notice, context: NoticeContext): void {
    if (state.isOn !== isOn) state.since = beganAt(notice, context)
    if (!isOn) state.isFresh = true
    else if (notice.operation === 'Changed' && !isPast(notice, context)) state.isFresh = true
    state.isOn = isOn
  }

  #moment(key: string, meaning: TopicMeaning, isOn: boolean, notice: Notice, context: NoticeContext): void {
    if (!isOn) this.#states.delete(key)
    else if (!isPast(notice, context)) {
      const since = this.#states.get(key)?.since ?? beganAt(notice, context)
      this.#remember(key, { meaning, isOn, isFresh: true, since, until: context.now + this.#holdMs })
    }
  }

  /** When it is full the one that has been there longest gives way. */
  #remember(key: string, state: State): void {
    this.#states.delete(key)
    this.#states.set(key, state)
    if (this.#states.size > MOST_STATES) this.#states.delete(this.#states.keys().next().value!)
  }
}

/** How long ago by the camera's own clock, which need not be right for that. `null`: it does not say. */
const ageOf = ({ at }: Notice, { cameraTime }: NoticeContext): Millis | null =>
  at === null || cameraTime === null ? null : Math.max(0, cameraTime - at)

function isPast(notice: Notice, context: NoticeContext): boolean {
  const age = ageOf(notice, context)
  return age !== null && context.now - age < context.subscribedAt - PAST_SLACK_MS
}

/** A camera whose clock was set since says an absurd age: then it began when it was told. */
function beganAt(notice: Notice, context: NoticeContext): Millis {
  const age = ageOf(notice, context)
  return age === null || age > 86_400_000 ? context.now : context.now - age
}

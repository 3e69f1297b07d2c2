import { type Greeting, readGreeting } from './hello.ts'
import { nextSequence, sequenceText } from './sequence.ts'

/**
 * The handshake as a pure conversation: a generator that yields what to say and is given what was answered. It owns no
 * timer: who waits too long ends it.
 * @see SeisComP documentation, application seedlink, "Handshaking"; FDSN SeedLink, protocol, "BATCH"
 */

/** One station to ask for. */
export interface WantedStation {
  readonly network: string
  readonly station: string
  /** Channel code and location; `null`: any location. */
  readonly channels: readonly { readonly code: string; readonly location: string | null }[]
  /** The last packet that is in hand; `null`: begin with what comes next. */
  readonly lastSequence: number | null
}

export interface HandshakePlan {
  readonly mode: 'multi-station' | 'uni-station'
  readonly stations: readonly WantedStation[]
}

/** What to say next, and how many lines the server answers to it. */
export interface Ask {
  readonly say: string
  readonly lines: number
}

export type HandshakeOutcome =
  | { readonly kind: 'stranger'; readonly answer: string }
  | {
      readonly kind: 'streaming'
      readonly greeting: Greeting
      readonly batch: boolean
      /** Stations that the server will not send, by their place in the plan, with what it answered. */
      readonly refused: ReadonlyMap<number, string>
      /** Stations for which it did not take the sequence: they begin with what comes next. */
      readonly startedLive: ReadonlySet<number>
    }
  | { readonly kind: 'all-refused'; readonly greeting: Greeting; readonly answers: ReadonlyMap<number, string> }

export type Handshake = Generator<Ask, HandshakeOutcome, readonly string[]>

const isYes = (answer: readonly string[]) => /^OK\b/i.test(answer[0] ?? '')
/** A first line that is the only one, whatever was asked. */
export const isRefusal = (line: string): boolean => /^ERROR\b/i.test(line)

/** Talks a server into sending. Answers are given without their line ends. */
export function* shakeHands(plan: HandshakePlan): Handshake {
  const hello = yield { say: 'HELLO', lines: 2 }
  const greeting = readGreeting(hello[0] ?? '')
  if (!greeting) return { kind: 'stranger', answer: (hello[0] ?? '').slice(0, 80) }
  const single = plan.mode === 'uni-station' ? plan.stations[0] : undefined
  if (single) return yield* shakeForOne(single, greeting)
  const batch = greeting.capabilities.has('BATCH') && isYes(yield { say: 'BATCH', lines: 1 })
  const refused = new Map<number, string>()
  const startedLive = new Set<number>()
  for (const [index, station] of plan.stations.entries()) {
    const lines = batch ? 0 : 1
    const found = yield { say: `STATION ${station.station} ${station.network}`, lines }
    if (!batch && !isYes(found)) {
      refused.set(index, answerOf(found))
      continue
    }
    yield* select(station, batch)
    const begun = yield { say: dataCommand(station), lines }
    if (batch || isYes(begun)) continue
    if (station.lastSequence !== null && isYes(yield { say: 'DATA', lines })) startedLive.add(index)
    else refused.set(index, answerOf(begun))
  }
  if (refused.size === plan.stations.length) return { kind: 'all-refused', greeting, answers: refused }
  yield { say: 'END', lines: 0 }
  return { kind: 'streaming', greeting, batch, refused, startedLive }
}

/** Uni-station: the port has one station, `DATA` begins at once and is not answered. */
function* shakeForOne(station: WantedStation, greeting: Greeting): Handshake {
  yield* select(station, false)
  yield { say: dataCommand(station), lines: 0 }
  return { kind: 'streaming', greeting, batch: false, refused: new Map(), startedLive: new Set() }
}

/** A server that does not know a selector sends more than we want, which is dropped: no reason to give up. */
function* select(station: WantedStation, batch: boolean): Generator<Ask, void, readonly string[]> {
  for (const { code, location } of station.channels) {
    const pattern = location === null ? code : `${location.padEnd(2, '-')}${code}`
    const lines = batch ? 0 : 1
    const answer = yield { say: `SELECT ${pattern}.D`, lines }
    // A blank location as `--` is not known everywhere.
    if (!batch && !isYes(answer) && location !== null) yield { say: `SELECT ${code}.D`, lines }
  }
}

const dataCommand = ({ lastSequence }: WantedStation): string =>
  lastSequence === null ? 'DATA' : `DATA ${sequenceText(nextSequence(lastSequence))}`

const answerOf = (answer: readonly string[]): string => (answer[0] ?? '').slice(0, 80)

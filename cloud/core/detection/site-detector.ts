import type { EventFinding, Finding } from '@minewarden/protocol/finding.ts'
import type { GatewayId } from '@minewarden/protocol/ids.ts'
import type { Reading, ReadingOf } from '@minewarden/protocol/reading.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { Attributed } from './attributed-event.ts'
import { retractBlast, takeBlast } from './blast-evidence.ts'
import { createCalendar } from './calendar.ts'
import { type SupplyOrder, takeNeighbourLoad, takeSupplyOrder, watchSupply } from './cut-watch.ts'
import { createState, type DetectorState, isState } from './detector-state.ts'
import {
  attribute,
  createEventJudge,
  type JudgedEvent,
  judge,
  judgeUntil,
  takeAirEvent,
  takeEvent,
} from './event-judge.ts'
import { pushBounded } from './evidence.ts'
import { feltBefore, feltNow } from './felt-here.ts'
import { modelOf } from './filter/model.ts'
import { SiteFilter } from './filter/site-filter.ts'
import { eventFinding } from './findings.ts'
import { takeKnock, takeLine, takeWindow } from './ground-evidence.ts'
import { inheritLearnt } from './learning/inherit.ts'
import { takePower } from './load-evidence.ts'
import type { Felt } from './network/felt.ts'
import { opinionOf, silenceOf } from './opinion.ts'
import { DEFAULT_PARAMETERS, LATE_AFTER_MS, type Parameters } from './parameters.ts'
import { createProbe, stepProbe } from './probe-evidence.ts'
import { type HeldReading, hold, nextUntil } from './reorder.ts'
import { createSensorKeys } from './sensor-key.ts'
import { isWatched } from './sensor-silence.ts'
import { Believer, type FilterPlace } from './site-belief.ts'
import { boutOf, calmBelow, entryOf, type SiteContext } from './site-context.ts'
import { ageEvidence } from './site-evidence.ts'

/**
 * Judges one site from the readings of its sensors: what each event was, and whether the site has been reopened.
 * Pure: time comes with the readings and through `advanceTo`; nothing else is looked at.
 */
export interface SiteDetector {
  /** `historical`: sent late (`is_historical`); evidence older than 15 minutes gives late findings, never a state. */
  observe(gateway: GatewayId, reading: Reading, context: { historical: boolean }): readonly Finding[]
  /** Time has passed: readings up to `at` are complete, whatever comes later from before is late. */
  advanceTo(at: Instant): readonly Finding[]
  /** Everything that later behaviour depends on, as plain JSON. */
  snapshot(): unknown
}

/** What is known of a site's supply beside its own sensors. */
export interface SupplyListener {
  /** An order cut the site's supply, or gave it back. */
  tellSupply(order: SupplyOrder): void
  /** A meter of a site near by was read; its load may feed this one. */
  tellNeighbour(meter: string, at: Instant, loadW: number): void
}

/** A site among others that may feel the same. */
export interface NetworkMember {
  /** What was felt since the last call: for the network of the county. */
  takeFelt(): readonly Felt[]
  /** What the network made of one of them. */
  attribute(key: string, onsetMs: number, attributed: Attributed): Finding[]
}

/** Transients on their way to the network, at most: whoever does not ask for them gets the newest. */
const FELT_CEILING = 64

/** Most readings tell nothing. */
const NOTHING: readonly Finding[] = []

const joined = (a: readonly Finding[], b: readonly Finding[], c: readonly Finding[] = NOTHING): readonly Finding[] =>
  a.length + b.length + c.length === 0 ? NOTHING : [...a, ...b, ...c]

/** Evidence that rests on what was sent late stays out of orders for so long. */
const LATE_COUNTS_MS = 3_600_000

const KIND_OF_READING: { readonly [kind: string]: string } = {
  vibration: 'geophone',
  machineLine: 'geophone',
  event: 'geophone',
  airEvent: 'air-pressure',
  power: 'power-meter',
  probe: 'camera-probe',
}

/**
 * @param snapshot what an earlier detector of the same site and version returned; one of another version is ignored
 * @param place the site's place in a filter that many sites share; a filter of its own without one
 */
export function createSiteDetector(
  site: Site,
  parameters: Parameters = DEFAULT_PARAMETERS,
  snapshot?: unknown,
  place: FilterPlace = { filter: new SiteFilter(modelOf(parameters.rates), 1), index: 0 },
): SiteDetector & SupplyListener & NetworkMember {
  const state: DetectorState = isState(snapshot) ? structuredClone(snapshot) : createState()
  if (isState(snapshot)) inheritLearnt(state, site)
  const believer = new Believer(place, state.belief)
  const context: SiteContext = { site, parameters, state, believer, calmBelow: calmBelow(parameters) }
  const { evidence } = state
  const momentAt = createCalendar(site, parameters)
  const keyOf = createSensorKeys()
  let felt: Felt[] = []

  /** One reading, in its order. */
  const take = ({ gateway, reading }: HeldReading): readonly Finding[] => {
    const nowMs = reading.measuredAt
    state.judgedMs = Math.max(state.judgedMs, nowMs)
    state.learning.sinceMs ??= nowMs
    ageEvidence(evidence, nowMs)
    if (reading.kind === 'vibration') state.heard.geophone = nowMs
    if (reading.kind === 'power') state.heard['power-meter'] = nowMs
    believer.advance(nowMs, momentAt(nowMs, evidence.voidUntilMs), isWatched(context, nowMs))
    const findings = weigh(keyOf(gateway, reading.sensor!), reading)
    return findings === null ? NOTHING : joined(findings, judgeTo(nowMs), silenceOf(context, nowMs))
  }

  /** All that is due by a moment, in order. */
  const takeUntil = (untilMs: number): readonly Finding[] => {
    let findings = NOTHING
    for (let held = nextUntil(state.reorder, untilMs); held; held = nextUntil(state.reorder, untilMs))
      findings = joined(findings, take(held))
    return findings
  }

  /** `null`: a kind that says nothing of the site. */
  const weigh = (key: string, reading: Reading): readonly Finding[] | null => {
    switch (reading.kind) {
      case 'vibration':
        return takeWindow(context, key, reading)
      case 'machineLine':
        takeLine(context, key, reading)
        return NOTHING
      case 'event':
        return takeTransient(key, reading)
      case 'airEvent':
        takeAirEvent(state.judge, reading)
        felt.push(...feltBefore(context, reading))
        return NOTHING
      case 'power':
        takePower(context, key, reading)
        return NOTHING
      case 'meter': {
        const { measuresAt } = reading.fields
        if (measuresAt === 'line' || measuresAt === 'load') state.measuresAt = measuresAt
        return null
      }
      case 'probe': {
        const probe = entryOf(state.probes, key, createProbe)
        if (probe) stepProbe(probe, reading)
        return NOTHING
      }
      default:
        return null
    }
  }

  const takeTransient = (key: string, reading: ReadingOf<'event'>): Finding[] => {
    takeKnock(context, key, reading)
    const crowded = takeEvent(state.judge, key, reading, boutAt)
    pushBounded(felt, feltNow(context, key, reading), FELT_CEILING)
    return crowded.flatMap((event) => conclude(event, reading.measuredAt))
  }

  const boutAt = (key: string, atMs: number) => boutOf(context, key, atMs)

  /** What is due by a moment: events whose surroundings are known, the supply, and the site's state. */
  const judgeTo = (nowMs: number): readonly Finding[] => {
    const judged = judgeUntil(state.judge, nowMs, boutAt)
    const events = judged.length === 0 ? NOTHING : judged.flatMap((event) => conclude(event, state.judgedMs))
    return joined(events, opinionOf(context, state.judgedMs), watchSupply(context, state.judgedMs))
  }

  /** An event was judged: tell it, and let a blast weigh. */
  const conclude = (event: JudgedEvent, atMs: number): EventFinding[] => {
    if (event.before) retractBlast(context, event.before)
    takeBlast(context, event)
    return event.tell ? [eventFinding(site.id, event, { atMs, late: false })] : []
  }

  /** Too old to change the opinion of today: told as late, and that is all. */
  const takeLate = (gateway: GatewayId, reading: Reading): Finding[] => {
    if (reading.kind !== 'event') return []
    const held = {
      key: `${gateway}/${reading.sensor}`,
      sensor: reading.sensor ?? '',
      measuredMs: reading.measuredAt,
      fields: reading.fields,
      looked: true,
    }
    const event = judge(createEventJudge(), held, () => null)
    return event.tell ? [eventFinding(site.id, event, { atMs: reading.measuredAt, late: true })] : []
  }

  /** The clock was set back: what seemed to be the present must not make all that is measured now late. */
  const setBack = (at: Instant): void => {
    state.reorder.newestMs = at
    state.judgedMs = Math.min(state.judgedMs, at)
    evidence.updatedMs = Math.min(evidence.updatedMs, at)
    state.cut.checkedMs = Math.min(state.cut.checkedMs, at)
    believer.rewind(at)
  }

  return {
    observe(gateway, reading, { historical }) {
      if (reading.sensor === null) return []
      const ageMs = state.reorder.newestMs - reading.measuredAt
      if (ageMs > LATE_AFTER_MS || (historical && ageMs > 0 && reading.measuredAt < state.judgedMs - LATE_AFTER_MS)) {
        return takeLate(gateway, reading)
      }
      const kind = KIND_OF_READING[reading.kind]
      if (historical && kind) state.lateUntil[kind] = reading.measuredAt + LATE_COUNTS_MS
      hold(state.reorder, { gateway, reading })
      return takeUntil(state.reorder.newestMs - parameters.reorderMs)
    },
    advanceTo(at) {
      if (at < state.reorder.newestMs - LATE_AFTER_MS) setBack(at)
      const findings = takeUntil(at)
      state.reorder.newestMs = Math.max(state.reorder.newestMs, at)
      return joined(findings, judgeTo(Math.max(at, state.judgedMs)), silenceOf(context, at))
    },
    tellSupply: (order) => takeSupplyOrder(state.cut, order),
    takeFelt: () => {
      const taken = felt
      felt = []
      return taken
    },
    attribute: (key, onsetMs, attributed) => {
      const event = attribute(state.judge, { key, onsetMs, nowMs: state.judgedMs }, attributed)
      return event
        ? [...conclude(event, state.judgedMs), ...opinionOf(context, state.judgedMs, { takenBack: true })]
        : []
    },
    tellNeighbour: (meter, at, loadW) => takeNeighbourLoad(context, meter, at, loadW),
    snapshot: () => {
      believer.save()
      return structuredClone(state)
    },
  }
}

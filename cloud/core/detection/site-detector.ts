import type { EventFinding, Finding, SiteState } from '@minewarden/protocol/finding.ts'
import type { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading, ReadingOf } from '@minewarden/protocol/reading.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import { type Activity, type Bout, boutAt, createActivity, stepActivity } from './activity.ts'
import { isAirWave } from './event-class.ts'
import {
  createEventJudge,
  type EventJudge,
  type JudgedEvent,
  judge,
  judgeUntil,
  takeAirEvent,
  takeEvent,
} from './event-judge.ts'
import { logistic } from './evidence.ts'
import { boutFinding, eventFinding, onsetOf } from './findings.ts'
import { DEFAULT_PARAMETERS, isNight, LATE_AFTER_MS, type Parameters } from './parameters.ts'
import { createPowerMeter, type PowerMeterState, stepPower } from './power-evidence.ts'
import { createProbe, type ProbeState, probeWeight, stepProbe } from './probe-evidence.ts'
import { createReorder, type HeldReading, type Reorder, releaseUntil, reorder } from './reorder.ts'
import {
  addBlast,
  addMinutes,
  ageEvidence,
  createSiteEvidence,
  permitAt,
  type SiteEvidence,
  weigh,
} from './site-evidence.ts'
import { independentKinds, nextState, reasonsFor, sumOf } from './site-opinion.ts'

/**
 * Judges one site from the readings of its sensors: what each event was, and whether the site has been reopened.
 * Pure: time comes with the readings and through `advanceTo`; nothing else is looked at.
 */
export interface SiteDetector {
  /** `historical`: sent late (`is_historical`); evidence older than 15 minutes gives late findings, never a state. */
  observe(gateway: GatewayId, reading: Reading, context: { historical: boolean }): Finding[]
  /** Time has passed: readings up to `at` are complete, whatever comes later from before is late. */
  advanceTo(at: Instant): Finding[]
  /** Everything that later behaviour depends on, as plain JSON. */
  snapshot(): unknown
}

/** Plain JSON: what a snapshot holds. */
interface DetectorState {
  readonly version: number
  reorder: Reorder
  /** By `gateway/sensor`. */
  activities: { [key: string]: Activity }
  meters: { [key: string]: PowerMeterState }
  probes: { [key: string]: ProbeState }
  judge: EventJudge
  evidence: SiteEvidence
  state: SiteState
  /** Time of the newest measurement that was judged. */
  judgedMs: number
}

const VERSION = 2
/** One gateway may follow a county's worth of camera probes; more is a mistake of registration, and the rest is not judged. */
const MOST_SENSORS = 256
/** A machine and a motor that run within this of each other run together. */
const TOGETHER_MS = 30_000
/** A motor's start and a machine's first window, so near to each other, are one. */
const SIMULTANEOUS_MS = 12_000
/** Slower meters do not show when a motor starts. */
const SLOW_METER_S = 15
/** Motor starts are counted over an hour. */
const STARTS_MS = 3_600_000

const createState = (): DetectorState => ({
  version: VERSION,
  reorder: createReorder(),
  activities: {},
  meters: {},
  probes: {},
  judge: createEventJudge(),
  evidence: createSiteEvidence(),
  state: 'sealed',
  judgedMs: 0,
})

const isState = (snapshot: unknown): snapshot is DetectorState =>
  typeof snapshot === 'object' && snapshot !== null && 'version' in snapshot && snapshot.version === VERSION

/** @param snapshot what an earlier detector of the same site and version returned; one of another version is ignored. */
export function createSiteDetector(
  site: Site,
  parameters: Parameters = DEFAULT_PARAMETERS,
  snapshot?: unknown,
): SiteDetector {
  const state: DetectorState = isState(snapshot) ? structuredClone(snapshot) : createState()
  const { evidence } = state
  const ratedKw = site.expectedLoads.reduce((sum, load) => sum + load.ratedW / 1000, 0)

  const boutOf = (key: string, atMs: number) => {
    const activity = state.activities[key]
    return activity ? boutAt(activity, atMs) : null
  }

  /** One reading, in its order. */
  const take = ({ gateway, reading }: HeldReading): Finding[] => {
    const key = `${gateway}/${reading.sensor}`
    const nowMs = reading.measuredAt
    state.judgedMs = Math.max(state.judgedMs, nowMs)
    ageEvidence(evidence, nowMs)
    const findings: Finding[] = []
    switch (reading.kind) {
      case 'vibration':
        findings.push(...takeWindow(key, reading))
        break
      case 'event':
        findings.push(...takeEvent(state.judge, key, reading, boutOf).flatMap((event) => conclude(event, nowMs)))
        break
      case 'airEvent':
        takeAirEvent(state.judge, reading)
        break
      case 'power':
        takePower(key, reading)
        break
      case 'probe': {
        const probe = entry(state.probes, key, createProbe)
        if (probe) stepProbe(probe, reading)
        break
      }
      default:
        return findings
    }
    return [...findings, ...judgeTo(nowMs)]
  }

  /** What is due by a moment: events whose surroundings are known, and the site's state. */
  const judgeTo = (nowMs: number): Finding[] => {
    const findings = judgeUntil(state.judge, nowMs, boutOf).flatMap((event) => conclude(event, state.judgedMs))
    return [...findings, ...opinion(state.judgedMs)]
  }

  const takeWindow = (key: string, reading: ReadingOf<'vibration'>): Finding[] => {
    const activity = entry(state.activities, key, createActivity)
    if (!activity) return []
    const step = stepActivity(activity, reading)
    const nowMs = reading.measuredAt
    if (step.workSeconds > 0) {
      const work = step.kind === 'digging' ? evidence.digging : evidence.machinery
      addMinutes(work, minutesAt(nowMs, step.workSeconds / 60))
      if (step.workBegan && step.kind === 'machinery') evidence.bouts++
    }
    if (step.seconds > 0 && step.kind === 'machinery') {
      if (step.openedMs !== null && startedWithMotor(step.openedMs)) evidence.startsTogether++
      evidence.machineryMs = nowMs
      if (nowMs - evidence.motorMs < TOGETHER_MS) addMinutes(evidence.together, minutesAt(nowMs, step.seconds / 60))
    }
    return step.report ? tellBout(step.report, key, reading) : []
  }

  /** A machine that the ground feels when a motor starts is that motor, sooner than by minutes of coincidence. */
  const startedWithMotor = (onsetMs: number): boolean =>
    startsSince(onsetMs - SIMULTANEOUS_MS).some((start) => start.atMs <= onsetMs + SIMULTANEOUS_MS)

  /** The same machine felt by two geophones is told once. */
  const tellBout = (bout: Bout, key: string, reading: ReadingOf<'vibration'>): Finding[] => {
    const others = Object.keys(state.activities).filter((other) => other < key)
    if (others.some((other) => boutOf(other, bout.onsetMs + 20_000) !== null)) return []
    return [boutFinding(site.id, bout, { sensor: reading.sensor as SensorId, atMs: reading.measuredAt })]
  }

  const takePower = (key: string, reading: ReadingOf<'power'>): void => {
    const meter = entry(state.meters, key, createPowerMeter)
    if (!meter) return
    const step = stepPower(meter, reading, site.expectedLoads)
    if (step.kind === null || step.minutes === 0) return
    evidence.slowMeter = meter.intervalS >= SLOW_METER_S
    const nowMs = reading.measuredAt
    const kw = step.unexplainedW / 1000
    if (step.kind === 'heating') {
      addMinutes(evidence.heating, minutesAt(nowMs, step.minutes))
      evidence.heatingKw = Math.max(evidence.heatingKw, kw)
      return
    }
    addMinutes(evidence.motor, minutesAt(nowMs, step.minutes * (step.kind === 'unknown' ? 0.5 : 1)))
    evidence.motorKw = Math.max(evidence.motorKw, kw)
    evidence.motorMs = nowMs
    if (nowMs - evidence.machineryMs < Math.max(TOGETHER_MS, 60_000 * step.minutes)) {
      addMinutes(evidence.together, minutesAt(nowMs, step.minutes))
    }
  }

  const minutesAt = (atMs: number, minutes: number) => ({
    atMs,
    minutes,
    covered: permitAt(site, atMs) !== null,
    night: isNight(atMs, parameters),
  })

  /** An event was judged: tell it, and let a blast weigh. */
  const conclude = (event: JudgedEvent, atMs: number): EventFinding[] => {
    const onsetMs = onsetOf(event)
    if (event.scores.blast >= 0.3 && event.class === 'blast') {
      addBlast(
        evidence,
        {
          atMs: onsetMs,
          probability: event.scores.blast,
          snrDb: event.fields.snrDb ?? 0,
          night: isNight(onsetMs, parameters),
          air: isAirWave(event.context.air),
        },
        site,
      )
    }
    return event.tell ? [eventFinding(site.id, event, { atMs, late: false })] : []
  }

  const opinion = (nowMs: number): Finding[] => {
    const troubles = probeTroubles(nowMs)
    const probes =
      permitAt(site, nowMs) && nowMs > evidence.voidUntilMs ? 0 : Math.max(0, ...troubles.map((p) => p.weight))
    const contributions = weigh(evidence, { nowMs, probes, ratedKw }, parameters)
    const logOdds = parameters.priorLogOdds + sumOf(contributions)
    const next = nextState(state.state, logOdds, parameters)
    if (next === state.state) return []
    state.state = next
    return [
      {
        kind: 'state',
        site: site.id,
        at: nowMs,
        state: next,
        probability: logistic(logOdds),
        because: reasonsFor(contributions, evidence, { probes: troubles, starts: startsSince(nowMs - STARTS_MS) }),
        independentKinds: independentKinds(contributions, evidence),
        late: false,
      },
    ]
  }

  const startsSince = (sinceMs: number) =>
    Object.values(state.meters).flatMap((meter) => meter.starts.filter((s) => s.lasted && s.atMs >= sinceMs))

  const probeTroubles = (nowMs: number) =>
    Object.entries(state.probes)
      .map(([key, probe]) => {
        const now = probe.status !== 'online'
        const status = now ? probe.status : probe.leftStatus
        const sensor = key.slice(key.indexOf('/') + 1)
        return { sensor, status, sinceMs: now ? probe.sinceMs : probe.leftMs, weight: probeWeight(probe, nowMs) }
      })
      .filter((probe) => probe.weight > 0.1)

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

  return {
    observe(gateway, reading, { historical }) {
      if (reading.sensor === null) return []
      const ageMs = state.reorder.newestMs - reading.measuredAt
      if (ageMs > LATE_AFTER_MS || (historical && ageMs > 0 && reading.measuredAt < state.judgedMs - LATE_AFTER_MS)) {
        return takeLate(gateway, reading)
      }
      return reorder(state.reorder, { gateway, reading }, parameters.reorderMs).flatMap(take)
    },
    advanceTo(at) {
      // The clock was set back: what seemed to be the present must not make all that is measured now late.
      if (at < state.reorder.newestMs - LATE_AFTER_MS) {
        state.reorder.newestMs = at
        state.judgedMs = Math.min(state.judgedMs, at)
        evidence.updatedMs = Math.min(evidence.updatedMs, at)
      }
      const findings = releaseUntil(state.reorder, at).flatMap(take)
      state.reorder.newestMs = Math.max(state.reorder.newestMs, at)
      return [...findings, ...judgeTo(Math.max(at, state.judgedMs))]
    },
    snapshot: () => structuredClone(state),
  }
}

/** The entry of a key, made on first use; `null` beyond the ceiling. */
function entry<T>(table: { [key: string]: T }, key: string, create: () => T): T | null {
  const known = table[key]
  if (known) return known
  if (Object.keys(table).length >= MOST_SENSORS) return null
  const made = create()
  table[key] = made
  return made
}

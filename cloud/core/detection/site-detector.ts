import type { EventFinding, Finding, SiteState } from '@minewarden/protocol/finding.ts'
import type { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading, ReadingOf } from '@minewarden/protocol/reading.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import { type Activity, boutAt, createActivity, stepActivity } from './activity.ts'
import type { Bout } from './bout.ts'
import { isNight, momentOf } from './calendar.ts'
import { createDrillEar, type DrillEar, stepDrill } from './drill-evidence.ts'
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
import { logistic, ramp } from './evidence.ts'
import { modelOf } from './filter/model.ts'
import type { EvidenceKind } from './filter/rates.ts'
import { SiteFilter } from './filter/site-filter.ts'
import { boutFinding, eventFinding, onsetOf } from './findings.ts'
import { DEFAULT_PARAMETERS, LATE_AFTER_MS, type Parameters } from './parameters.ts'
import { permitAt } from './permits.ts'
import { createPowerMeter, type PowerMeterState, stepPower } from './power-evidence.ts'
import {
  createProbe,
  OFFLINE_COUNTS_MS,
  type ProbeState,
  probeEvidence,
  probeWeight,
  stepProbe,
} from './probe-evidence.ts'
import { createReorder, type HeldReading, type Reorder, releaseUntil, reorder } from './reorder.ts'
import { Believer, createBelief, type FilterPlace, type SiteBelief } from './site-belief.ts'
import {
  addBlast,
  addMinutes,
  ageEvidence,
  type BlastEvidence,
  createSiteEvidence,
  type SiteEvidence,
} from './site-evidence.ts'
import { blastAlone, independentKinds, nextState, reasonsFor } from './site-opinion.ts'

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
  belief: SiteBelief
  drills: { [key: string]: DrillEar }
  /** By meter: the present stretch of unexplained load, and how much of it has been credited. */
  loads: { [key: string]: CreditedLoad }
  /** When each kind of sensor was last heard; 0: never. */
  heard: { geophone: number; 'power-meter': number }
  blind: boolean
  state: SiteState
  /** Time of the newest measurement that was judged. */
  judgedMs: number
}

interface CreditedLoad {
  sinceMs: number
  minutes: number
  kind: EvidenceKind
  share: number
  credited: number
  together: boolean
}

const VERSION = 3
/** One gateway may follow a county's worth of camera probes; more is a mistake of registration, and the rest is not judged. */
const MOST_SENSORS = 256
/** A machine and a motor that run within this of each other run together. */
const TOGETHER_MS = 30_000
/** A motor's start and a machine's first window, so near to each other, are one. */
const SIMULTANEOUS_MS = 12_000
/** Slower meters do not show when a motor starts. */
const SLOW_METER_S = 15
/** Of a slow meter's coincidence: both were on within one interval, not more. */
const SLOW_TOGETHER = 0.6
const LONGEST_INTERVAL_MS = 20 * 60_000
/** Reactive power did not tell what kind of consumer it is. */
const UNSURE_SHARE = 0.7
/** What a load counts for at once, and after how many minutes for all. */
const LOAD_AT_ONCE = 0.4
const LOAD_MINUTES = 3
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
  belief: createBelief(),
  drills: {},
  loads: {},
  heard: { geophone: 0, 'power-meter': 0 },
  blind: false,
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
  place: FilterPlace = { filter: new SiteFilter(modelOf(parameters.rates), 1), index: 0 },
): SiteDetector {
  const state: DetectorState = isState(snapshot) ? structuredClone(snapshot) : createState()
  const { evidence } = state
  const believer = new Believer(place, state.belief)
  /** Lets time pass in the filter. */
  const passTo = (atMs: number): void =>
    believer.advance(atMs, momentOf(site, atMs, parameters, evidence.voidUntilMs), isWatched(atMs))
  const silentAfterMs = (kind: 'geophone' | 'power-meter'): number =>
    kind === 'geophone'
      ? parameters.silentAfterMs
      : Math.max(parameters.silentAfterMs, ...Object.values(state.meters).map((meter) => 3000 * meter.intervalS))
  const isSilent = (kind: 'geophone' | 'power-meter', atMs: number): boolean =>
    state.heard[kind] > 0 && atMs - state.heard[kind] > silentAfterMs(kind)
  const isWatched = (atMs: number): boolean =>
    (state.heard.geophone > 0 && !isSilent('geophone', atMs)) ||
    (state.heard['power-meter'] > 0 && !isSilent('power-meter', atMs))

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
    if (reading.kind === 'vibration') state.heard.geophone = nowMs
    if (reading.kind === 'power') state.heard['power-meter'] = nowMs
    passTo(nowMs)
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
    const ear = entry(state.drills, key, createDrillEar)
    if (!activity || !ear) return []
    const step = stepActivity(activity, reading)
    const nowMs = reading.measuredAt
    if (reading.channel === activity.channel) {
      const working = activity.bout !== null
      if (!working)
        believer.observe(
          'machineAbsent',
          believer.absenceShare('machine') * ((reading.fields.windowS ?? 5) / 3600),
          null,
        )
      if (stepDrill(ear, reading, working)) {
        evidence.drills++
        evidence.drillMs ??= nowMs
        evidence.drilledMs = nowMs
        evidence.drillHz = ear.hz
        believer.observe('drill', believer.share('drill'), 'drilling')
      }
    }
    if (step.workSeconds > 0) {
      const work = step.kind === 'digging' ? evidence.digging : evidence.machinery
      addMinutes(work, minutesAt(nowMs, step.workSeconds / 60))
      if (step.workBegan && step.kind === 'machinery') evidence.bouts++
      if (step.workBegan && step.kind === 'machinery')
        believer.observe('machine', machineAmount(step.bout) * believer.share('machine'), 'machinery')
      if (step.workBegan && step.kind === 'digging') believer.observe('dig', believer.share('dig'), 'digging')
    }
    if (step.seconds > 0 && step.kind === 'machinery') {
      if (step.openedMs !== null) compareStarts(step.openedMs)
      evidence.machineryMs = nowMs
      if (nowMs - evidence.motorMs < TOGETHER_MS) addMinutes(evidence.together, minutesAt(nowMs, step.seconds / 60))
    }
    return step.report ? tellBout(step.report, key, reading) : []
  }

  /** A bout begins: with a motor's start, or while motors run that had nothing to do with it. */
  const compareStarts = (openedMs: number): void => {
    const loaded = Object.values(state.meters).some((m) => m.sinceMs !== null && m.intervalS < SLOW_METER_S)
    if (startedWithMotor(openedMs)) believer.observe('together', believer.share('together'), 'together')
    else if (loaded) believer.observe('apart', 1, 'together')
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
    const lastMs = meter.lastMs
    const step = stepPower(meter, reading, site.expectedLoads)
    if (step.kind === null || step.minutes === 0) {
      const hours = Math.min(reading.measuredAt - lastMs, LONGEST_INTERVAL_MS) / 3_600_000
      if (lastMs > 0 && meter.sinceMs === null && isSupplied(meter, reading)) {
        believer.observe('loadAbsent', believer.absenceShare('load') * hours, null)
      }
      return
    }
    const nowMs = reading.measuredAt
    const kw = step.unexplainedW / 1000
    if (step.kind === 'heating') {
      if (evidence.heating.sinceMs === null) believer.observe('heating', believer.share('heating'), 'heating')
      addMinutes(evidence.heating, minutesAt(nowMs, step.minutes))
      evidence.heatingKw = Math.max(evidence.heatingKw, kw)
      return
    }
    addMinutes(evidence.motor, minutesAt(nowMs, step.minutes * (step.kind === 'unknown' ? 0.5 : 1)))
    evidence.motorKw = Math.max(evidence.motorKw, kw)
    evidence.motorMs = nowMs
    creditLoad(key, meter, { kw, minutes: step.minutes, sure: step.kind === 'motor' })
    if (nowMs - evidence.machineryMs < Math.max(TOGETHER_MS, 60_000 * step.minutes)) {
      addMinutes(evidence.together, minutesAt(nowMs, step.minutes))
      const load = state.loads[key]
      if (load && !load.together && meter.intervalS >= SLOW_METER_S) {
        load.together = true
        believer.observe('together', SLOW_TOGETHER * believer.share('together'), 'together')
      }
    }
  }

  /** Load counts for more the longer it holds: what lasts a minute may be an inrush or a test. */
  const creditLoad = (
    key: string,
    meter: PowerMeterState,
    load: { kw: number; minutes: number; sure: boolean },
  ): void => {
    const known = state.loads[key]
    const same = known && known.sinceMs === meter.sinceMs ? known : null
    const kind = loadKind(load.kw)
    const stretch = same ?? {
      sinceMs: meter.sinceMs ?? 0,
      minutes: 0,
      kind,
      share: believer.share('load') * (load.sure ? 1 : UNSURE_SHARE),
      credited: 0,
      together: false,
    }
    state.loads[key] = stretch
    if (stretch.kind !== kind) {
      believer.observe(stretch.kind, -stretch.credited, 'motor')
      believer.observe(kind, stretch.credited, 'motor')
      stretch.kind = kind
    }
    stretch.minutes += load.minutes
    const due = stretch.share * Math.min(1, LOAD_AT_ONCE + (stretch.minutes / LOAD_MINUTES) * (1 - LOAD_AT_ONCE))
    believer.observe(kind, due - stretch.credited, 'motor')
    stretch.credited = due
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
      const blast = {
        atMs: onsetMs,
        probability: event.scores.blast,
        snrDb: event.fields.snrDb ?? 0,
        night: isNight(onsetMs, parameters),
        air: isAirWave(event.context.air),
      }
      const { voidUntilMs } = evidence
      const before = addBlast(evidence, blast, site)
      if (evidence.voidUntilMs > voidUntilMs) {
        // What the permit covered counts, then: the present load as if it had just come on.
        believer.forgetSeen()
        state.loads = {}
      }
      if (!before || blast.probability > before.probability) {
        if (before) believer.observe(blastKind(before), -blastAmount(before), 'blasts')
        believer.observe(blastKind(blast), blastAmount(blast), 'blasts')
      }
    }
    return event.tell ? [eventFinding(site.id, event, { atMs, late: false })] : []
  }

  const opinion = (nowMs: number): Finding[] => {
    countProbes(nowMs)
    const contributions = believer.contributions
    const mining = believer.miningLogOdds()
    const capped = blastAlone(contributions, evidence) ? Math.min(mining, parameters.reopenedAt - 0.5) : mining
    const next = nextState(state.state, { mining: capped, unlawful: believer.unlawfulLogOdds() }, parameters)
    if (next === state.state) return []
    state.state = next
    return [
      {
        kind: 'state',
        site: site.id,
        at: nowMs,
        state: next,
        probability: logistic(capped),
        because: reasonsFor(contributions, evidence, {
          probes: probeTroubles(nowMs),
          starts: startsSince(nowMs - STARTS_MS),
        }),
        independentKinds: independentKinds(contributions, evidence),
        late: false,
      },
    ]
  }

  /** A probe's trouble counts once, an offline one when it has lasted. */
  const countProbes = (nowMs: number): void => {
    for (const probe of Object.values(state.probes)) {
      const kind = probeEvidence(probe.status)
      if (kind === null || probe.counted) continue
      if (kind === 'probeOffline' && nowMs - probe.sinceMs < OFFLINE_COUNTS_MS) continue
      probe.counted = true
      believer.observe(kind, believer.share(kind), 'probes')
    }
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
        believer.rewind(at)
      }
      const findings = releaseUntil(state.reorder, at).flatMap(take)
      state.reorder.newestMs = Math.max(state.reorder.newestMs, at)
      return [...findings, ...judgeTo(Math.max(at, state.judgedMs))]
    },
    snapshot: () => {
      believer.save()
      return structuredClone(state)
    },
  }
}

/** The meter reads, and its supply is on. */
const isSupplied = ({ outageMs }: PowerMeterState, { fields, measuredAt }: ReadingOf<'power'>): boolean =>
  fields.activePowerW !== null && measuredAt - outageMs > 2 * LONGEST_RETURN_MS
const LONGEST_RETURN_MS = 60_000

/** What has neither line nor rhythm may be wind or traffic. */
const machineAmount = (bout: Bout | null): number => (bout ? 0.25 + 0.75 * ramp(bout.regularity, 0.2, 0.6) : 1)

const loadKind = (kw: number): EvidenceKind => (kw < 3 ? 'loadSmall' : kw < 8 ? 'loadMedium' : 'loadLarge')

const blastKind = ({ air, probability, snrDb }: BlastEvidence): EvidenceKind => {
  if (air && probability >= 0.75) return 'blastNear'
  if (probability >= 0.85 && snrDb >= 24) return 'blastStrong'
  return probability >= 0.7 && snrDb >= 18 ? 'blastMedium' : 'blastWeak'
}
const blastAmount = ({ probability }: BlastEvidence): number => ramp(probability, 0.3, 0.85)

/** The entry of a key, made on first use; `null` beyond the ceiling. */
function entry<T>(table: { [key: string]: T }, key: string, create: () => T): T | null {
  const known = table[key]
  if (known) return known
  if (Object.keys(table).length >= MOST_SENSORS) return null
  const made = create()
  table[key] = made
  return made
}

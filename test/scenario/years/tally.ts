/** Runs the detector over simulated stretches and counts what it says against what happened. */
import { createSiteDetector } from '@minewarden/cloud/core/detection/site-detector.ts'
import type { Finding, StateFinding } from '@minewarden/protocol/finding.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import type { Operation } from './covert.ts'
import type { Happening } from './happening.ts'
import type { Library } from './library.ts'
import { simulate } from './simulate.ts'
import { DAY_MS, GATEWAY, HOUR_MS, type SiteSpec } from './site-spec.ts'

/** A false alarm, with what went on at the time. */
export interface Cry {
  readonly site: string
  readonly at: string
  readonly what: string
  readonly because: string
  readonly around: string
}

/** What one site came to without anyone mining there. */
export interface CalmTally {
  readonly equipment: string
  years: number
  readings: number
  reopened: number
  orderGrade: number
  suspected: number
  watch: number
  blastAlarms: number
  licensedBlasts: number
  events: number
  cries: Cry[]
}

const MINUTE_MS = 60_000
/** What a false alarm may come from began within this before it. */
const AROUND_MS = 100 * MINUTE_MS
const MOST_CRIES = 400

export const createTally = (equipment: string): CalmTally => ({
  equipment,
  years: 0,
  readings: 0,
  reopened: 0,
  orderGrade: 0,
  suspected: 0,
  watch: 0,
  blastAlarms: 0,
  licensedBlasts: 0,
  events: 0,
  cries: [],
})

/** @returns the tally, filled */
export function tallyCalm(library: Library, spec: SiteSpec, fromMs: number, days: number): CalmTally {
  const tally = createTally(spec.equipmentName)
  tally.years = days / 365
  const detector = createSiteDetector(spec.site)
  const recent: Happening[] = []
  let state = 'sealed'
  let graded = false
  const cry = (finding: Finding, what: string) => {
    if (tally.cries.length >= MOST_CRIES) return
    const codes = finding.because.map((r) => `${r.code}${JSON.stringify(r.values)}`).join(' ')
    tally.cries.push({
      site: spec.name,
      at: isoTime(instant(finding.at)),
      what,
      because: codes,
      around: causesOf(recent, finding.at),
    })
  }
  const take = (findings: readonly Finding[]) => {
    for (const finding of findings) {
      if (finding.late) continue
      if (finding.kind === 'event') {
        tally.events++
        if (finding.class !== 'blast') continue
        if (isLicensed(spec, finding.onset)) tally.licensedBlasts++
        else {
          tally.blastAlarms++
          cry(finding, 'blast')
        }
        continue
      }
      if (finding.kind !== 'state') continue
      if (finding.state === 'reopened' && state !== 'reopened') {
        tally.reopened++
        cry(finding, 'reopened')
      }
      if (finding.state === 'suspected' && (state === 'sealed' || state === 'watch')) {
        tally.suspected++
        cry(finding, 'suspected')
      }
      if (finding.state === 'watch' && state === 'sealed') tally.watch++
      if (isOrderGrade(finding) && !graded) {
        tally.orderGrade++
        cry(finding, 'order-grade')
      }
      graded = isOrderGrade(finding)
      state = finding.state
    }
  }
  simulate(
    library,
    spec,
    { fromMs, toMs: fromMs + days * DAY_MS },
    {
      reading(reading, historical) {
        tally.readings++
        const findings = detector.observe(GATEWAY, reading, { historical })
        if (findings.length > 0) take(findings)
      },
      advance: (atMs) => take(detector.advanceTo(instant(atMs))),
      happening(happening) {
        recent.push(happening)
        while (recent[0] && recent[0].atMs + recent[0].forMs < happening.atMs - AROUND_MS) recent.shift()
      },
    },
  )
  return tally
}

/** Reopened, on evidence that an order may rest on. */
export const isOrderGrade = ({ state, orderGrade, independentKinds }: StateFinding): boolean =>
  state === 'reopened' && (orderGrade ? orderGrade.met : independentKinds.length >= 2)

/** Within the hour that the quarry's licence names. */
function isLicensed({ around: { quarry } }: SiteSpec, atMs: number): boolean {
  if (!quarry) return false
  const hour = ((atMs + 8 * HOUR_MS) % DAY_MS) / HOUR_MS
  return hour >= quarry.hour && hour < quarry.hour + 1.05
}

function causesOf(recent: readonly Happening[], atMs: number): string {
  const named = recent
    .filter((h) => h.atMs <= atMs && h.atMs + h.forMs > atMs - AROUND_MS && h.cause !== 'tick' && h.cause !== 'gust')
    .map((h) => {
      const ago = Math.round((atMs - h.atMs) / MINUTE_MS)
      return `${h.cause}${sizeOf(h)} -${ago} min for ${Math.round(h.forMs / MINUTE_MS)}`
    })
  return [...new Set(named)].slice(-10).join('; ')
}

function sizeOf(h: Happening): string {
  if (h.kind === 'load') return ` ${Math.round(h.watts)} W`
  if (h.kind !== 'shaking') return h.kind === 'probe' ? ` (${h.status})` : ''
  return h.source.startsWith('air-') ? ` ${h.peak.toPrecision(2)} Pa` : ` ${(1e6 * h.peak).toPrecision(2)} um/s`
}

/** What became of one covert reopening. */
export interface CovertResult {
  readonly grade: Operation['grade']
  readonly equipment: string
  readonly m: number
  /** Minutes of covert work until the site was suspected, and reopened; `null`: never. */
  readonly suspectedMin: number | null
  readonly reopenedMin: number | null
  readonly orderGrade: boolean
  readonly readings: number
  readonly site: string
}

/** Runs one operation after a time of ordinary life in which the site was learnt. */
export function tallyCovert(library: Library, spec: SiteSpec, operation: Operation, learnDays: number): CovertResult {
  const detector = createSiteDetector(spec.site)
  const first = operation.shifts[0]!.fromMs
  const last = operation.shifts.at(-1)!.toMs
  const fromMs = first - (first % MINUTE_MS) - learnDays * DAY_MS
  let [suspectedMin, reopenedMin, orderGrade, readings] = [null as number | null, null as number | null, false, 0]
  let state = 'sealed'
  let nowMs = fromMs
  const take = (findings: readonly Finding[]) => {
    for (const finding of findings) {
      if (finding.kind !== 'state' || finding.late) continue
      state = finding.state
      if (finding.at < first || !isDuring(operation, finding.at)) continue
      const minutes = workedMinutes(operation, finding.at)
      if (state === 'suspected' || state === 'reopened') suspectedMin ??= minutes
      if (state === 'reopened') reopenedMin ??= minutes
      orderGrade ||= isOrderGrade(finding)
    }
  }
  simulate(
    library,
    spec,
    { fromMs, toMs: last + 10 * MINUTE_MS, extra: operation.happenings },
    {
      reading(reading, historical) {
        readings++
        take(detector.observe(GATEWAY, reading, { historical }))
      },
      advance(atMs) {
        nowMs = atMs
        take(detector.advanceTo(instant(atMs)))
      },
      // An hour of work more, to see whether an order could rest on it.
      isDone: () => orderGrade || (reopenedMin !== null && workedMinutes(operation, nowMs) > reopenedMin + 60),
    },
  )
  return {
    grade: operation.grade,
    equipment: spec.equipmentName,
    m: operation.m,
    suspectedMin,
    reopenedMin,
    orderGrade,
    readings,
    site: spec.name,
  }
}

/** In a shift, or in the minutes after it in which its last evidence is weighed. */
const isDuring = ({ shifts }: Operation, atMs: number): boolean =>
  shifts.some((s) => atMs >= s.fromMs - 20 * MINUTE_MS && atMs <= s.toMs + 10 * MINUTE_MS)

const workedMinutes = ({ shifts }: Operation, atMs: number): number =>
  shifts.reduce((sum, s) => sum + Math.max(0, Math.min(atMs, s.toMs) - s.fromMs), 0) / MINUTE_MS

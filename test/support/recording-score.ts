/**
 * Scores what was reported of recordings against their labels: near blasts found within 2 s, blasts reported where none
 * was (an earthquake called one counts by itself), far events seen, reopenings found while they go on and how late,
 * changes to `reopened` at other times (the hour after a reopening is forgiven).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ReportedEvent {
  readonly site: string
  readonly onset: string
  readonly class: string
}
export interface ReportedState {
  readonly site: string
  readonly at: string
  readonly state: string
}
/** What one detector said of one recording. */
export interface Report {
  readonly events: readonly ReportedEvent[]
  readonly states: readonly ReportedState[]
}

export interface Labels {
  readonly events: readonly {
    readonly site: string
    readonly onset: string
    readonly class: string
    readonly durationS?: number
    readonly where?: string
  }[]
  readonly reopened: readonly { readonly site: string; readonly from: string; readonly to: string }[]
  readonly sensorHours: number
}

export interface Score {
  readonly blasts: number
  readonly blastsFound: number
  readonly falseBlasts: number
  readonly farEvents: number
  readonly farSeen: number
  readonly quakes: number
  readonly quakesCalledBlast: number
  readonly reported: number
  readonly sensorHours: number
  readonly reopenings: number
  /** Minutes from the start of each reopening that was found. */
  readonly delaysMin: readonly number[]
  readonly falseReopenings: number
}

const MATCH_MS = 2000
const FORGIVEN_MS = 3_600_000
const ms = Date.parse

/** Labels of each recording of a folder, by name. */
export function readLabels(folder: string): Map<string, Labels> {
  const names = existsSync(folder) ? readdirSync(folder).sort() : []
  const labelled = names.filter((name) => existsSync(join(folder, name, 'labels.json')))
  return new Map(
    labelled.map((name) => {
      const labels = JSON.parse(readFileSync(join(folder, name, 'labels.json'), 'utf8'))
      return [
        name,
        { events: labels.events ?? [], reopened: labels.reopened ?? [], sensorHours: labels.sensorHours ?? 0 },
      ]
    }),
  )
}

export function scoreRecording(labels: Labels, { events, states }: Report): Score {
  const during = (t: Labels['events'][number], r: ReportedEvent) =>
    r.site === t.site &&
    ms(r.onset) >= ms(t.onset) - MATCH_MS &&
    ms(r.onset) <= ms(t.onset) + 1000 * (t.durationS ?? 0) + MATCH_MS
  const matches = (t: Labels['events'][number], r: ReportedEvent) =>
    r.site === t.site && Math.abs(ms(r.onset) - ms(t.onset)) <= MATCH_MS
  const named = events.filter((r) => r.class === 'blast')
  const near = labels.events.filter((t) => t.class === 'blast' && t.where !== 'far')
  const far = labels.events.filter((t) => t.where === 'far' && t.class !== 'machinery')
  const quakes = labels.events.filter((t) => t.class === 'earthquake')
  const explained = labels.events.filter((t) => t.class === 'blast' || t.class === 'earthquake')
  return {
    blasts: near.length,
    blastsFound: near.filter((t) => named.some((r) => matches(t, r))).length,
    falseBlasts: named.filter((r) => !explained.some((t) => during(t, r) || (t.class === 'blast' && matches(t, r))))
      .length,
    farEvents: far.length,
    farSeen: far.filter((t) => events.some((r) => ['blast', 'earthquake'].includes(r.class) && during(t, r))).length,
    quakes: quakes.length,
    quakesCalledBlast: quakes.filter((t) => named.some((r) => during(t, r))).length,
    reported: events.length,
    sensorHours: labels.sensorHours,
    reopenings: labels.reopened.length,
    ...scoreStates(labels, states),
  }
}

function scoreStates(
  { reopened }: Labels,
  states: readonly ReportedState[],
): Pick<Score, 'delaysMin' | 'falseReopenings'> {
  const sorted = [...states].sort((a, b) => ms(a.at) - ms(b.at))
  const entries = sorted.filter(
    (s, i) =>
      s.state === 'reopened' && sorted.slice(0, i).findLast((before) => before.site === s.site)?.state !== 'reopened',
  )
  const delaysMin = reopened.flatMap((r) => {
    const held = sorted.findLast((s) => s.site === r.site && ms(s.at) <= ms(r.from))?.state === 'reopened'
    if (held) return [0]
    const hit = entries.find((e) => e.site === r.site && ms(e.at) >= ms(r.from) && ms(e.at) <= ms(r.to))
    return hit ? [(ms(hit.at) - ms(r.from)) / 60_000] : []
  })
  const isTrue = (e: ReportedState) =>
    reopened.some((r) => r.site === e.site && ms(e.at) >= ms(r.from) && ms(e.at) <= ms(r.to) + FORGIVEN_MS)
  return { delaysMin, falseReopenings: entries.filter((e) => !isTrue(e)).length }
}

export function addScores(scores: readonly Score[]): Score {
  const sum = (of: (s: Score) => number) => scores.reduce((total, s) => total + of(s), 0)
  return {
    blasts: sum((s) => s.blasts),
    blastsFound: sum((s) => s.blastsFound),
    falseBlasts: sum((s) => s.falseBlasts),
    farEvents: sum((s) => s.farEvents),
    farSeen: sum((s) => s.farSeen),
    quakes: sum((s) => s.quakes),
    quakesCalledBlast: sum((s) => s.quakesCalledBlast),
    reported: sum((s) => s.reported),
    sensorHours: sum((s) => s.sensorHours),
    reopenings: sum((s) => s.reopenings),
    delaysMin: scores.flatMap((s) => s.delaysMin),
    falseReopenings: sum((s) => s.falseReopenings),
  }
}

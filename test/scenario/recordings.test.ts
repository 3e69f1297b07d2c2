import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EvaluationRow, evaluateRecording } from '@minewarden/cli/evaluate.ts'
import { afterAll, describe, expect, it } from 'vitest'
import { requires } from '../support/requires.ts'

const DATA = new URL('../../../shared/data/recordings', import.meta.url).pathname
const names = existsSync(DATA) ? readdirSync(DATA).sort() : []

interface Labels {
  events: { site: string; onset: string; class: string; durationS?: number; where?: string }[]
  reopened: { site: string; from: string; to: string }[]
  sensorHours?: number
}
const labelsOf = (name: string): Labels => JSON.parse(readFileSync(join(DATA, name, 'labels.json'), 'utf8'))

const rows = new Map<string, Promise<EvaluationRow>>()
/** Each recording is evaluated once. */
const rowOf = (name: string): Promise<EvaluationRow> => {
  const known = rows.get(name) ?? evaluateRecording(join(DATA, name))
  rows.set(name, known)
  return known
}

const ms = Date.parse
/** What the scoring forgives after a reopening. */
const FORGIVEN_MS = 3_600_000

describe.runIf(requires('real data'))('recorded sites', () => {
  it.each(names)('%s: never reopened where nothing was reopened, and found where something was', async (name) => {
    const { states, events, samples } = await rowOf(name)
    const { reopened } = labelsOf(name)
    expect(samples).toBeGreaterThan(0)
    for (const s of states.filter((state) => state.state === 'reopened')) {
      const during = reopened.some(
        (r) => r.site === s.site && ms(s.at) >= ms(r.from) && ms(s.at) <= ms(r.to) + FORGIVEN_MS,
      )
      expect(during, `${s.site} at ${s.at}: ${s.because.join('; ')}`).toBe(true)
    }
    for (const r of reopened) {
      const found = states.some(
        (s) => s.site === r.site && s.state === 'reopened' && ms(s.at) >= ms(r.from) && ms(s.at) <= ms(r.to),
      )
      expect(found, `${r.site} from ${r.from}`).toBe(true)
    }
    for (const e of events) {
      expect(e.probability).toBeGreaterThan(0)
      expect(e.probability).toBeLessThanOrEqual(1)
      expect(Number.isNaN(ms(e.onset))).toBe(false)
    }
  })

  it('near blasts are found, and little else is called one', async () => {
    let blasts = 0
    let found = 0
    let falseBlasts = 0
    let hours = 0
    for (const name of names) {
      const { events } = await rowOf(name)
      const labels = labelsOf(name)
      hours += labels.sensorHours ?? 0
      const reported = events.filter((e) => e.class === 'blast')
      for (const truth of labels.events.filter((e) => e.class === 'blast' && e.where !== 'far')) {
        blasts++
        if (reported.some((r) => r.site === truth.site && Math.abs(ms(r.onset) - ms(truth.onset)) <= 2000)) found++
      }
      falseBlasts += reported.filter(
        (r) =>
          !labels.events.some(
            (t) =>
              ['blast', 'earthquake'].includes(t.class) &&
              t.site === r.site &&
              ms(r.onset) >= ms(t.onset) - 2000 &&
              ms(r.onset) <= ms(t.onset) + 1000 * ((t.durationS ?? 0) + 2),
          ),
      ).length
    }
    expect(found / blasts).toBeGreaterThanOrEqual(0.85)
    expect(falseBlasts / hours).toBeLessThanOrEqual(0.06)
  })
})

describe.runIf(requires('real data'))('evaluation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'minewarden-scenario-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** The same recording, ended earlier. */
  function cutShort(name: string, endMs: number): string {
    const dir = join(mkdtempSync(join(folder, 'cut-')), name)
    const source = join(DATA, name)
    const description = JSON.parse(readFileSync(join(source, 'recording.json'), 'utf8'))
    writeFolder(dir, source, { ...description, end: new Date(endMs).toISOString() })
    return dir
  }
  const writeFolder = (dir: string, source: string, description: object) => {
    rmSync(dir, { recursive: true, force: true })
    const fs = readdirSync(source).filter((file) => /\.(mseed|csv)$/.test(file))
    mkdirSync(dir)
    for (const file of fs) symlinkSync(join(source, file), join(dir, file))
    writeFileSync(join(dir, 'recording.json'), JSON.stringify(description))
  }

  it('is deterministic', async () => {
    const { wallS: _, ...first } = await rowOf('night-shift-tri')
    const { wallS: __, ...again } = await evaluateRecording(join(DATA, 'night-shift-tri'))
    expect(again).toEqual(first)
  })

  it.each([
    ['night-shift-tri', '2026-03-15T18:41:30Z'],
    ['lone-blast', '2026-05-26T18:50:40Z'],
    ['small-load', '2026-08-05T15:12:07Z'],
    ['quarry-next-door', '2026-03-19T01:30:03Z'],
    // Two sites that felt the same: what one says of the other's event is said in time as well.
    ['quiet-night', '2026-08-10T14:49:53Z'],
    ['earthquakes', '2026-05-05T16:47:50Z'],
  ])('is causal: %s cut at %s gives the same, but for the last two minutes', async (name, end) => {
    const whole = await rowOf(name)
    const cut = await evaluateRecording(cutShort(name, ms(end)))
    const open = ms(end) - 120_000
    expect(cut.events.filter((e) => ms(e.onset) <= open)).toEqual(whole.events.filter((e) => ms(e.onset) <= open))
    expect(cut.states.filter((s) => ms(s.at) <= open)).toEqual(whole.states.filter((s) => ms(s.at) <= open))
    expect(cut.samples).toBeLessThan(whole.samples)
  })
})
